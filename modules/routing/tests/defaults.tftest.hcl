mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }

  # The provider checks the ARN where it is used, before anything is planned.
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"

      domain_validation_options = [
        {
          domain_name           = "api.example.com"
          resource_record_name  = "_1a2b.api.example.com."
          resource_record_type  = "CNAME"
          resource_record_value = "_3c4d.acm-validations.aws."
        },
        {
          domain_name           = "us-east-1.api.example.com"
          resource_record_name  = "_5e6f.us-east-1.api.example.com."
          resource_record_type  = "CNAME"
          resource_record_value = "_7a8b.acm-validations.aws."
        },
      ]
    }
  }
}

override_resource {
  target = aws_route53_record.validation["regional"]
  values = { fqdn = "_5e6f.us-east-1.api.example.com" }
}

override_resource {
  target = aws_route53_record.validation["shared"]
  values = { fqdn = "_1a2b.api.example.com" }
}

# The smallest call: the README shows the same one.
variables {
  name   = "greeter-dev"
  api_id = "q1w2e3r4t5"

  domain = {
    name    = "api.example.com"
    zone_id = "Z0123456789ABCDEFGHIJ"
  }
}

# Before a certificate is in the state of this file.
run "another_region_shares_one_name_only" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { name = "eu-west-1" }
  }

  assert {
    condition     = [aws_route53_record.shared.name, aws_route53_record.regional.name] == ["api.example.com", "eu-west-1.api.example.com"]
    error_message = "The shared name must be the same in every region, the other one the region's."
  }

  assert {
    condition     = aws_route53_record.shared.set_identifier == "eu-west-1" && aws_route53_health_check.lever.cloudwatch_alarm_region == "eu-west-1"
    error_message = "Record and lever must be the region's own."
  }
}

run "the_certificate_has_both_names_and_is_proven_by_dns" {
  assert {
    condition = (
      aws_acm_certificate.names.domain_name == "api.example.com"
      && aws_acm_certificate.names.subject_alternative_names == toset(["us-east-1.api.example.com"])
      && aws_acm_certificate.names.validation_method == "DNS"
    )
    error_message = "The certificate must be for the shared name and the region's."
  }

  assert {
    condition     = aws_acm_certificate.names.options[0].certificate_transparency_logging_preference == "ENABLED"
    error_message = "Browsers trust certificates that are logged in public only."
  }

  assert {
    condition = { for key, record in aws_route53_record.validation : key => [record.zone_id, record.name, record.type, one(record.records)] } == {
      regional = ["Z0123456789ABCDEFGHIJ", "_5e6f.us-east-1.api.example.com.", "CNAME", "_7a8b.acm-validations.aws."]
      shared   = ["Z0123456789ABCDEFGHIJ", "_1a2b.api.example.com.", "CNAME", "_3c4d.acm-validations.aws."]
    }
    error_message = "The zone must hold the records that ACM asks for."
  }

  assert {
    condition     = alltrue([for record in aws_route53_record.validation : record.allow_overwrite])
    error_message = "Another region may have made the record of the shared name already."
  }

  assert {
    condition = (
      aws_acm_certificate_validation.names.certificate_arn == aws_acm_certificate.names.arn
      && aws_acm_certificate_validation.names.validation_record_fqdns == toset([for record in aws_route53_record.validation : record.fqdn])
    )
    error_message = "The certificate must be issued before it is used."
  }
}

run "the_api_answers_under_both_names_with_tls_1_2" {
  assert {
    condition     = { for key, name in aws_apigatewayv2_domain_name.name : key => name.domain_name } == { regional = "us-east-1.api.example.com", shared = "api.example.com" }
    error_message = "Both names must be custom domains of the region."
  }

  assert {
    condition = alltrue([
      for name in aws_apigatewayv2_domain_name.name :
      name.domain_name_configuration[0].endpoint_type == "REGIONAL"
      && name.domain_name_configuration[0].security_policy == "TLS_1_2"
      && name.domain_name_configuration[0].certificate_arn == aws_acm_certificate.names.arn
    ])
    error_message = "A custom domain must be regional and refuse TLS before 1.2."
  }

  assert {
    condition = alltrue([
      for key, mapping in aws_apigatewayv2_api_mapping.name :
      mapping.api_id == "q1w2e3r4t5" && mapping.stage == "$default" && mapping.domain_name == aws_apigatewayv2_domain_name.name[key].id
    ])
    error_message = "Both names must lead to the API."
  }
}

