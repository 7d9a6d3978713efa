locals {
  # What may hold a token.
  redacted_headers = ["authorization", "cookie"]
}

resource "aws_cloudwatch_log_group" "firewall" {
  for_each = local.logs

  name              = each.value
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.logs.retention_days
}

# Written out: Checkov sees in a plan which firewall has a log.
resource "aws_wafv2_web_acl_logging_configuration" "edge" {
  resource_arn            = aws_wafv2_web_acl.edge.arn
  log_destination_configs = [aws_cloudwatch_log_group.firewall["edge"].arn]

  dynamic "redacted_fields" {
    for_each = local.redacted_headers

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  redacted_fields {
    query_string {}
  }
}

resource "aws_wafv2_web_acl_logging_configuration" "users" {
  resource_arn            = aws_wafv2_web_acl.users.arn
  log_destination_configs = [aws_cloudwatch_log_group.firewall["users"].arn]

  dynamic "redacted_fields" {
    for_each = local.redacted_headers

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  redacted_fields {
    query_string {}
  }
}
