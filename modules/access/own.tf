locals {
  # What the environment's modules declare in their unit.yaml, with the resources that it is for.
  rights = [
    for right in var.rights : merge(right, {
      regions = contains(["cloudfront", "route53"], right.service) ? [local.route53_region] : local.regions

      # The ARN of a bucket has no region and no account; the text before the name keeps the states' bucket out.
      arn = right.resource == "*" ? "*" : "arn:${local.partition}:${right.service}:${right.service == "s3" ? ":" : "*:${var.account_id}"}:${right.resource}${var.name}-*"
    }) if !contains(concat(local.zones_read, local.edged ? local.edge_read : []), right)
  ]

  own = {
    for role in ["apply", "read", "verify"] : role => [
      for right in local.rights : {
        actions  = [for action in right[role] : "${right.service}:${action}"]
        resource = right.arn
        regions  = right.regions
      } if length(right[role]) > 0
    ]
  }

  # Whether a module makes composite alarms.
  alarming = contains(flatten(var.rights[*].apply), "PutCompositeAlarm")

  # Services whose resources the verify role reads, encrypted with the key of `data`.
  verified = distinct([for right in local.rights : right.service if length(right.verify) > 0])

  boundary = [
    for right in local.rights : {
      actions  = [for action in right.functions : "${right.service}:${action}"]
      resource = right.arn
    } if length(right.functions) > 0
  ]
}

data "aws_iam_policy_document" "own" {
  for_each = { for role, statements in local.own : role => statements if length(statements) > 0 }

  dynamic "statement" {
    for_each = each.value

    content {
      sid       = "Own${statement.key}"
      actions   = statement.value.actions
      resources = [statement.value.resource]

      condition {
        test     = "StringEquals"
        variable = "aws:RequestedRegion"
        values   = statement.value.regions
      }
    }
  }

  # AWS makes composite alarms only for a role that may make every one.
  dynamic "statement" {
    for_each = local.alarming && each.key == "apply" ? [local.regions] : []

    content {
      sid       = "CompositeAlarms"
      actions   = ["cloudwatch:PutCompositeAlarm"]
      resources = ["*"]

      condition {
        test     = "StringEquals"
        variable = "aws:RequestedRegion"
        values   = statement.value
      }
    }
  }

  # `apply` holds the messages of alarms back. A metric has no resource: the namespace says whose it is.
  dynamic "statement" {
    for_each = local.alarming && each.key == "apply" ? [local.regions] : []

    content {
      sid       = "HoldMessagesBack"
      actions   = ["cloudwatch:PutMetricData"]
      resources = ["*"]

      condition {
        test     = "StringEquals"
        variable = "aws:RequestedRegion"
        values   = statement.value
      }

      condition {
        test     = "StringEquals"
        variable = "cloudwatch:namespace"
        values   = ["${var.name}/watch"]
      }
    }
  }
}
