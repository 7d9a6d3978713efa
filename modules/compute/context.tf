data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  function_name = "${var.name}-greet"
  partition     = data.aws_partition.current.partition
  region        = data.aws_region.current.name
}
