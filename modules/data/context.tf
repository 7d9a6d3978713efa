data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# The partition's DNS suffix is not always the one that its services are named by.
data "aws_service_principal" "logs" {
  service_name = "logs"
}

locals {
  account_id  = data.aws_caller_identity.current.account_id
  account_arn = "arn:${local.partition}:iam::${local.account_id}:root"
  partition   = data.aws_partition.current.partition
  region      = data.aws_region.current.name
}
