output "distribution_id" {
  description = "The distribution as API calls name it, e.g. EEXAMPLE."
  value       = aws_cloudfront_distribution.edge.id
}

output "domain_name" {
  description = "The name that clients call, e.g. edge.EXAMPLE.example.com."
  value       = local.domain_name
}

output "key_value_store_arn" {
  description = "Where an operator stores what the edge sends, under the key `secret`, e.g. arn:aws:cloudfront::123456789012:key-value-store/EXAMPLE."
  value       = aws_cloudfront_key_value_store.edge.arn
}

output "url" {
  description = "Where clients call, without a closing slash, e.g. https://edge.EXAMPLE.example.com."
  value       = "https://${local.domain_name}"

  # Before these the name does not resolve.
  depends_on = [aws_route53_record.edge]
}
