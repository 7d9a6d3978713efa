data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  regions   = sort(var.regions)

  iam          = "arn:${local.partition}:iam::${var.account_id}"
  boundary_arn = var.permissions_boundary == "" ? "${local.iam}:policy/${var.name}.boundary" : var.permissions_boundary

  # One role for each function and region.
  function_roles = [for function in distinct(concat(["greet"], var.functions)) : "${local.iam}:role${var.role_path}${var.name}-${function}"]

  api        = "arn:${local.partition}:apigateway:*::/apis"
  api_tags   = "arn:${local.partition}:apigateway:*::/tags"
  functions  = "arn:${local.partition}:lambda:*:${var.account_id}:function:${var.name}-*"
  keys       = "arn:${local.partition}:kms:*:${var.account_id}:key/*"
  log_groups = [for start in ["lambda", "vendedlogs"] : "arn:${local.partition}:logs:*:${var.account_id}:log-group:/aws/${start}/${var.name}-*"]
  pools      = "arn:${local.partition}:cognito-idp:*:${var.account_id}:userpool/*"
  queues     = "arn:${local.partition}:sqs:*:${var.account_id}:meridian-verify-*"
  tables     = "arn:${local.partition}:dynamodb:*:${var.account_id}:table/${var.name}-*"
  topics     = "arn:${local.partition}:sns:*:${var.account_id}:${var.name}-*"

  # The states, and their copy: where the primary region is lost, a run goes on with it.
  buckets = [for bucket in compact([var.state_bucket, var.state_copy.bucket]) : "arn:${local.partition}:s3:::${bucket}"]
  states  = [for bucket in local.buckets : "${bucket}/live/${var.environment}"]

  # Services that use the key of `data` for a caller.
  services = { for service in ["dynamodb", "lambda", "s3", "sqs"] : service => [for region in local.regions : "${service}.${region}.${data.aws_partition.current.dns_suffix}"] }
}
