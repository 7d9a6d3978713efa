locals {
  email         = var.email.from == "" ? [] : [var.email]
  mfa           = var.totp ? "OPTIONAL" : "OFF"
  mfa_apps      = var.totp ? ["totp"] : []
  pool_deletion = var.deletion_protection ? "ACTIVE" : "INACTIVE"
}

resource "aws_cognito_user_pool" "users" {
  name                     = "${var.name}-users"
  auto_verified_attributes = ["email"]
  deletion_protection      = local.pool_deletion
  mfa_configuration        = local.mfa
  user_pool_tier           = "ESSENTIALS"
  username_attributes      = ["email"]

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  admin_create_user_config {
    allow_admin_create_user_only = !var.self_sign_up
  }

  dynamic "email_configuration" {
    for_each = local.email

    content {
      email_sending_account = "DEVELOPER"
      from_email_address    = email_configuration.value.from
      source_arn            = email_configuration.value.ses_identity_arn
    }
  }

  password_policy {
    minimum_length                   = 12
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = true
    require_uppercase                = true
    temporary_password_validity_days = 1
  }

  dynamic "software_token_mfa_configuration" {
    for_each = local.mfa_apps

    content {
      enabled = true
    }
  }

  # A new address counts only once its owner has confirmed it: until then the old one stays.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  username_configuration {
    case_sensitive = false
  }

  verification_message_template {
    default_email_option = "CONFIRM_WITH_CODE"
  }
}
