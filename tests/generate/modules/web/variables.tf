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
}

variable "origins" {
  description = "Who may call it from a browser."
  type        = set(string)
  default     = []
}
