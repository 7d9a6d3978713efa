resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${local.function_name}"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.logs.retention_days
}

resource "aws_cloudwatch_log_group" "access" {
  # Under this prefix AWS needs no entry for each group in its size-limited log delivery policy.
  name              = "/aws/vendedlogs/${var.name}-api"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.logs.retention_days
}
