data "aws_region" "current" {}

locals {
  region  = data.aws_region.current.name
  zone_id = var.zone_id == null ? var.domain.zone_id : var.zone_id

  names = {
    regional = "${local.region}.${var.domain.name}"
    shared   = var.domain.name
  }
}
