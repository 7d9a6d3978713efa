resource "aws_acm_certificate" "names" {
  domain_name               = local.names.shared
  subject_alternative_names = [local.names.regional]
  validation_method         = "DNS"

  options {
    certificate_transparency_logging_preference = "ENABLED"
  }

  # The names use the old certificate until the new one is valid.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = local.names

  zone_id = local.zone_id
  name    = local.validations[each.key].resource_record_name
  type    = local.validations[each.key].resource_record_type
  ttl     = 300
  records = [local.validations[each.key].resource_record_value]

  # ACM wants the same record for the shared name in every region.
  allow_overwrite = true

  lifecycle {
    postcondition {
      condition     = self.fqdn == trimsuffix(self.name, ".")
      error_message = "${each.value} is not in the hosted zone, so AWS would never issue its certificate: give domain.zone_id the zone of domain.name."
    }
  }
}

resource "aws_acm_certificate_validation" "names" {
  certificate_arn         = aws_acm_certificate.names.arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

locals {
  validations = {
    for key, name in local.names :
    key => one([for option in aws_acm_certificate.names.domain_validation_options : option if option.domain_name == name])
  }
}
