variable "deletion_protection" {
  description = "Whether AWS refuses to delete the user pool, and every account in it."
  type        = bool
  default     = true
  nullable    = false
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
