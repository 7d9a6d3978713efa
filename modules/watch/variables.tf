variable "api_id" {
  description = "The API whose errors, latency and requests are watched."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]+$", var.api_id))
    error_message = "Use the id of an API, e.g. q1w2e3r4t5."
  }
}

# As in compute: one setting feeds both, and a test compares them.
variable "function" {
  description = "What the function gets: the alarms compare its time and its concurrency with these limits."
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

variable "function_name" {
  description = "The function whose errors, throttles and concurrency are watched."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "Use the name of a function, e.g. greeter-dev-greet."
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

variable "primary_region" {
  description = "The region that has the dashboard and the budget of the environment."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]$", var.primary_region))
    error_message = "Use the name of a region, e.g. us-east-1."
  }
}

variable "regions" {
  description = "The regions of the environment, side by side on its dashboard."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.regions) >= 1 && length(var.regions) <= 20
    error_message = "Name 1 to 20 regions, as many as a dashboard has room for, e.g. [\"us-east-1\"]."
  }

  validation {
    condition     = alltrue([for region in var.regions : can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]$", region))])
    error_message = "Use names of regions, e.g. us-east-1."
  }
}

# As in data, like the function's.
variable "replication" {
  description = "Whether the tables of the regions are one: none, or global, which has alarms on how late items arrive elsewhere."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["none", "global"], var.replication)
    error_message = "Use none or global, e.g. global."
  }
}

variable "routed" {
  description = "Whether the unit `routing` gives the API names, so that its health checks call all the time and no request is an alarm."
  type        = bool
  default     = false
  nullable    = false
}

variable "table_name" {
  description = "The table whose throttles and system errors are watched."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{3,255}$", var.table_name))
    error_message = "Use the name of a table, e.g. greeter-dev-greetings."
  }
}

variable "topic_arn" {
  description = "The topic whose messages are watched."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", var.topic_arn))
    error_message = "Use the ARN of a standard topic, e.g. arn:aws:sns:us-east-1:123456789012:greeter-dev-verification."
  }
}

variable "watch" {
  description = "Who is told, how many refused tokens a minute are normal, whether requests must always come also without names, and the budget of a month."
  type = object({
    subscribers = optional(map(object({
      protocol = string
      endpoint = string
    })), {})
    refused_per_minute = optional(number, 60)
    expects_traffic    = optional(bool, false)
    budget_usd         = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.watch.subscribers) : can(regex("^[a-z][a-z0-9-]{0,30}$", key))])
    error_message = "Name a subscriber with 1-31 lowercase letters, digits or dashes, starting with a letter, e.g. on-call."
  }

  validation {
    condition     = alltrue([for s in values(var.watch.subscribers) : contains(["email", "https", "lambda", "sqs"], s.protocol)])
    error_message = "Use one of the protocols email, https, lambda and sqs, e.g. email."
  }

  validation {
    condition = alltrue([for s in values(var.watch.subscribers) : can(regex(lookup({
      email  = "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$"
      https  = "^https://[^\\s@/]+(/\\S*)?$"
      lambda = "^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?$"
      sqs    = "^arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}$"
    }, s.protocol, ""), s.endpoint))])
    error_message = "Use an endpoint that fits the protocol: an address, an https URL or an ARN, e.g. arn:aws:sqs:us-east-1:123456789012:on-call for sqs."
  }

  validation {
    condition = (
      var.watch.refused_per_minute == floor(var.watch.refused_per_minute)
      && var.watch.refused_per_minute >= 1
      && var.watch.refused_per_minute <= 600000
    )
    error_message = "Use a whole number from 1 to 600000 for refused_per_minute, e.g. 60."
  }

  validation {
    condition = var.watch.budget_usd == null ? true : (
      var.watch.budget_usd >= 1
      && var.watch.budget_usd <= 1000000
    )
    error_message = "Use 1 to 1000000 dollars a month for budget_usd, or leave it out for no budget, e.g. 20."
  }
}
