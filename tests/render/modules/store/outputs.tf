output "store_arn" {
  description = "The store as policies name it, e.g. arn:aws:s3:::EXAMPLE."
  value       = "arn:aws:s3:::${var.name}"
}
