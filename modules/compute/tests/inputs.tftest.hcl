mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_apigatewayv2_stage" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/$default" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:mocked" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/greeter-dev-greet-eu-west-1" }
  }

  mock_resource "aws_lambda_alias" {
    defaults = { invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:greeter-dev-greet:live/invocations" }
  }
}

variables {
  name        = "greeter-dev"
  repository  = "https://github.com/example-org/meridian.git"
  kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  topic_arn   = "arn:aws:sns:eu-west-1:123456789012:greeter-dev-verification"

  jwt = {
    issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
    audience = ["1h57kf5cpq17m0eml12example"]
  }

  table = {
    name = "greeter-dev-greetings"
    arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter-dev-greetings"
  }
}

run "refuses_api_with_a_rate_of_zero" {
  command = plan

  variables {
    api = { throttle = { rate = 0 } }
  }

  expect_failures = [var.api]
}

run "accepts_api_with_a_rate_of_its_own" {
  command = plan

  variables {
    api = { throttle = { rate = 200 } }
  }

  assert {
    condition     = aws_apigatewayv2_stage.default.default_route_settings[0].throttling_rate_limit == 200 && aws_apigatewayv2_stage.default.default_route_settings[0].throttling_burst_limit == 50
    error_message = "The rate must be the one asked for, the burst the default."
  }
}

run "refuses_api_with_a_status_burst_of_half_requests" {
  command = plan

  variables {
    api = { status_throttle = { burst = 2.5 } }
  }

  expect_failures = [var.api]
}

run "accepts_api_with_a_status_burst_of_its_own" {
  command = plan

  variables {
    api = { status_throttle = { burst = 2 } }
  }

  assert {
    condition     = one(aws_apigatewayv2_stage.default.route_settings).throttling_burst_limit == 2
    error_message = "The burst of /status must be the one asked for."
  }
}

run "refuses_api_with_cors_for_every_origin" {
  command = plan

  variables {
    api = { cors_origins = ["*"] }
  }

  expect_failures = [var.api]
}

run "refuses_api_with_cors_for_plain_http" {
  command = plan

  variables {
    api = { cors_origins = ["http://app.example.com"] }
  }

  expect_failures = [var.api]
}

run "refuses_api_with_cors_for_a_wildcard" {
  command = plan

  variables {
    api = { cors_origins = ["https://*.example.com"] }
  }

  expect_failures = [var.api]
}

run "refuses_api_with_cors_for_a_closing_slash" {
  command = plan

  variables {
    api = { cors_origins = ["https://app.example.com/"] }
  }

  expect_failures = [var.api]
}

run "accepts_api_with_cors_for_an_https_origin" {
  command = plan

  variables {
    api = { cors_origins = ["https://app.example.com", "https://localhost:3000"] }
  }

  assert {
    condition     = aws_apigatewayv2_api.http.cors_configuration[0].allow_origins == toset(["https://app.example.com", "https://localhost:3000"])
    error_message = "The origins must be those given."
  }

  assert {
    condition     = aws_apigatewayv2_api.http.cors_configuration[0].allow_methods == toset(["GET"]) && aws_apigatewayv2_api.http.cors_configuration[0].allow_headers == toset(["authorization", "idempotency-key"])
    error_message = "CORS must allow the methods and headers of the API only."
  }
}

run "refuses_function_with_64_mb" {
  command = plan

  variables {
    function = { memory_mb = 64 }
  }

  expect_failures = [var.function]
}

run "accepts_function_with_128_mb" {
  command = plan

  variables {
    function = { memory_mb = 128 }
  }

  assert {
    condition     = aws_lambda_function.greet.memory_size == 128
    error_message = "The memory must be the one asked for."
  }
}

run "refuses_function_with_30_seconds" {
  command = plan

  variables {
    function = { timeout_seconds = 30 }
  }

  expect_failures = [var.function]
}

run "accepts_function_with_29_seconds" {
  command = plan

  variables {
    function = { timeout_seconds = 29 }
  }

  assert {
    condition     = aws_lambda_function.greet.timeout == 29 && aws_apigatewayv2_integration.function.timeout_milliseconds == 30000
    error_message = "The API must wait longer than the function may take, and not longer than it can."
  }
}

run "refuses_function_on_an_unknown_processor" {
  command = plan

  variables {
    function = { architecture = "x86" }
  }

  expect_failures = [var.function]
}

run "accepts_function_on_x86_64" {
  command = plan

  variables {
    function = { architecture = "x86_64" }
  }

  assert {
    condition     = aws_lambda_function.greet.architectures == tolist(["x86_64"])
    error_message = "The processor must be the one asked for."
  }
}

run "refuses_function_with_no_concurrency" {
  command = plan

  variables {
    function = { reserved_concurrency = 0 }
  }

  expect_failures = [var.function]
}

run "accepts_function_with_reserved_concurrency" {
  command = plan

  variables {
    function = { reserved_concurrency = 20 }
  }

  assert {
    condition     = aws_lambda_function.greet.reserved_concurrent_executions == 20
    error_message = "The concurrency must be the one asked for."
  }
}

run "accepts_function_without_reserved_concurrency" {
  command = plan

  variables {
    function = { reserved_concurrency = null }
  }

  assert {
    condition     = aws_lambda_function.greet.reserved_concurrent_executions == null
    error_message = "Without a number the function must share the account's concurrency."
  }
}

run "refuses_logs_kept_for_two_days" {
  command = plan

  variables {
    logs = { retention_days = 2 }
  }

  expect_failures = [var.logs]
}

run "accepts_logs_kept_for_a_year" {
  command = plan

  variables {
    logs = { retention_days = 365 }
  }

  assert {
    condition     = [aws_cloudwatch_log_group.function.retention_in_days, aws_cloudwatch_log_group.access.retention_in_days] == [365, 365]
    error_message = "Both logs must be kept as long as the setting says."
  }
}

run "refuses_name_with_an_underscore" {
  command = plan

  variables {
    name = "greeter_dev"
  }

  expect_failures = [var.name]
}

run "accepts_name_of_31_characters" {
  command = plan

  variables {
    name = "a234567890123456789012345678901"
  }

  assert {
    condition     = length(aws_iam_role.function.name) <= 64
    error_message = "The longest name must leave room for the role's."
  }
}

run "refuses_permissions_boundary_that_is_a_role" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:role/acme"
  }

  expect_failures = [var.permissions_boundary]
}

run "accepts_permissions_boundary_that_is_a_policy" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/greeter-dev.boundary"
  }

  assert {
    condition     = aws_iam_role.function.permissions_boundary == "arn:aws:iam::123456789012:policy/greeter-dev.boundary"
    error_message = "The role must carry the boundary."
  }
}

run "refuses_role_path_without_a_slash" {
  command = plan

  variables {
    role_path = "acme"
  }

  expect_failures = [var.role_path]
}

run "accepts_role_path_of_the_company" {
  command = plan

  variables {
    role_path = "/acme/"
  }

  assert {
    condition     = aws_iam_role.function.path == "/acme/"
    error_message = "The role must have the path."
  }
}
