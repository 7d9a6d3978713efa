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

run "every_output_has_the_promised_shape" {
  assert {
    condition     = [output.domain_name, output.url] == ["edge.api.example.com", "https://edge.api.example.com"]
    error_message = "Name and address must be what clients call, without a closing slash."
  }

  assert {
    condition     = output.distribution_id == aws_cloudfront_distribution.edge.id && output.key_value_store_arn == "arn:aws:cloudfront::123456789012:key-value-store/1234abcd"
    error_message = "An operator must find the distribution and the store."
  }
}

run "a_plan_accepts_the_mocks_of_data_identity_and_routing" {
  command = plan

  variables {
    kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/meridianmock"
    origin        = "meridianmock.example.com"
    user_pool_arn = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_meridianmock"
    zone_id       = "Zmeridianmock"
  }

  assert {
    condition     = output.domain_name == "edge.meridianmock.example.com"
    error_message = "A unit must be plannable before the units that it needs exist."
  }
}
