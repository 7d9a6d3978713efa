variable "kms_key_arn" {
  description = "The key that encrypts the logs."
  type        = string
  nullable    = false
}

variable "name" {
  description = "The beginning of every resource's name: project and environment."
  type        = string
  nullable    = false
}
