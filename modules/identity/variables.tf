variable "deletion_protection" {
  description = "Whether AWS refuses to delete the user pool, and every account in it."
  type        = bool
  default     = true
  nullable    = false
}

variable "email" {
  description = "The verified identity in SES that sends the mails, and their sender; without both Cognito's own sender stops at 50 a day."
  type = object({
    from             = optional(string, "")
    ses_identity_arn = optional(string, "")
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^(([^<>\\r\\n]+ <)?[^@<> ]+@[a-z0-9.-]+\\.[a-z]+>?)?$", var.email.from))
    error_message = "Use an address for from, with a name before it or not, e.g. Example <no-reply@example.com>."
  }

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:identity/[A-Za-z0-9@._-]+)?$", var.email.ses_identity_arn))
    error_message = "Use the ARN of an identity in SES for ses_identity_arn, e.g. arn:aws:ses:us-east-1:123456789012:identity/example.com."
  }

  validation {
    condition     = (var.email.from == "") == (var.email.ses_identity_arn == "")
    error_message = "Give both from and ses_identity_arn, or neither, e.g. no-reply@example.com and arn:aws:ses:us-east-1:123456789012:identity/example.com."
  }
}

variable "issuer" {
  description = "Which issuer the pool has, as IssuerConfiguration of Cognito names it, ORIGINAL or UPDATED; the provider cannot set it."
  type        = string
  default     = "ORIGINAL"
  nullable    = false

  validation {
    condition     = contains(["ORIGINAL", "UPDATED"], var.issuer)
    error_message = "Use ORIGINAL or UPDATED, which `aws cognito-idp describe-user-pool` shows under IssuerConfiguration, e.g. ORIGINAL."
  }
}

variable "name" {
  description = "The beginning of every resource's name: project and environment."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,29}[a-z0-9]$", var.name))
    error_message = "Use 3-31 lowercase letters, digits or dashes, starting with a letter and not ending with a dash, e.g. greeter-dev."
  }
}

variable "self_sign_up" {
  description = "Whether users may create their own accounts; otherwise only an administrator can."
  type        = bool
  default     = false
  nullable    = false
}

variable "tokens" {
  description = "How long a user's tokens are accepted after sign-in."
  type = object({
    access_minutes = optional(number, 60)
    id_minutes     = optional(number, 60)
    refresh_hours  = optional(number, 12)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.tokens.access_minutes == floor(var.tokens.access_minutes) && var.tokens.access_minutes >= 5 && var.tokens.access_minutes <= 60
    error_message = "Use a whole number from 5 to 60 for access_minutes, e.g. 60."
  }

  validation {
    condition     = var.tokens.id_minutes == floor(var.tokens.id_minutes) && var.tokens.id_minutes >= 5 && var.tokens.id_minutes <= 60
    error_message = "Use a whole number from 5 to 60 for id_minutes, e.g. 60."
  }

  validation {
    condition     = var.tokens.refresh_hours == floor(var.tokens.refresh_hours) && var.tokens.refresh_hours >= 1 && var.tokens.refresh_hours <= 720
    error_message = "Use a whole number from 1 to 720 for refresh_hours, e.g. 12."
  }

  validation {
    condition     = var.tokens.refresh_hours * 60 > max(var.tokens.access_minutes, var.tokens.id_minutes)
    error_message = "Let the refresh token outlive the others, e.g. refresh_hours = 12 with access_minutes = 60."
  }
}

variable "totp" {
  description = "Whether a user may add a one-time code from an authenticator app to the password."
  type        = bool
  default     = false
  nullable    = false
}
