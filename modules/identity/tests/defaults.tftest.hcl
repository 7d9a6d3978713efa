mock_provider "aws" {}

# The smallest call: the README shows the same one.
variables {
  name = "greeter-dev"
}

run "the_email_address_is_the_user_name_and_must_be_verified" {
  command = plan

  assert {
    condition     = toset(aws_cognito_user_pool.users.username_attributes) == toset(["email"])
    error_message = "The e-mail address must be the user name."
  }

  assert {
    condition     = toset(aws_cognito_user_pool.users.auto_verified_attributes) == toset(["email"])
    error_message = "An e-mail address must be verified."
  }

  assert {
    condition     = aws_cognito_user_pool.users.user_attribute_update_settings[0].attributes_require_verification_before_update == toset(["email"])
    error_message = "A new e-mail address must be verified before it replaces the old one."
  }

  assert {
    condition     = !aws_cognito_user_pool.users.username_configuration[0].case_sensitive
    error_message = "Two spellings of one address must be one user."
  }
}

run "an_account_is_recovered_by_its_verified_email_only" {
  command = plan

  assert {
    condition = aws_cognito_user_pool.users.account_recovery_setting[0].recovery_mechanism == toset([
      { name = "verified_email", priority = 1 }
    ])
    error_message = "A verified e-mail address must be the only way to recover an account."
  }
}

run "a_password_has_twelve_characters_of_all_classes" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.users.password_policy[0].minimum_length >= 12
    error_message = "A password must have 12 characters or more."
  }

  assert {
    condition = alltrue([
      aws_cognito_user_pool.users.password_policy[0].require_lowercase,
      aws_cognito_user_pool.users.password_policy[0].require_numbers,
      aws_cognito_user_pool.users.password_policy[0].require_symbols,
      aws_cognito_user_pool.users.password_policy[0].require_uppercase,
    ])
    error_message = "A password must have characters of all four classes."
  }
}

run "self_sign_up_is_off_and_the_pool_is_protected_by_default" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.users.admin_create_user_config[0].allow_admin_create_user_only
    error_message = "Only an administrator may create accounts by default."
  }

  assert {
    condition     = aws_cognito_user_pool.users.deletion_protection == "ACTIVE"
    error_message = "The pool must be protected from deletion by default."
  }
}

run "self_sign_up_and_an_unprotected_pool_can_be_asked_for" {
  command = plan

  variables {
    deletion_protection = false
    self_sign_up        = true
  }

  assert {
    condition     = !aws_cognito_user_pool.users.admin_create_user_config[0].allow_admin_create_user_only
    error_message = "self_sign_up must open the sign-up."
  }

  assert {
    condition     = aws_cognito_user_pool.users.deletion_protection == "INACTIVE"
    error_message = "deletion_protection = false must make the pool deletable."
  }
}

run "one_time_codes_are_off_by_default" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.users.mfa_configuration == "OFF"
    error_message = "MFA must be off by default."
  }

  assert {
    condition     = length(aws_cognito_user_pool.users.software_token_mfa_configuration) == 0
    error_message = "Authenticator apps must be off by default."
  }
}

run "one_time_codes_are_optional_when_asked_for" {
  command = plan

  variables {
    totp = true
  }

  assert {
    condition     = aws_cognito_user_pool.users.mfa_configuration == "OPTIONAL"
    error_message = "totp must make MFA optional."
  }

  assert {
    condition     = aws_cognito_user_pool.users.software_token_mfa_configuration[0].enabled
    error_message = "totp must switch authenticator apps on."
  }
}

run "the_client_is_public_and_takes_srp_and_refresh_only" {
  command = plan

  assert {
    condition     = !aws_cognito_user_pool_client.app.generate_secret
    error_message = "A public client must have no secret."
  }

  assert {
    condition     = aws_cognito_user_pool_client.app.explicit_auth_flows == toset(["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"])
    error_message = "The client must take SRP and refresh tokens, and nothing else."
  }

  assert {
    condition     = aws_cognito_user_pool_client.app.enable_token_revocation
    error_message = "A refresh token must be revocable."
  }

  assert {
    condition     = aws_cognito_user_pool_client.app.prevent_user_existence_errors == "ENABLED"
    error_message = "An error must not tell whether a user exists."
  }
}

run "the_client_reads_and_writes_the_email_address_only" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool_client.app.read_attributes == toset(["email", "email_verified"])
    error_message = "The client must read nothing but the e-mail address and whether it is verified."
  }

  assert {
    condition     = aws_cognito_user_pool_client.app.write_attributes == toset(["email"])
    error_message = "The client must write nothing but the e-mail address."
  }
}

run "tokens_live_an_hour_and_a_session_half_a_day" {
  command = plan

  assert {
    condition = aws_cognito_user_pool_client.app.token_validity_units == tolist([
      { access_token = "minutes", id_token = "minutes", refresh_token = "hours" }
    ])
    error_message = "Token lifetimes must be counted in minutes, minutes and hours."
  }

  assert {
    condition = [
      aws_cognito_user_pool_client.app.access_token_validity,
      aws_cognito_user_pool_client.app.id_token_validity,
      aws_cognito_user_pool_client.app.refresh_token_validity,
    ] == [60, 60, 12]
    error_message = "Access and ID tokens must live 60 minutes, refresh tokens 12 hours."
  }
}

run "cognito_sends_the_mails_by_default" {
  command = plan

  assert {
    condition     = length(aws_cognito_user_pool.users.email_configuration) == 0
    error_message = "Without the setting the pool must have no sender of its own."
  }
}

run "ses_sends_the_mails_when_asked_for" {
  command = plan

  variables {
    email = {
      from             = "no-reply@example.com"
      ses_identity_arn = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    }
  }

  assert {
    condition     = aws_cognito_user_pool.users.email_configuration[0].email_sending_account == "DEVELOPER"
    error_message = "The mails must be sent through the account's own SES."
  }

  assert {
    condition     = aws_cognito_user_pool.users.email_configuration[0].source_arn == "arn:aws:ses:us-east-1:123456789012:identity/example.com"
    error_message = "The mails must be sent by the identity of the setting."
  }
}
