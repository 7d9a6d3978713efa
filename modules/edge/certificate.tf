resource "aws_acm_certificate" "edge" {
  domain_name       = local.domain_name
  validation_method = "DNS"

  options {
    certificate_transparency_logging_preference = "ENABLED"
  }

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = data.aws_region.current.name == "us-east-1"
      error_message = "CloudFront takes its certificate and its firewall from us-east-1 only: use edge where that is the primary_region, or leave it off."
    }
  }
}

resource "aws_route53_record" "validation" {
  zone_id = var.zone_id
  name    = one(aws_acm_certificate.edge.domain_validation_options).resource_record_name
  type    = one(aws_acm_certificate.edge.domain_validation_options).resource_record_type
  ttl     = 300
  records = [one(aws_acm_certificate.edge.domain_validation_options).resource_record_value]
}

resource "aws_acm_certificate_validation" "edge" {
  certificate_arn         = aws_acm_certificate.edge.arn
  validation_record_fqdns = [aws_route53_record.validation.fqdn]
}
