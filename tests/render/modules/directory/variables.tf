variable "name" {
  description = "What it is called."
  type        = string
}

variable "limits" {
  description = "How much it takes."
  type        = object({ users = optional(number, 10), days = optional(number, 1) })
  default     = {}
}

variable "open" {
  description = "Whether anybody may enter."
  type        = bool
  default     = false
}
