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

override_resource {
  target = aws_wafv2_web_acl.users
  values = { arn = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/greeter-dev-users/1234abcd-12ab-34cd-56ef-1234567890ab" }
}

# The smallest call: the README shows the same one.
variables {
  name          = "greeter-dev"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  origin        = "api.example.com"
  user_pool_arn = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a1B2c3D4e"
  zone_id       = "Z0123456789ABCDEFGHIJ"
}

run "the_certificate_is_proven_by_dns_and_issued_before_it_is_used" {
  assert {
    condition = (
      aws_acm_certificate.edge.domain_name == "edge.api.example.com"
      && aws_acm_certificate.edge.validation_method == "DNS"
      && aws_acm_certificate.edge.options[0].certificate_transparency_logging_preference == "ENABLED"
    )
    error_message = "The certificate must be for the name that clients call."
  }

  assert {
    condition     = [aws_route53_record.validation.zone_id, aws_route53_record.validation.name, aws_route53_record.validation.type, one(aws_route53_record.validation.records)] == ["Z0123456789ABCDEFGHIJ", "_1a2b.edge.api.example.com.", "CNAME", "_3c4d.acm-validations.aws."]
    error_message = "The zone must hold the record that ACM asks for."
  }

  assert {
    condition     = one(aws_cloudfront_distribution.edge.viewer_certificate).acm_certificate_arn == aws_acm_certificate_validation.edge.certificate_arn
    error_message = "The distribution must use the certificate that is issued."
  }
}

run "nothing_is_cached_and_calls_arrive_as_they_were_made" {
  assert {
    condition     = [data.aws_cloudfront_cache_policy.off.name, data.aws_cloudfront_origin_request_policy.all_but_host.name, data.aws_cloudfront_response_headers_policy.security.name] == ["Managed-CachingDisabled", "Managed-AllViewerExceptHostHeader", "Managed-SecurityHeadersPolicy"]
    error_message = "The policies must be those of AWS."
  }

  assert {
    condition = (
      one(aws_cloudfront_distribution.edge.default_cache_behavior).cache_policy_id == data.aws_cloudfront_cache_policy.off.id
      && one(aws_cloudfront_distribution.edge.default_cache_behavior).origin_request_policy_id == data.aws_cloudfront_origin_request_policy.all_but_host.id
      && one(aws_cloudfront_distribution.edge.default_cache_behavior).response_headers_policy_id == data.aws_cloudfront_response_headers_policy.security.id
      && length(aws_cloudfront_distribution.edge.ordered_cache_behavior) == 0
    )
    error_message = "No answer may be cached, the API must get every header but Host, and clients the security headers."
  }
}

run "clients_and_the_origin_speak_tls_1_2_or_newer" {
  assert {
    condition = (
      one(aws_cloudfront_distribution.edge.viewer_certificate).minimum_protocol_version == "TLSv1.2_2021"
      && one(aws_cloudfront_distribution.edge.default_cache_behavior).viewer_protocol_policy == "https-only"
      && aws_cloudfront_distribution.edge.http_version == "http2and3"
    )
    error_message = "Clients must use TLS 1.2 or newer, and may use HTTP/2 and HTTP/3."
  }

  assert {
    condition = (
      one(aws_cloudfront_distribution.edge.origin).domain_name == "api.example.com"
      && one(one(aws_cloudfront_distribution.edge.origin).custom_origin_config).origin_protocol_policy == "https-only"
      && one(one(aws_cloudfront_distribution.edge.origin).custom_origin_config).origin_ssl_protocols == toset(["TLSv1.2"])
    )
    error_message = "The origin must be the name of all regions, over TLS 1.2."
  }
}

run "clients_call_the_distribution_by_its_name" {
  assert {
    condition     = aws_cloudfront_distribution.edge.enabled && aws_cloudfront_distribution.edge.aliases == toset(["edge.api.example.com"])
    error_message = "The distribution must answer at its name."
  }

  assert {
    condition = alltrue([
      for kind in ["A", "AAAA"] :
      aws_route53_record.edge[kind].name == "edge.api.example.com"
      && aws_route53_record.edge[kind].type == kind
      && one(aws_route53_record.edge[kind].alias).name == aws_cloudfront_distribution.edge.domain_name
      && one(aws_route53_record.edge[kind].alias).zone_id == aws_cloudfront_distribution.edge.hosted_zone_id
    ])
    error_message = "The name must point to the distribution, with both kinds of addresses."
  }
}

run "every_call_carries_the_secret_whose_value_terraform_never_has" {
  assert {
    condition     = [for one in one(aws_cloudfront_distribution.edge.default_cache_behavior).function_association : [one.event_type, one.function_arn]] == [["viewer-request", aws_cloudfront_function.edge.arn]]
    error_message = "The function must see every call."
  }

  assert {
    condition     = aws_cloudfront_function.edge.runtime == "cloudfront-js-2.0" && aws_cloudfront_function.edge.key_value_store_associations == toset([aws_cloudfront_key_value_store.edge.arn])
    error_message = "The function must read the store."
  }

  assert {
    condition     = strcontains(aws_cloudfront_function.edge.code, "headers[\"x-edge-secret\"] = { value: await store.get(\"secret\") }")
    error_message = "The function must replace the header by the stored value."
  }

  assert {
    condition     = length(one(aws_cloudfront_distribution.edge.origin).custom_header) == 0
    error_message = "A custom header of the origin would put the secret into plan and state."
  }
}

run "a_firewall_checks_every_call" {
  assert {
    condition     = aws_wafv2_web_acl.edge.scope == "CLOUDFRONT" && aws_cloudfront_distribution.edge.web_acl_id == aws_wafv2_web_acl.edge.arn
    error_message = "The distribution must have the firewall."
  }

  assert {
    condition     = { for rule in aws_wafv2_web_acl.edge.rule : rule.name => rule.priority } == { AWSManagedRulesCommonRuleSet = 0, AWSManagedRulesKnownBadInputsRuleSet = 1, calls-per-address = 2 }
    error_message = "The rules must be AWS's common ones, its known bad inputs and the rate."
  }

  assert {
    condition     = [for rule in aws_wafv2_web_acl.edge.rule : [one(one(rule.statement).rate_based_statement).limit, one(one(rule.statement).rate_based_statement).evaluation_window_sec, one(one(rule.statement).rate_based_statement).aggregate_key_type, length(one(rule.action).block)] if rule.name == "calls-per-address"] == [[600, 60, "IP", 1]]
    error_message = "An address must be blocked after 600 calls in a minute."
  }

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.edge.rule : length(one(rule.override_action).none) == 1 && length(one(one(rule.statement).managed_rule_group_statement).rule_action_override) == 0 if rule.priority < 2])
    error_message = "The rules of AWS must block, not count."
  }
}

