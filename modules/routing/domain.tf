resource "aws_apigatewayv2_domain_name" "name" {
  for_each = local.names

  domain_name = each.value

  domain_name_configuration {
    certificate_arn = aws_acm_certificate_validation.names.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "name" {
  for_each = local.names

  api_id      = var.api_id
  domain_name = aws_apigatewayv2_domain_name.name[each.key].id
  # The one stage that compute makes.
  stage = "$default"
}
