resource "aws_route53_record" "regional" {
  zone_id = local.zone_id
  name    = local.names.regional
  type    = "A"

  alias {
    name                   = aws_apigatewayv2_domain_name.name["regional"].domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.name["regional"].domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = false
  }
}

# One of these in every region: Route 53 answers with the nearest one that is healthy.
resource "aws_route53_record" "shared" {
  zone_id         = local.zone_id
  name            = local.names.shared
  type            = "A"
  set_identifier  = local.region
  health_check_id = aws_route53_health_check.region.id

  latency_routing_policy {
    region = local.region
  }

  alias {
    name                   = aws_apigatewayv2_domain_name.name["shared"].domain_name_configuration[0].target_domain_name
    zone_id                = aws_apigatewayv2_domain_name.name["shared"].domain_name_configuration[0].hosted_zone_id
    evaluate_target_health = true
  }
}
