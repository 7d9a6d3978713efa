output "url" {
  description = "Where it answers, e.g. https://EXAMPLE.example.com/directory."
  value       = "https://${var.name}.example.com/directory"
}

output "clients" {
  description = "Who may call it, e.g. [\"EXAMPLE-a\", \"EXAMPLE-b\"]."
  value       = [var.name]
}
