resource "aws_wafv2_web_acl" "edge" {
  name        = "${var.name}-edge"
  description = "${var.name}: what reaches the APIs"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  rule {
    name     = "AWSManagedRulesCommonRuleSet"
    priority = 0

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        name        = "AWSManagedRulesCommonRuleSet"
        vendor_name = "AWS"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "AWSManagedRulesCommonRuleSet"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "AWSManagedRulesKnownBadInputsRuleSet"
    priority = 1

    override_action {
      none {}
    }

    statement {
      managed_rule_group_statement {
        name        = "AWSManagedRulesKnownBadInputsRuleSet"
        vendor_name = "AWS"
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "AWSManagedRulesKnownBadInputsRuleSet"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "calls-per-address"
    priority = 2

    action {
      block {
        custom_response {
          response_code = 429
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 60
        limit                 = var.edge.calls_per_minute
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "calls-per-address"
      sampled_requests_enabled   = false
    }
  }

  # Samples show whole headers, also Authorization.
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "${var.name}-edge"
    sampled_requests_enabled   = false
  }
}

# The pool has a door of its own: clients sign up and in at Cognito's address, which no distribution stands before.
resource "aws_wafv2_web_acl" "users" {
  name        = "${var.name}-users"
  description = "${var.name}: what reaches the user pool"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "sign-ins-per-address"
    priority = 0

    action {
      block {}
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 60
        limit                 = var.edge.sign_ins_per_minute
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "sign-ins-per-address"
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "${var.name}-users"
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "users" {
  resource_arn = var.user_pool_arn
  web_acl_arn  = aws_wafv2_web_acl.users.arn
}
