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

# The smallest call: the README shows the same one.
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

run "greet_needs_a_token_of_this_issuer_and_audience" {
  assert {
    condition     = aws_apigatewayv2_route.greet.route_key == "GET /greet" && aws_apigatewayv2_route.greet.authorization_type == "JWT"
    error_message = "GET /greet must need a token."
  }

  assert {
    condition     = aws_apigatewayv2_route.greet.authorizer_id == aws_apigatewayv2_authorizer.jwt.id
    error_message = "GET /greet must use this module's authorizer."
  }

  assert {
    condition     = aws_apigatewayv2_authorizer.jwt.authorizer_type == "JWT" && aws_apigatewayv2_authorizer.jwt.identity_sources == toset(["$request.header.Authorization"])
    error_message = "The token must come in the Authorization header."
  }

  assert {
    condition = aws_apigatewayv2_authorizer.jwt.jwt_configuration == tolist([{
      audience = toset(["1h57kf5cpq17m0eml12example"])
      issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2c3D4e"
    }])
    error_message = "Only tokens of the issuer given, for the clients given, may be accepted."
  }
}

run "status_needs_no_token_and_has_its_own_throttle" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_route.status.route_key == "GET /status" && aws_apigatewayv2_route.status.authorization_type == "NONE"
    error_message = "GET /status must be open to health checks."
  }

  assert {
    condition = [for s in aws_apigatewayv2_stage.default.route_settings : [s.route_key, s.throttling_rate_limit, s.throttling_burst_limit, s.detailed_metrics_enabled]] == [
      ["GET /status", 5, 10, true]
    ]
    error_message = "GET /status must have its own, low throttle."
  }
}

run "both_routes_go_to_the_live_alias" {
  assert {
    condition = alltrue([
      for route in [aws_apigatewayv2_route.greet, aws_apigatewayv2_route.status] :
      route.target == "integrations/${aws_apigatewayv2_integration.function.id}"
    ])
    error_message = "Both routes must go to the function."
  }

  assert {
    condition     = aws_apigatewayv2_integration.function.integration_uri == aws_lambda_alias.live.invoke_arn && aws_lambda_alias.live.name == "live"
    error_message = "The integration must call the alias live."
  }

  assert {
    condition     = aws_apigatewayv2_integration.function.integration_type == "AWS_PROXY" && aws_apigatewayv2_integration.function.payload_format_version == "2.0"
    error_message = "The integration must hand the request over as payload 2.0."
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == aws_lambda_function.greet.version && aws_lambda_function.greet.publish
    error_message = "The alias must point at the published version."
  }

  assert {
    condition     = aws_apigatewayv2_integration.function.timeout_milliseconds > aws_lambda_function.greet.timeout * 1000
    error_message = "The API must wait longer than the function may take."
  }
}

run "the_api_may_invoke_the_alias_for_its_two_routes_only" {
  assert {
    condition = [for p in [aws_lambda_permission.greet, aws_lambda_permission.status] : p.source_arn] == [
      "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/$default/GET/greet",
      "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/$default/GET/status",
    ]
    error_message = "Each permission must be scoped to API, stage and route."
  }

  assert {
    condition = alltrue([
      for p in [aws_lambda_permission.greet, aws_lambda_permission.status] :
      p.qualifier == "live" && p.principal == "apigateway.amazonaws.com" && p.action == "lambda:InvokeFunction"
    ])
    error_message = "Only API Gateway may invoke, and only the alias."
  }
}

run "the_stage_throttles_measures_and_deploys_by_itself" {
  command = plan

  assert {
    condition = [for s in aws_apigatewayv2_stage.default.default_route_settings : [s.throttling_rate_limit, s.throttling_burst_limit, s.detailed_metrics_enabled]] == [
      [100, 50, true]
    ]
    error_message = "Every route must be throttled and measured."
  }

  assert {
    condition     = aws_apigatewayv2_stage.default.name == "$default" && aws_apigatewayv2_stage.default.auto_deploy
    error_message = "The default stage must deploy by itself."
  }
}

