variable "login" {
  type = object({
    url     = string
    clients = list(string)
    also    = optional(set(string), [])
  })
}

variable "logs" {
  description = "How long logs are kept."
  type        = object({ retention_days = optional(number, 30), detailed = optional(bool, false) })
  default     = {}

  validation {
    condition     = contains([1, 7, 14, 30, 365], var.logs.retention_days)
    error_message = "Use 1, 7, 14, 30 or 365 days."
  }
}

variable "name" {
  type = string
}

variable "origin" {
  type = string
}

variable "store" {
  type = string
}

variable "throttle" {
  description = "How many requests a second it takes."
  type        = object({ rate = number, burst = number })

  validation {
    condition     = var.throttle.rate >= 1 && var.throttle.rate <= 10000
    error_message = "Use a rate from 1 to 10000."
  }

  validation {
    condition     = var.throttle.burst == floor(var.throttle.burst) && var.throttle.burst >= 1 && var.throttle.burst <= 5000
    error_message = "Use a whole burst from 1 to 5000."
  }
}

variable "origins" {
  description = "Who may call it from a browser."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for one in var.origins : can(regex("^https://[a-z.]+$", one))])
    error_message = "Name each origin in full, e.g. https://app.example.com."
  }
}