run "another_firewall_limits_sign_ins" {
  assert {
    condition = (
      aws_wafv2_web_acl.users.scope == "REGIONAL"
      && aws_wafv2_web_acl_association.users.resource_arn == var.user_pool_arn
      && aws_wafv2_web_acl_association.users.web_acl_arn == aws_wafv2_web_acl.users.arn
    )
    error_message = "The user pool must have the firewall."
  }

  assert {
    condition     = [for rule in aws_wafv2_web_acl.users.rule : [one(one(rule.statement).rate_based_statement).limit, one(one(rule.statement).rate_based_statement).evaluation_window_sec, one(one(rule.statement).rate_based_statement).aggregate_key_type, length(one(rule.action).block)]] == [[100, 60, "IP", 1]]
    error_message = "An address must be blocked after 100 calls in a minute."
  }
}

run "the_logs_hold_no_token" {
  assert {
    condition     = { for key, group in aws_cloudwatch_log_group.firewall : key => [group.name, group.kms_key_id, tostring(group.retention_in_days)] } == { edge = ["aws-waf-logs-greeter-dev-edge", var.kms_key_arn, "30"], users = ["aws-waf-logs-greeter-dev-users", var.kms_key_arn, "30"] }
    error_message = "Each firewall must have an encrypted log."
  }

  assert {
    condition = alltrue([
      for log in [aws_wafv2_web_acl_logging_configuration.edge, aws_wafv2_web_acl_logging_configuration.users] :
      sort(compact(flatten([for field in log.redacted_fields : field.single_header[*].name]))) == tolist(["authorization", "cookie"])
      && length(flatten([for field in log.redacted_fields : field.query_string])) == 1
      && length(log.logging_filter) == 0
    ])
    error_message = "The logs must hold every call, without Authorization, cookies and query strings."
  }

  assert {
    condition     = alltrue([for acl in [aws_wafv2_web_acl.edge, aws_wafv2_web_acl.users] : !one(acl.visibility_config).sampled_requests_enabled && alltrue([for rule in acl.rule : !one(rule.visibility_config).sampled_requests_enabled])])
    error_message = "Samples show whole headers."
  }
}
