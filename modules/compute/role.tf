resource "aws_iam_role" "function" {
  # Role names are global to the account: with the region in the name, each region has its own.
  name                 = "${local.function_name}-${local.region}"
  path                 = var.role_path
  description          = "What ${local.function_name} may do in ${local.region}."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary == "" ? null : var.permissions_boundary
}

resource "aws_iam_role_policy" "function" {
  name   = "function"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.function.json
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

data "aws_iam_policy_document" "function" {
  statement {
    sid       = "WriteGreetings"
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [var.table.arn]
  }

  statement {
    sid       = "ReadTheProbe"
    actions   = ["dynamodb:GetItem"]
    resources = [var.table.arn]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "dynamodb:LeadingKeys"
      values   = ["status"]
    }

    # ForAllValues is also true where the key is absent.
    condition {
      test     = "Null"
      variable = "dynamodb:LeadingKeys"
      values   = ["false"]
    }
  }

  statement {
    sid       = "PublishVerification"
    actions   = ["sns:Publish"]
    resources = [var.topic_arn]
  }

  statement {
    sid       = "UseTheKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]
  }

  statement {
    sid       = "WriteOwnLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }

  dynamic "statement" {
    for_each = var.edge ? ["edge"] : []

    content {
      sid       = "ReadWhatTheEdgeSends"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = aws_secretsmanager_secret.edge[*].arn
    }
  }

  # X-Ray has no resources that a policy could name.
  statement {
    sid       = "SendTraces"
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"]
  }
}
