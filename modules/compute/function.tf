locals {
  # Relative in a root module, so that no absolute path enters plan or state.
  package = "${path.module}/functions/dist/function.zip"
}

resource "aws_lambda_function" "greet" {
  function_name                  = local.function_name
  architectures                  = [var.function.architecture]
  filename                       = local.package
  handler                        = "index.handler"
  kms_key_arn                    = var.kms_key_arn
  memory_size                    = var.function.memory_mb
  publish                        = true
  reserved_concurrent_executions = var.function.reserved_concurrency
  role                           = aws_iam_role.function.arn
  runtime                        = "nodejs22.x"
  source_code_hash               = filebase64sha256(local.package)
  timeout                        = var.function.timeout_seconds

  environment {
    variables = {
      EDGE_SECRET_ARN = local.asked_secret
      REPOSITORY_URL  = var.repository
      TABLE_NAME      = var.table.name
      TOPIC_ARN       = var.topic_arn
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function.name
  }

  tracing_config {
    mode = "Active"
  }

  # Before its policy the first calls would fail.
  depends_on = [aws_iam_role_policy.function]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.greet.function_name
  function_version = aws_lambda_function.greet.version
}
