data "aws_region" "current" {}

locals {
  package = "${path.module}/functions/dist/function.zip"
}

resource "aws_lambda_function" "pinger" {
  function_name    = "${var.name}-pinger"
  filename         = local.package
  handler          = "pinger.handler"
  publish          = true
  role             = aws_iam_role.pinger.arn
  runtime          = "python3.13"
  source_code_hash = filebase64sha256(local.package)

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.pinger.name
  }

  depends_on = [aws_iam_role_policy.pinger]
}

resource "aws_cloudwatch_log_group" "pinger" {
  name              = "/aws/lambda/${var.name}-pinger"
  kms_key_id        = var.kms_key_arn
  retention_in_days = 30
}

resource "aws_iam_role" "pinger" {
  name               = "${var.name}-pinger-${data.aws_region.current.name}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "pinger" {
  name   = "function"
  role   = aws_iam_role.pinger.id
  policy = data.aws_iam_policy_document.pinger.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "pinger" {
  statement {
    sid       = "WriteOwnLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.pinger.arn}:*"]
  }
}
