output "domain_name" {
  description = "The name that all regions share, e.g. EXAMPLE.example.com."
  value       = var.domain.name
}

output "health_check_id" {
  description = "The health check of the region: /status answers, and the lever is not pulled, e.g. EXAMPLE-4b1c-4a1e-8f3c-0d9e8c7b6a5f."
  value       = aws_route53_health_check.region.id
}

output "lever" {
  description = "What takes the region out of service while its maximum is 1, e.g. {\"alarm_name\":\"EXAMPLE-out-of-service\",\"dimensions\":{\"Region\":\"us-east-1\"},\"health_check_id\":\"EXAMPLE\",\"metric_name\":\"OutOfService\",\"namespace\":\"EXAMPLE/routing\"}."
  value = merge(local.lever, {
    alarm_name      = aws_cloudwatch_metric_alarm.out_of_service.alarm_name
    health_check_id = aws_route53_health_check.lever.id
  })
}

output "regional_domain_name" {
  description = "The name of this region alone, whether it is healthy or not, e.g. us-east-1.EXAMPLE.example.com."
  value       = local.names.regional
}

output "regional_url" {
  description = "Where this region answers, without a closing slash, e.g. https://us-east-1.EXAMPLE.example.com."
  value       = "https://${local.names.regional}"

  # Before these the name does not resolve, or answers 403.
  depends_on = [aws_apigatewayv2_api_mapping.name, aws_route53_record.regional]
}

output "status_health_check_id" {
  description = "The health check that calls /status of this region, e.g. EXAMPLE-7c2d-4e6f-9a1b-2c3d4e5f6a7b."
  value       = aws_route53_health_check.status.id
}

output "target_domain_names" {
  description = "What the records of both names point to in this region, e.g. {\"regional\":\"d-EXAMPLE.execute-api.us-east-1.amazonaws.com\",\"shared\":\"d-EXAMPLE.execute-api.us-east-1.amazonaws.com\"}."
  value       = { for key, name in aws_apigatewayv2_domain_name.name : key => name.domain_name_configuration[0].target_domain_name }
}

output "url" {
  description = "Where the nearest healthy region answers, without a closing slash, e.g. https://EXAMPLE.example.com."
  value       = "https://${local.names.shared}"

  depends_on = [aws_apigatewayv2_api_mapping.name, aws_route53_record.shared]
}

output "zone_id" {
  description = "The hosted zone with the records, e.g. ZEXAMPLE."
  value       = local.zone_id
}
