resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.http.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_alias.live.invoke_arn
  payload_format_version = "2.0"
  # A second more than the function has: its own answer comes first.
  timeout_milliseconds = (var.function.timeout_seconds + 1) * 1000
}

resource "aws_apigatewayv2_route" "greet" {
  api_id             = aws_apigatewayv2_api.http.id
  route_key          = "GET /greet"
  authorization_type = "JWT"
  authorizer_id      = aws_apigatewayv2_authorizer.jwt.id
  target             = "integrations/${aws_apigatewayv2_integration.function.id}"
}

resource "aws_apigatewayv2_route" "status" {
  api_id             = aws_apigatewayv2_api.http.id
  route_key          = "GET /status"
  authorization_type = "NONE"
  target             = "integrations/${aws_apigatewayv2_integration.function.id}"
}

resource "aws_lambda_permission" "greet" {
  statement_id  = "greet"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.greet.function_name
  principal     = "apigateway.amazonaws.com"
  qualifier     = aws_lambda_alias.live.name
  source_arn    = "${aws_apigatewayv2_stage.default.execution_arn}/GET/greet"
}

resource "aws_lambda_permission" "status" {
  statement_id  = "status"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.greet.function_name
  principal     = "apigateway.amazonaws.com"
  qualifier     = aws_lambda_alias.live.name
  source_arn    = "${aws_apigatewayv2_stage.default.execution_arn}/GET/status"
}
