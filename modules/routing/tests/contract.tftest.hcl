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

variables {
  name   = "greeter-dev"
  api_id = "q1w2e3r4t5"

  domain = {
    name    = "api.example.com"
    zone_id = "Z0123456789ABCDEFGHIJ"
  }
}

run "every_output_has_the_promised_shape" {
  assert {
    condition     = [output.domain_name, output.regional_domain_name] == ["api.example.com", "us-east-1.api.example.com"]
    error_message = "The names must be the shared one and the region's."
  }

  assert {
    condition     = [output.url, output.regional_url] == ["https://api.example.com", "https://us-east-1.api.example.com"]
    error_message = "The addresses must be those of the names, without a closing slash."
  }

  assert {
    condition     = output.zone_id == "Z0123456789ABCDEFGHIJ"
    error_message = "zone_id must be the zone with the records."
  }

  assert {
    condition     = output.health_check_id == aws_route53_health_check.region.id && output.status_health_check_id == aws_route53_health_check.status.id
    error_message = "The health checks must be that of the region and that of /status."
  }

  assert {
    condition = output.lever == {
      alarm_name      = "greeter-dev-out-of-service"
      dimensions      = { Region = "us-east-1" }
      health_check_id = aws_route53_health_check.lever.id
      metric_name     = "OutOfService"
      namespace       = "greeter-dev/routing"
    }
    error_message = "lever must say which metric takes the region out of service."
  }

  assert {
    condition     = output.target_domain_names == { for key in ["regional", "shared"] : key => aws_apigatewayv2_domain_name.name[key].domain_name_configuration[0].target_domain_name }
    error_message = "target_domain_names must be what the records point to."
  }
}

run "a_plan_accepts_the_mocks_of_compute_and_zone" {
  command = plan

  variables {
    api_id  = "meridianmock"
    zone_id = "Zmeridianmock"

    domain = {
      name = "api.example.com"
    }
  }

  assert {
    condition     = aws_route53_record.shared.zone_id == "Zmeridianmock"
    error_message = "A unit must be plannable before the units that it needs exist."
  }
}
