variable "edge" {
  description = "The name that clients call, the shared one with edge before it unless it is given, and how many calls and sign-ins an IP address may make in a minute."
  type = object({
    name                = optional(string)
    calls_per_minute    = optional(number, 600)
    sign_ins_per_minute = optional(number, 100)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.edge.name == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.edge.name)) && can(regex("^.{1,64}$", var.edge.name))
    error_message = "Use a domain name of at most 64 lowercase letters, digits, dashes and dots for name, as a certificate has room for, e.g. www.example.com."
  }

  validation {
    condition     = alltrue([for n in [var.edge.calls_per_minute, var.edge.sign_ins_per_minute] : n == floor(n) && n >= 10 && n <= 2000000000])
    error_message = "Use a whole number from 10 to 2000000000 for calls_per_minute and sign_ins_per_minute, as AWS WAF does, e.g. 600."
  }
}

variable "kms_key_arn" {
  description = "The key that encrypts the logs of the firewalls."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "Use the ARN of a key, not of an alias, e.g. arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab."
  }
}

variable "logs" {
  description = "How long the logs of the firewalls are kept."
  type = object({
    retention_days = optional(number, 30)
  })
  default  = {}
  nullable = false

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.logs.retention_days
    )
    error_message = "Use a number of days that CloudWatch Logs knows for retention_days: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or a longer one of its list, e.g. 30."
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

variable "origin" {
  description = "The name that leads to the nearest healthy region."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.origin))
    error_message = "Use a domain name, e.g. api.example.com."
  }

  validation {
    condition     = var.edge.name == null || var.edge.name != var.origin
    error_message = "The name of the edge must not be that of the regions, or it would call itself, e.g. edge.api.example.com before api.example.com."
  }
}

variable "primary_region" {
  description = "The region of the unit, where CloudFront looks for its certificate and its firewall."
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = var.primary_region == "us-east-1"
    error_message = "CloudFront takes its certificate and its firewall from one region: leave edge off, or use it where that is the primary_region, e.g. us-east-1."
  }
}

variable "user_pool_arn" {
  description = "The user pool that gets a firewall."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[a-z0-9-]+_[A-Za-z0-9]+$", var.user_pool_arn))
    error_message = "Use the ARN of a user pool, e.g. arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a1B2c3D4e."
  }
}

variable "zone_id" {
  description = "The hosted zone of the names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Za-z0-9]{1,31}$", var.zone_id))
    error_message = "Use the id of a hosted zone, e.g. Z0123456789ABCDEFGHIJ."
  }
}
