locals {
  firewalls = {
    edge  = aws_wafv2_web_acl.edge.arn
    users = aws_wafv2_web_acl.users.arn
  }

  # What may hold a token.
  redacted_headers = ["authorization", "cookie"]
}

resource "aws_cloudwatch_log_group" "firewall" {
  for_each = local.logs

  name              = each.value
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.logs.retention_days
}

resource "aws_wafv2_web_acl_logging_configuration" "firewall" {
  for_each = local.firewalls

  resource_arn            = each.value
  log_destination_configs = [aws_cloudwatch_log_group.firewall[each.key].arn]

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
