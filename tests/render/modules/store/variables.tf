variable "account" {
  type = string
}

variable "labels" {
  description = "Texts of any kind, by any name."
  type        = map(string)
  default     = {}
}

variable "name" {
  type = string
}

variable "rules" {
  description = "What is kept for how long."
  type = list(object({
    # a comment with a brace }
    kind = string
    days = optional(number, 7)
  }))
  default = []

  validation {
    condition     = alltrue([for one in var.rules : contains(["short", "long", "default"], one.kind)])
    error_message = "Use short, long or default as kind."
  }
}
