variable "logs" {
  type    = object({ retention_days = optional(number, 30) })
  default = {}
}

variable "name" {
  type = string
}

variable "store" {
  type = string
}
