variable "api_id" {
  description = "The API that answers under both names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]+$", var.api_id))
    error_message = "Use the id of an API, e.g. q1w2e3r4t5."
  }
}

variable "domain" {
  description = "The name that all regions share, its hosted zone unless the unit `zone` makes it, and how often health is checked."
  type = object({
    name    = string
    zone_id = optional(string)
    health_check = optional(object({
      interval_seconds = optional(number, 30)
      failures         = optional(number, 3)
    }), {})
  })
  nullable = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain.name)) && can(regex("^.{1,64}$", var.domain.name))
    error_message = "Use a domain name of at most 64 lowercase letters, digits, dashes and dots for name, as a certificate has room for, e.g. api.example.com."
  }

  validation {
    condition     = var.domain.zone_id == null ? true : can(regex("^Z[A-Z0-9]{1,31}$", var.domain.zone_id))
    error_message = "Use the id of a hosted zone for zone_id, or leave it out where the unit zone makes it, e.g. Z0123456789ABCDEFGHIJ."
  }

  validation {
    condition     = contains([10, 30], var.domain.health_check.interval_seconds)
    error_message = "Use 10 or 30 for interval_seconds, as Route 53 does, e.g. 30."
  }

  validation {
    condition = (
      var.domain.health_check.failures == floor(var.domain.health_check.failures)
      && var.domain.health_check.failures >= 1
      && var.domain.health_check.failures <= 10
    )
    error_message = "Use a whole number from 1 to 10 for failures, e.g. 3."
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

variable "zone_id" {
  description = "The hosted zone that the unit `zone` made; null where the inventory gives one."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id == null ? true : can(regex("^Z[A-Za-z0-9]{1,31}$", var.zone_id))
    error_message = "Use the id of a hosted zone, or null, e.g. Z0123456789ABCDEFGHIJ."
  }

  validation {
    condition     = (var.zone_id == null) != (var.domain.zone_id == null)
    error_message = "There must be exactly one hosted zone: give domain.zone_id, e.g. Z0123456789ABCDEFGHIJ, or let the unit zone make it (units: {zone: true})."
  }
}