run "the_access_log_has_the_request_id_and_no_token" {
  assert {
    condition     = aws_apigatewayv2_stage.default.access_log_settings[0].destination_arn == aws_cloudwatch_log_group.access.arn
    error_message = "Access must be logged."
  }

  assert {
    condition     = jsondecode(aws_apigatewayv2_stage.default.access_log_settings[0].format).requestId == "$context.requestId"
    error_message = "Each line of the access log must carry the request id."
  }

  assert {
    condition = alltrue([
      for value in values(jsondecode(aws_apigatewayv2_stage.default.access_log_settings[0].format)) :
      value == "$context.authorizer.error" || !can(regex("authorizer|header|request\\.", value))
    ])
    error_message = "No header and no claim may reach the access log."
  }
}

run "log_groups_are_encrypted_and_expire" {
  command = plan

  assert {
    condition     = [aws_cloudwatch_log_group.function.name, aws_cloudwatch_log_group.access.name] == ["/aws/lambda/greeter-dev-greet", "/aws/vendedlogs/greeter-dev-api"]
    error_message = "The log groups must have their promised names."
  }

  assert {
    condition = alltrue([
      for group in [aws_cloudwatch_log_group.function, aws_cloudwatch_log_group.access] :
      group.kms_key_id == var.kms_key_arn && group.retention_in_days == 30
    ])
    error_message = "Every log group must be encrypted with the key given and kept for 30 days."
  }
}

run "the_function_is_traced_encrypted_and_logs_json" {
  command = plan

  assert {
    condition     = aws_lambda_function.greet.runtime == "nodejs22.x" && aws_lambda_function.greet.architectures == tolist(["arm64"])
    error_message = "The function must run on Node.js 22 and arm64."
  }

  assert {
    condition     = aws_lambda_function.greet.tracing_config[0].mode == "Active"
    error_message = "The function must be traced."
  }

  assert {
    condition     = aws_lambda_function.greet.kms_key_arn == var.kms_key_arn
    error_message = "The function's settings must be encrypted with the key given."
  }

  assert {
    condition     = aws_lambda_function.greet.logging_config[0].log_format == "JSON" && aws_lambda_function.greet.logging_config[0].log_group == aws_cloudwatch_log_group.function.name
    error_message = "The function must log JSON to its own log group."
  }

  assert {
    condition     = aws_lambda_function.greet.filename == "./functions/dist/function.zip"
    error_message = "The package must be named relative to the module."
  }

  assert {
    condition     = aws_lambda_function.greet.source_code_hash == filebase64sha256("functions/dist/function.zip")
    error_message = "The function must be replaced when its package changes."
  }
}

run "the_function_knows_its_table_topic_and_repository" {
  command = plan

  assert {
    condition = aws_lambda_function.greet.environment[0].variables == tomap({
      EDGE_SECRET_ARN = ""
      REPOSITORY_URL  = "https://github.com/example-org/meridian.git"
      TABLE_NAME      = "greeter-dev-greetings"
      TOPIC_ARN       = "arn:aws:sns:eu-west-1:123456789012:greeter-dev-verification"
    })
    error_message = "The function's variables must be its table, topic and repository only."
  }
}

run "the_role_is_for_lambda_and_carries_the_region" {
  command = plan

  assert {
    condition     = aws_iam_role.function.name == "greeter-dev-greet-eu-west-1"
    error_message = "A role's name is global to the account, so it must carry the region."
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.trust.statement : one(s.principals).identifiers] == [toset(["lambda.amazonaws.com"])]
    error_message = "Only Lambda may take the role."
  }
}

run "the_role_allows_what_the_code_does_and_no_more" {
  assert {
    condition = { for s in data.aws_iam_policy_document.function.statement : s.sid => s.actions } == {
      WriteGreetings      = toset(["dynamodb:PutItem", "dynamodb:UpdateItem"])
      ReadTheProbe        = toset(["dynamodb:GetItem"])
      PublishVerification = toset(["sns:Publish"])
      UseTheKey           = toset(["kms:Decrypt", "kms:GenerateDataKey"])
      WriteOwnLogs        = toset(["logs:CreateLogStream", "logs:PutLogEvents"])
      SendTraces          = toset(["xray:PutTelemetryRecords", "xray:PutTraceSegments"])
    }
    error_message = "The role must allow exactly what the code does."
  }

  assert {
    condition = { for s in data.aws_iam_policy_document.function.statement : s.sid => s.resources if s.sid != "SendTraces" } == {
      WriteGreetings      = toset([var.table.arn])
      ReadTheProbe        = toset([var.table.arn])
      PublishVerification = toset([var.topic_arn])
      UseTheKey           = toset([var.kms_key_arn])
      WriteOwnLogs        = toset(["${aws_cloudwatch_log_group.function.arn}:*"])
    }
    error_message = "Every statement must name its resource, but X-Ray's, which has none."
  }

  assert {
    condition     = aws_iam_role_policy.function.role == aws_iam_role.function.id && aws_iam_role_policy.function.policy == data.aws_iam_policy_document.function.json
    error_message = "The role must have the policy."
  }
}

