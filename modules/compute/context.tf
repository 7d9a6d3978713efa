data "aws_region" "current" {}

locals {
  function_name = "${var.name}-greet"
  region        = data.aws_region.current.name
}
