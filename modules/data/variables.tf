variable "deletion_protection" {
  description = "Whether AWS refuses to delete the table."
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