run "the_function_reads_the_probe_key_only" {
  command = plan

  assert {
    condition = one([for s in data.aws_iam_policy_document.function.statement : s.condition if s.sid == "ReadTheProbe"]) == toset([
      { test = "ForAllValues:StringEquals", variable = "dynamodb:LeadingKeys", values = tolist(["status"]) },
      { test = "Null", variable = "dynamodb:LeadingKeys", values = tolist(["false"]) },
    ])
    error_message = "The function must read the key status only, also where a request names no key."
  }
}

run "cors_is_off_by_default" {
  command = plan

  assert {
    condition     = length(aws_apigatewayv2_api.http.cors_configuration) == 0
    error_message = "CORS must be off unless origins are given."
  }
}

run "the_role_has_no_boundary_and_no_path_by_default" {
  command = plan

  assert {
    condition     = aws_iam_role.function.permissions_boundary == null && aws_iam_role.function.path == "/"
    error_message = "Without the settings the role must be as it was."
  }
}

run "the_api_answers_under_its_own_address" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_api.http.disable_execute_api_endpoint == false && output.own_address
    error_message = "Without names the API must answer under its own address."
  }
}

run "names_replace_the_own_address" {
  command = plan

  variables {
    routed = true
  }

  assert {
    condition     = aws_apigatewayv2_api.http.disable_execute_api_endpoint && !output.own_address
    error_message = "Where names lead to the API, its own address must be off."
  }
}

run "the_own_address_stays_while_clients_move" {
  command = plan

  variables {
    routed = true
    api    = { keep_own_address = true }
  }

  assert {
    condition     = aws_apigatewayv2_api.http.disable_execute_api_endpoint == false && output.own_address
    error_message = "keep_own_address must keep the API's own address."
  }
}

run "without_an_edge_nothing_of_it_is_there" {
  command = plan

  assert {
    condition     = length(aws_secretsmanager_secret.edge) == 0 && !output.edge_only && output.edge_secret_arn == ""
    error_message = "Without an edge there must be no secret."
  }

  assert {
    condition     = keys(aws_lambda_function.greet.environment[0].variables) == tolist(["EDGE_SECRET_ARN", "REPOSITORY_URL", "TABLE_NAME", "TOPIC_ARN"]) && !contains(data.aws_iam_policy_document.function.statement[*].sid, "ReadWhatTheEdgeSends")
    error_message = "Without an edge the function must be as it was."
  }
}

run "behind_an_edge_the_function_asks_for_its_secret" {
  variables {
    edge = true
  }

  assert {
    condition     = aws_lambda_function.greet.environment[0].variables.EDGE_SECRET_ARN == aws_secretsmanager_secret.edge[0].arn && output.edge_only && output.edge_secret_arn == aws_secretsmanager_secret.edge[0].arn
    error_message = "The function must know the secret by its ARN."
  }

  assert {
    condition     = [for s in data.aws_iam_policy_document.function.statement : [one(s.actions), one(s.resources)] if s.sid == "ReadWhatTheEdgeSends"] == [["secretsmanager:GetSecretValue", aws_secretsmanager_secret.edge[0].arn]]
    error_message = "The function must read that secret and no other one."
  }

  assert {
    condition     = aws_secretsmanager_secret.edge[0].name == "greeter-dev-edge" && aws_secretsmanager_secret.edge[0].kms_key_id == var.kms_key_arn && aws_secretsmanager_secret.edge[0].recovery_window_in_days == 0
    error_message = "The secret must have the key of the data, and its name must be free again once it is deleted."
  }
}

run "calls_may_pass_by_the_edge_while_clients_move" {
  variables {
    edge = true
    api  = { accept_direct = true }
  }

  assert {
    condition     = length(aws_secretsmanager_secret.edge) == 1 && aws_lambda_function.greet.environment[0].variables.EDGE_SECRET_ARN == "" && !output.edge_only
    error_message = "accept_direct must leave the secret to be filled, and the function open."
  }
}
