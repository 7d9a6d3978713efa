locals {
  cors = length(var.api.cors_origins) > 0 ? [var.api.cors_origins] : []

  # No header and no claim: a token can never reach this log.
  access_log = {
    authorizerError    = "$context.authorizer.error"
    errorMessage       = "$context.error.message"
    integrationError   = "$context.integrationErrorMessage"
    integrationLatency = "$context.integrationLatency"
    integrationStatus  = "$context.integrationStatus"
    protocol           = "$context.protocol"
    requestId          = "$context.requestId"
    requestTime        = "$context.requestTime"
    responseLatency    = "$context.responseLatency"
    responseLength     = "$context.responseLength"
    routeKey           = "$context.routeKey"
    sourceIp           = "$context.identity.sourceIp"
    status             = "$context.status"
  }
}

resource "aws_apigatewayv2_api" "http" {
  name          = "${var.name}-api"
  protocol_type = "HTTP"

  # Where names lead to it, clients cannot pass by their health checks.
  disable_execute_api_endpoint = var.routed && !var.api.keep_own_address

  dynamic "cors_configuration" {
    for_each = local.cors

    content {
      allow_headers = ["authorization", "idempotency-key"]
      allow_methods = ["GET"]
      allow_origins = cors_configuration.value
      max_age       = 300
    }
  }
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  name             = "cognito"
  api_id           = aws_apigatewayv2_api.http.id
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    audience = var.jwt.audience
    issuer   = var.jwt.issuer
  }
}

resource "aws_apigatewayv2_stage" "default" {
  name        = "$default"
  api_id      = aws_apigatewayv2_api.http.id
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode(local.access_log)
  }

  default_route_settings {
    detailed_metrics_enabled = true
    throttling_burst_limit   = var.api.throttle.burst
    throttling_rate_limit    = var.api.throttle.rate
  }

  route_settings {
    route_key                = aws_apigatewayv2_route.status.route_key
    detailed_metrics_enabled = true
    throttling_burst_limit   = var.api.status_throttle.burst
    throttling_rate_limit    = var.api.status_throttle.rate
  }

  # A deployment that ran while a route is being made may miss it.
  depends_on = [aws_apigatewayv2_route.greet]
}
