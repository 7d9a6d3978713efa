resource "aws_route53_zone" "domain" {
  name    = var.domain.name
  comment = "Where the regions of ${var.name} are."

  lifecycle {
    precondition {
      condition     = var.domain.zone_id == null
      error_message = "domain.zone_id names a hosted zone, so none is made. Remove zone_id, or switch this unit off: units: {zone: false}."
    }
  }
}
