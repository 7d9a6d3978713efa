data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id  = data.aws_caller_identity.current.account_id
  account_arn = "arn:${local.partition}:iam::${local.account_id}:root"
  partition   = data.aws_partition.current.partition
  region      = data.aws_region.current.name

  # What an environment has once is made in its primary region.
  is_primary = local.region == var.primary_region
}
