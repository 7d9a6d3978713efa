output "url" {
  description = "Where it answers, e.g. https://EXAMPLE.example.com."
  value       = "https://example.com"
}
