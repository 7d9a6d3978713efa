mock_provider "aws" {
  # The provider checks ARNs where they are used, before anything is planned.
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"

      domain_validation_options = [
        {
          domain_name           = "edge.api.example.com"
          resource_record_name  = "_1a2b.edge.api.example.com."
          resource_record_type  = "CNAME"
          resource_record_value = "_3c4d.acm-validations.aws."
        },
      ]
    }
  }

  mock_resource "aws_cloudfront_function" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:function/greeter-dev-edge" }
  }

  mock_resource "aws_cloudfront_key_value_store" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:key-value-store/1234abcd" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:mocked" }
  }

  mock_resource "aws_route53_record" {
    defaults = { fqdn = "_1a2b.edge.api.example.com" }
  }

  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/greeter-dev-edge/1234abcd-12ab-34cd-56ef-1234567890ab" }
  }
}

variables {
  name          = "greeter-dev"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  origin        = "api.example.com"
  user_pool_arn = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a1B2c3D4e"
  zone_id       = "Z0123456789ABCDEFGHIJ"
}

run "refuses_edge_with_a_name_that_is_a_url" {
  command = plan

  variables {
    edge = { name = "https://www.example.com" }
  }

  expect_failures = [var.edge]
}

run "accepts_edge_with_a_name_of_its_own" {
  command = plan

  variables {
    edge = { name = "www.example.com" }
  }

  assert {
    condition     = output.domain_name == "www.example.com"
    error_message = "The name must be the given one."
  }
}

run "refuses_edge_with_too_few_calls" {
  command = plan

  variables {
    edge = { calls_per_minute = 9 }
  }

  expect_failures = [var.edge]
}

run "refuses_edge_with_a_part_of_a_sign_in" {
  command = plan

  variables {
    edge = { sign_ins_per_minute = 10.5 }
  }

  expect_failures = [var.edge]
}

run "accepts_edge_with_other_rates" {
  command = plan

  variables {
    edge = { calls_per_minute = 10, sign_ins_per_minute = 2000000000 }
  }

  assert {
    condition     = [for acl in [aws_wafv2_web_acl.edge, aws_wafv2_web_acl.users] : [for rule in acl.rule : one(one(rule.statement).rate_based_statement).limit if length(one(rule.statement).rate_based_statement) > 0]] == [[10], [2000000000]]
    error_message = "The rates must be the given ones."
  }
}

run "refuses_kms_key_arn_of_an_alias" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/greeter-dev-data"
  }

  expect_failures = [var.kms_key_arn]
}

run "accepts_kms_key_arn_of_another_partition" {
  command = plan

  variables {
    kms_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234"
  }

  assert {
    condition     = aws_cloudwatch_log_group.firewall["edge"].kms_key_id == "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234"
    error_message = "The key must encrypt the logs."
  }
}

run "refuses_logs_with_days_that_aws_does_not_know" {
  command = plan

  variables {
    logs = { retention_days = 31 }
  }

  expect_failures = [var.logs]
}

run "accepts_logs_of_a_year" {
  command = plan

  variables {
    logs = { retention_days = 365 }
  }

  assert {
    condition     = aws_cloudwatch_log_group.firewall["users"].retention_in_days == 365
    error_message = "The logs must be kept for a year."
  }
}

run "refuses_name_with_a_capital_letter" {
  command = plan

  variables {
    name = "Greeter-dev"
  }

  expect_failures = [var.name]
}

run "accepts_name_of_31_characters" {
  command = plan

  variables {
    name = "greeter-of-another-company-prod"
  }

  assert {
    condition     = aws_cloudfront_function.edge.name == "greeter-of-another-company-prod-edge"
    error_message = "Names must begin with the name."
  }
}

run "refuses_origin_that_is_a_url" {
  command = plan

  variables {
    origin = "https://api.example.com"
  }

  expect_failures = [var.origin]
}

run "refuses_origin_that_is_the_edge" {
  command = plan

  variables {
    edge   = { name = "api.example.com" }
    origin = "api.example.com"
  }

  expect_failures = [var.origin]
}

run "accepts_origin_below_the_edge" {
  command = plan

  variables {
    edge   = { name = "example.com" }
    origin = "regions.example.com"
  }

  assert {
    condition     = one(aws_cloudfront_distribution.edge.origin).domain_name == "regions.example.com"
    error_message = "The edge must call the name of the regions."
  }
}

run "refuses_primary_region_where_cloudfront_does_not_look" {
  command = plan

  variables {
    primary_region = "eu-west-1"
  }

  expect_failures = [var.primary_region]
}

run "accepts_primary_region_us_east_1" {
  command = plan

  variables {
    primary_region = "us-east-1"
  }

  assert {
    condition     = aws_wafv2_web_acl.edge.scope == "CLOUDFRONT"
    error_message = "The firewall must be before CloudFront."
  }
}

run "refuses_user_pool_arn_that_is_an_id" {
  command = plan

  variables {
    user_pool_arn = "us-east-1_a1B2c3D4e"
  }

  expect_failures = [var.user_pool_arn]
}

run "accepts_user_pool_arn_of_another_account" {
  command = plan

  variables {
    user_pool_arn = "arn:aws:cognito-idp:us-east-1:210987654321:userpool/us-east-1_Z9y8X7w6V"
  }

  assert {
    condition     = aws_wafv2_web_acl_association.users.resource_arn == "arn:aws:cognito-idp:us-east-1:210987654321:userpool/us-east-1_Z9y8X7w6V"
    error_message = "The pool must be the given one."
  }
}

run "refuses_zone_id_that_is_a_name" {
  command = plan

  variables {
    zone_id = "example.com"
  }

  expect_failures = [var.zone_id]
}

run "accepts_zone_id_of_a_zone" {
  command = plan

  variables {
    zone_id = "Z1"
  }

  assert {
    condition     = aws_route53_record.edge["A"].zone_id == "Z1"
    error_message = "The records must be in the zone."
  }
}

run "accepts_origin_with_one_label_before_the_domain" {
  command = plan

  variables {
    origin = "a.example.com"
  }

  assert {
    condition     = output.domain_name == "edge.a.example.com"
    error_message = "The name of the edge must be below the origin's."
  }
}

run "refuses_a_name_outside_of_the_hosted_zone" {
  # The provider puts the zone's name behind a record that is not in it.
  override_resource {
    target = aws_route53_record.validation
    values = { fqdn = "_1a2b.edge.api.example.com.example.org" }
  }

  expect_failures = [aws_route53_record.validation]
}
