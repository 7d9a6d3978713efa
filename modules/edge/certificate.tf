resource "aws_acm_certificate" "edge" {
  domain_name       = local.domain_name
  validation_method = "DNS"

  options {
    certificate_transparency_logging_preference = "ENABLED"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  zone_id = var.zone_id
  name    = one(aws_acm_certificate.edge.domain_validation_options).resource_record_name
  type    = one(aws_acm_certificate.edge.domain_validation_options).resource_record_type
  ttl     = 300
  records = [one(aws_acm_certificate.edge.domain_validation_options).resource_record_value]

  lifecycle {
    postcondition {
      condition     = self.fqdn == trimsuffix(self.name, ".")
      error_message = "${local.domain_name} is not in the hosted zone, so AWS would never issue its certificate: give edge.name another name, below that of the zone."
    }
  }
}

resource "aws_acm_certificate_validation" "edge" {
  certificate_arn         = aws_acm_certificate.edge.arn
  validation_record_fqdns = [aws_route53_record.validation.fqdn]
}
