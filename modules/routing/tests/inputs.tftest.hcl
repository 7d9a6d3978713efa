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

variables {
  name   = "greeter-dev"
  api_id = "q1w2e3r4t5"

  domain = {
    name    = "api.example.com"
    zone_id = "Z0123456789ABCDEFGHIJ"
  }
}

run "refuses_api_id_with_a_path" {
  command = plan

  variables {
    api_id = "q1w2e3r4t5/stages"
  }

  expect_failures = [var.api_id]
}

run "accepts_api_id_of_letters_and_digits" {
  command = plan

  variables {
    api_id = "0z9y8x7w"
  }

  assert {
    condition     = toset([for mapping in aws_apigatewayv2_api_mapping.name : mapping.api_id]) == toset(["0z9y8x7w"])
    error_message = "The API must be the one given."
  }
}

run "refuses_domain_with_a_scheme" {
  command = plan

  variables {
    domain = {
      name    = "https://api.example.com"
      zone_id = "Z0123456789ABCDEFGHIJ"
    }
  }

  expect_failures = [var.domain]
}

run "refuses_domain_of_65_characters" {
  command = plan

  variables {
    domain = {
      name    = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"
      zone_id = "Z0123456789ABCDEFGHIJ"
    }
  }

  expect_failures = [var.domain]
}

run "accepts_domain_of_64_characters" {
  command = plan

  variables {
    domain = {
      name    = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"
      zone_id = "Z0123456789ABCDEFGHIJ"
    }
  }

  assert {
    condition     = aws_acm_certificate.names.domain_name == "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com"
    error_message = "The name must be the one given."
  }
}

run "refuses_domain_zone_id_with_a_path" {
  command = plan

  variables {
    domain = {
      name    = "api.example.com"
      zone_id = "/hostedzone/Z0123456789ABCDEFGHIJ"
    }
  }

  expect_failures = [var.domain]
}

run "accepts_domain_zone_id_of_another_account" {
  command = plan

  variables {
    domain = {
      name    = "api.example.com"
      zone_id = "Z9ZZZZ"
    }
  }

  assert {
    condition     = aws_route53_record.shared.zone_id == "Z9ZZZZ"
    error_message = "The hosted zone must be the one given."
  }
}

run "refuses_domain_checked_every_20_seconds" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      zone_id      = "Z0123456789ABCDEFGHIJ"
      health_check = { interval_seconds = 20 }
    }
  }

  expect_failures = [var.domain]
}

run "accepts_domain_checked_every_10_seconds" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      zone_id      = "Z0123456789ABCDEFGHIJ"
      health_check = { interval_seconds = 10 }
    }
  }

  assert {
    condition     = aws_route53_health_check.status.request_interval == 10
    error_message = "The interval must be the one asked for."
  }
}

run "refuses_domain_with_half_a_failure" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      zone_id      = "Z0123456789ABCDEFGHIJ"
      health_check = { failures = 2.5 }
    }
  }

  expect_failures = [var.domain]
}

run "refuses_domain_with_no_failure" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      zone_id      = "Z0123456789ABCDEFGHIJ"
      health_check = { failures = 0 }
    }
  }

  expect_failures = [var.domain]
}

run "refuses_domain_with_eleven_failures" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      zone_id      = "Z0123456789ABCDEFGHIJ"
      health_check = { failures = 11 }
    }
  }

  expect_failures = [var.domain]
}

run "accepts_domain_with_one_failure" {
  command = plan

  variables {
    domain = {
      name         = "api.example.com"
      zone_id      = "Z0123456789ABCDEFGHIJ"
      health_check = { failures = 1 }
    }
  }

  assert {
    condition     = aws_route53_health_check.status.failure_threshold == 1
    error_message = "The number of failures must be the one asked for."
  }
}

run "refuses_name_with_an_underscore" {
  command = plan

  variables {
    name = "greeter_dev"
  }

  expect_failures = [var.name]
}

run "accepts_name_of_three_characters" {
  command = plan

  variables {
    name = "gr8"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.out_of_service.namespace == "gr8/routing"
    error_message = "The namespace must begin with the name given."
  }
}

run "refuses_zone_id_with_a_path" {
  command = plan

  variables {
    zone_id = "/hostedzone/Z0123456789ABCDEFGHIJ"

    domain = {
      name = "api.example.com"
    }
  }

  expect_failures = [var.zone_id]
}

run "accepts_zone_id_of_the_unit_zone" {
  command = plan

  variables {
    zone_id = "Z0123456789ABCDEFGHIJ"

    domain = {
      name = "api.example.com"
    }
  }

  assert {
    condition     = aws_route53_record.regional.zone_id == "Z0123456789ABCDEFGHIJ"
    error_message = "The hosted zone must be the one that the unit made."
  }
}

run "refuses_zone_id_and_domain_without_one" {
  command = plan

  variables {
    domain = {
      name = "api.example.com"
    }
  }

  expect_failures = [var.zone_id]
}

run "refuses_zone_id_beside_that_of_the_domain" {
  command = plan

  variables {
    zone_id = "Z9ZZZZ"
  }

  expect_failures = [var.zone_id]
}

run "accepts_zone_id_that_the_domain_has" {
  command = plan

  variables {
    zone_id = null
  }

  assert {
    condition     = output.zone_id == "Z0123456789ABCDEFGHIJ"
    error_message = "The hosted zone must be that of the domain."
  }
}

run "refuses_names_outside_of_the_hosted_zone" {
  override_resource {
    target = aws_route53_record.validation["regional"]
    values = { fqdn = "_5e6f.us-east-1.api.example.com" }
  }

  # The provider puts the zone's name behind a record that is not in it.
  override_resource {
    target = aws_route53_record.validation["shared"]
    values = { fqdn = "_1a2b.api.example.com.example.org" }
  }

  expect_failures = [aws_route53_record.validation["shared"]]
}
