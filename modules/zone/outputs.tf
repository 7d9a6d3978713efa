output "name_servers" {
  description = "Where the parent domain has to delegate the name to, e.g. [\"ns-1.EXAMPLE.example.com\",\"ns-2.EXAMPLE.example.com\"]."
  value       = aws_route53_zone.domain.name_servers
}

output "zone_id" {
  description = "The hosted zone as API calls name it, e.g. ZEXAMPLE."
  value       = aws_route53_zone.domain.zone_id
}
