output "api_id" {
  description = "The API as other services name it, e.g. EXAMPLE."
  value       = aws_apigatewayv2_api.http.id
}

output "api_url" {
  description = "Where the API answers unless own_address is false, without a closing slash, e.g. https://EXAMPLE.execute-api.us-east-1.amazonaws.com."
  value       = aws_apigatewayv2_api.http.api_endpoint

  # Before these the URL answers 404, 403 or 500.
  depends_on = [
    aws_apigatewayv2_route.greet,
    aws_apigatewayv2_stage.default,
    aws_lambda_permission.greet,
    aws_lambda_permission.status,
  ]
}

output "edge_only" {
  description = "Whether the function refuses calls that pass by the edge, true or false, e.g. EXAMPLE."
  value       = local.edge_only
}

output "edge_secret_arn" {
  description = "The secret with what the edge sends, empty without an edge, e.g. arn:aws:secretsmanager:us-east-1:123456789012:secret:EXAMPLE-edge-a1B2c3."
  value       = join("", aws_secretsmanager_secret.edge[*].arn)
}

output "function_name" {
  description = "The function as API calls name it, e.g. EXAMPLE-greet."
  value       = aws_lambda_function.greet.function_name
}

output "own_address" {
  description = "Whether the API answers at api_url, true or false, e.g. EXAMPLE."
  value       = !aws_apigatewayv2_api.http.disable_execute_api_endpoint
}
