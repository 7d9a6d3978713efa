mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      api_endpoint = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
      id           = "a1b2c3d4e5"
    }
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
    error_message = "A browser must be able to send what the API takes, and nothing else."
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
    condition     = aws_lambda_function.greet.reserved_concurrent_executions == -1
    error_message = "Without a number the function must share the account's concurrency."
  }
}

run "refuses_jwt_of_an_issuer_over_plain_http" {
  command = plan

  variables {
    jwt = {
      issuer   = "http://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
      audience = ["client"]
    }
  }

  expect_failures = [var.jwt]
}

run "refuses_jwt_of_another_host_in_front_of_the_path" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.us-east-1.amazonaws.com.example.com/us-east-1_a1B2c3D4e"
      audience = ["client"]
    }
  }

  expect_failures = [var.jwt]
}

run "accepts_jwt_of_a_pool_in_another_region" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.ap-southeast-2.amazonaws.com/ap-southeast-2_a1B2c3D4e"
      audience = ["client"]
    }
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].issuer == "https://cognito-idp.ap-southeast-2.amazonaws.com/ap-southeast-2_a1B2c3D4e"
    error_message = "The issuer must be the one given."
  }
}

run "refuses_jwt_without_an_audience" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
      audience = []
    }
  }

  expect_failures = [var.jwt]
}

run "refuses_jwt_with_an_empty_audience" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
      audience = [""]
    }
  }

  expect_failures = [var.jwt]
}

run "accepts_jwt_for_two_clients" {
  command = plan

  variables {
    jwt = {
      issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
      audience = ["web", "mobile"]
    }
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.jwt.jwt_configuration[0].audience == toset(["mobile", "web"])
    error_message = "The audience must be the clients given."
  }
}

run "refuses_kms_key_arn_of_an_alias" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:alias/greeter-dev-data"
  }

  expect_failures = [var.kms_key_arn]
}

run "accepts_kms_key_arn_of_a_multi_region_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab"
  }

  assert {
    condition     = aws_lambda_function.greet.kms_key_arn == "arn:aws:kms:eu-west-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab"
    error_message = "The key must be the one given."
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
    error_message = "Both logs must be kept as long as asked."
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

run "refuses_repository_over_ssh" {
  command = plan

  variables {
    repository = "git@github.com:example-org/meridian.git"
  }

  expect_failures = [var.repository]
}

run "refuses_repository_with_a_password" {
  command = plan

  variables {
    repository = "https://user:password@github.com/example-org/meridian.git"
  }

  expect_failures = [var.repository]
}

run "accepts_repository_over_https" {
  command = plan

  variables {
    repository = "https://git.example.com:8443/platform/meridian"
  }

  assert {
    condition     = aws_lambda_function.greet.environment[0].variables.REPOSITORY_URL == "https://git.example.com:8443/platform/meridian"
    error_message = "The repository must be the one given."
  }
}

run "refuses_table_name_with_a_space" {
  command = plan

  variables {
    table = {
      name = "greeter dev"
      arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter dev"
    }
  }

  expect_failures = [var.table]
}

run "accepts_table_name_with_dots" {
  command = plan

  variables {
    table = {
      name = "greeter.dev_greetings"
      arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter.dev_greetings"
    }
  }

  assert {
    condition     = aws_lambda_function.greet.environment[0].variables.TABLE_NAME == "greeter.dev_greetings"
    error_message = "The table must be the one given."
  }
}

run "refuses_table_arn_of_an_index" {
  command = plan

  variables {
    table = {
      name = "greeter-dev-greetings"
      arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter-dev-greetings/index/all"
    }
  }

  expect_failures = [var.table]
}

run "accepts_table_arn_of_another_partition" {
  command = plan

  variables {
    table = {
      name = "greeter-dev-greetings"
      arn  = "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/greeter-dev-greetings"
    }
  }

  assert {
    condition     = data.aws_iam_policy_document.function.statement[0].resources == toset(["arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/greeter-dev-greetings"])
    error_message = "The role must name the table given."
  }
}

run "refuses_table_name_and_arn_of_two_tables" {
  command = plan

  variables {
    table = {
      name = "greeter-dev-greetings"
      arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/greeter-prod-greetings"
    }
  }

  expect_failures = [var.table]
}

run "accepts_table_name_and_arn_of_one_table" {
  command = plan

  variables {
    table = {
      name = "another"
      arn  = "arn:aws:dynamodb:eu-west-1:123456789012:table/another"
    }
  }

  assert {
    condition     = aws_lambda_function.greet.environment[0].variables.TABLE_NAME == "another"
    error_message = "The table must be the one given."
  }
}

run "refuses_topic_arn_of_a_fifo_topic" {
  command = plan

  variables {
    topic_arn = "arn:aws:sns:eu-west-1:123456789012:greeter-dev-verification.fifo"
  }

  expect_failures = [var.topic_arn]
}

run "accepts_topic_arn_of_a_standard_topic" {
  command = plan

  variables {
    topic_arn = "arn:aws:sns:eu-west-1:123456789012:another"
  }

  assert {
    condition     = aws_lambda_function.greet.environment[0].variables.TOPIC_ARN == "arn:aws:sns:eu-west-1:123456789012:another"
    error_message = "The topic must be the one given."
  }
}