run "each_region_has_a_record_of_its_own" {
  assert {
    condition = (
      aws_route53_record.regional.name == "us-east-1.api.example.com"
      && aws_route53_record.regional.type == "A"
      && aws_route53_record.regional.alias[0].name == aws_apigatewayv2_domain_name.name["regional"].domain_name_configuration[0].target_domain_name
      && aws_route53_record.regional.alias[0].zone_id == aws_apigatewayv2_domain_name.name["regional"].domain_name_configuration[0].hosted_zone_id
    )
    error_message = "The region's name must point to its custom domain."
  }

  assert {
    condition     = aws_route53_record.regional.health_check_id == null && aws_route53_record.regional.set_identifier == null
    error_message = "The region's name must answer whether it is healthy or not: the health check calls it."
  }
}

run "the_shared_name_answers_with_the_nearest_healthy_region" {
  assert {
    condition = (
      aws_route53_record.shared.name == "api.example.com"
      && aws_route53_record.shared.type == "A"
      && aws_route53_record.shared.set_identifier == "us-east-1"
      && aws_route53_record.shared.latency_routing_policy[0].region == "us-east-1"
      && aws_route53_record.shared.health_check_id == aws_route53_health_check.region.id
    )
    error_message = "The record must be this region's, chosen by latency, and only while the region is healthy."
  }

  assert {
    condition = (
      aws_route53_record.shared.alias[0].name == aws_apigatewayv2_domain_name.name["shared"].domain_name_configuration[0].target_domain_name
      && aws_route53_record.shared.alias[0].zone_id == aws_apigatewayv2_domain_name.name["shared"].domain_name_configuration[0].hosted_zone_id
      && aws_route53_record.shared.alias[0].evaluate_target_health
    )
    error_message = "The record must point to the custom domain of the shared name in this region."
  }
}

run "a_region_is_healthy_while_status_answers_and_the_lever_is_not_pulled" {
  assert {
    condition = (
      aws_route53_health_check.region.type == "CALCULATED"
      && aws_route53_health_check.region.child_healthchecks == toset([aws_route53_health_check.lever.id, aws_route53_health_check.status.id])
      && aws_route53_health_check.region.child_health_threshold == 2
    )
    error_message = "Both health checks must be healthy."
  }

  assert {
    condition = (
      aws_route53_health_check.status.type == "HTTPS"
      && aws_route53_health_check.status.fqdn == "us-east-1.api.example.com"
      && aws_route53_health_check.status.port == 443
      && aws_route53_health_check.status.resource_path == "/status"
    )
    error_message = "Route 53 must call /status of this region alone, over TLS."
  }

  assert {
    condition     = aws_route53_health_check.status.request_interval == 30 && aws_route53_health_check.status.failure_threshold == 3
    error_message = "Three failures, 30 seconds apart, must make a region unhealthy."
  }
}

run "the_lever_is_a_metric_that_must_keep_coming" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.out_of_service.alarm_name == "greeter-dev-out-of-service"
      && aws_cloudwatch_metric_alarm.out_of_service.namespace == "greeter-dev/routing"
      && aws_cloudwatch_metric_alarm.out_of_service.metric_name == "OutOfService"
      && aws_cloudwatch_metric_alarm.out_of_service.dimensions == tomap({ Region = "us-east-1" })
    )
    error_message = "The alarm must watch the lever of this region alone."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.out_of_service.statistic == "Maximum"
      && aws_cloudwatch_metric_alarm.out_of_service.comparison_operator == "GreaterThanOrEqualToThreshold"
      && aws_cloudwatch_metric_alarm.out_of_service.threshold == 1
      && aws_cloudwatch_metric_alarm.out_of_service.period == 60
      && aws_cloudwatch_metric_alarm.out_of_service.evaluation_periods == 1
    )
    error_message = "One minute with a 1 must be enough, in the standard resolution that Route 53 reads."
  }

  assert {
    condition = (
      aws_route53_health_check.lever.type == "CLOUDWATCH_METRIC"
      && aws_route53_health_check.lever.cloudwatch_alarm_name == "greeter-dev-out-of-service"
      && aws_route53_health_check.lever.cloudwatch_alarm_region == "us-east-1"
    )
    error_message = "The health check must follow the alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.out_of_service.treat_missing_data == "notBreaching" && aws_route53_health_check.lever.insufficient_data_health_status == "Healthy"
    error_message = "Without data the region must serve."
  }
}
