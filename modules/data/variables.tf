variable "deletion_protection" {
  description = "Whether AWS refuses to delete the table."
  type        = bool
  default     = true
  nullable    = false
}

variable "global_table_arn" {
  description = "The table of the primary region that this region's joins as a replica, or nothing for a table of its own."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.global_table_arn == "" || can(regex("^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]+$", var.global_table_arn))
    error_message = "Use the ARN of a table, e.g. arn:aws:dynamodb:us-east-1:123456789012:table/greeter-dev-greetings."
  }

  validation {
    condition     = var.global_table_arn == "" || var.replication == "global"
    error_message = "A replica is part of a global table: set replication too, e.g. global."
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

variable "replication" {
  description = "Whether the tables of the regions are one: none, each has its own items, or global, every item is copied to all."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["none", "global"], var.replication)
    error_message = "Use none or global, e.g. global."
  }
}

variable "subscribers" {
  description = "Who receives every verification message, by a name of your choice."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for key in keys(var.subscribers) : can(regex("^[a-z][a-z0-9-]{0,30}$", key))])
    error_message = "Name a subscriber with 1-31 lowercase letters, digits or dashes, starting with a letter, e.g. audit-queue."
  }

  validation {
    condition     = alltrue([for s in values(var.subscribers) : contains(["email", "https", "lambda", "sqs"], s.protocol)])
    error_message = "Use one of the protocols email, https, lambda and sqs, e.g. sqs."
  }

  validation {
    condition = alltrue([for s in values(var.subscribers) : can(regex(lookup({
      email  = "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$"
      https  = "^https://[^\\s@/]+(/\\S*)?$"
      lambda = "^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?$"
      sqs    = "^arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}$"
    }, s.protocol, ""), s.endpoint))])
    error_message = "Use an endpoint that fits the protocol: an address, an https URL or an ARN, e.g. arn:aws:sqs:us-east-1:123456789012:audit for sqs."
  }
}
