variable "api" {
  description = "How many requests a second the API accepts, on its routes and on /status alone, which web origins may call it from a browser, whether it keeps its own address beside the names, and whether it answers calls that pass by the edge."
  type = object({
    throttle = optional(object({
      rate  = optional(number, 100)
      burst = optional(number, 50)
    }), {})
    status_throttle = optional(object({
      rate  = optional(number, 5)
      burst = optional(number, 10)
    }), {})
    cors_origins     = optional(set(string), [])
    keep_own_address = optional(bool, false)
    accept_direct    = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for t in [var.api.throttle, var.api.status_throttle] : t.rate >= 1 && t.rate <= 10000])
    error_message = "Use a rate from 1 to 10000 requests a second, e.g. 100."
  }

  validation {
    condition = alltrue([
      for t in [var.api.throttle, var.api.status_throttle] : t.burst == floor(t.burst) && t.burst >= 1 && t.burst <= 5000
    ])
    error_message = "Use a burst that is a whole number from 1 to 5000, e.g. 50."
  }

  validation {
    condition     = alltrue([for origin in var.api.cors_origins : can(regex("^https://[a-z0-9-]+(\\.[a-z0-9-]+)*(:[0-9]{1,5})?$", origin))])
    error_message = "Name each origin in full, https only, without wildcard, path or closing slash, e.g. https://app.example.com."
  }
}

variable "edge" {
  description = "Whether the unit `edge` stands before the names, so that the function refuses calls that pass by it."
  type        = bool
  default     = false
  nullable    = false
}

variable "function" {
  description = "How much memory, time, concurrency and which processor the function gets."
  type = object({
    memory_mb            = optional(number, 256)
    timeout_seconds      = optional(number, 5)
    architecture         = optional(string, "arm64")
    reserved_concurrency = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.function.memory_mb == floor(var.function.memory_mb) && var.function.memory_mb >= 128 && var.function.memory_mb <= 10240
    error_message = "Use a whole number from 128 to 10240 for memory_mb, e.g. 256."
  }

  validation {
    condition = (
      var.function.timeout_seconds == floor(var.function.timeout_seconds)
      && var.function.timeout_seconds >= 3
      && var.function.timeout_seconds <= 29
    )
    error_message = "Use a whole number from 3 to 29 for timeout_seconds (the API itself waits for 30 at most), e.g. 5."
  }

  validation {
    condition     = contains(["arm64", "x86_64"], var.function.architecture)
    error_message = "Use arm64 or x86_64 for architecture, e.g. arm64."
  }

  validation {
    condition = var.function.reserved_concurrency == null ? true : (
      var.function.reserved_concurrency == floor(var.function.reserved_concurrency)
      && var.function.reserved_concurrency >= 1
      && var.function.reserved_concurrency <= 1000
    )
    error_message = "Use a whole number from 1 to 1000 for reserved_concurrency, or leave it out to share the account's, e.g. 20."
  }
}

variable "jwt" {
  description = "Whose tokens the API accepts: the issuer, and the clients that a token may be made for."
  type = object({
    issuer   = string
    audience = list(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^https://(issuer-)?cognito-idp\\.[a-z0-9-]+\\.amazonaws\\.(com|com\\.cn|eu)/[a-z0-9-]+_[A-Za-z0-9]+$", var.jwt.issuer))
    error_message = "Use the issuer of a Cognito user pool, e.g. https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e."
  }

  validation {
    condition     = length(var.jwt.audience) > 0 && alltrue([for client in var.jwt.audience : can(regex("^[A-Za-z0-9_+]{1,128}$", client))])
    error_message = "Name at least one app client by its id, e.g. 1h57kf5cpq17m0eml12example."
  }
}

variable "kms_key_arn" {
  description = "The key that encrypts the function's settings and the logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "Use the ARN of a key, not of an alias, e.g. arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab."
  }
}

variable "logs" {
  description = "How long the logs of function and API are kept."
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

variable "permissions_boundary" {
  description = "The permissions boundary of the function's role, by its ARN; empty for none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+)?$", var.permissions_boundary))
    error_message = "Use the ARN of a policy, or leave it empty, e.g. arn:aws:iam::123456789012:policy/acme-boundary."
  }
}

variable "repository" {
  description = "The repository that the verification message names as its origin."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://[a-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~/-]+$", var.repository))
    error_message = "Use an https URL without user name or query, e.g. https://github.com/example-org/meridian.git."
  }
}

variable "role_path" {
  description = "The path of the function's role, for companies that demand one."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9_-]+/)*$", var.role_path)) && length(var.role_path) <= 128
    error_message = "Begin and end the path with a slash, e.g. /acme/."
  }
}

variable "routed" {
  description = "Whether names lead to the API in this region, so that its own address is switched off."
  type        = bool
  default     = false
  nullable    = false
}

variable "table" {
  description = "The table that the function writes greetings to."
  type = object({
    name = string
    arn  = string
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", var.table.arn))
    error_message = "Use a table's ARN, e.g. arn:aws:dynamodb:us-east-1:123456789012:table/greeter-dev-greetings."
  }

  validation {
    condition     = endswith(var.table.arn, ":table/${var.table.name}")
    error_message = "Let name and arn be of the same table, e.g. greeter-dev-greetings and an ARN that ends with :table/greeter-dev-greetings."
  }
}

variable "topic_arn" {
  description = "The topic that the function publishes verification messages to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", var.topic_arn))
    error_message = "Use the ARN of a standard topic, e.g. arn:aws:sns:us-east-1:123456789012:greeter-dev-verification."
  }
}
