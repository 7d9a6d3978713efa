# Distributions and what belongs to them. Names do not limit these, so they come only where a module declares CloudFront.
locals {
  edged = contains(var.rights[*].service, "cloudfront")

  distributions = "arn:${local.partition}:cloudfront::${var.account_id}:distribution/*"
  stores        = "arn:${local.partition}:cloudfront::${var.account_id}:key-value-store/*"

  # CloudFront and the pool's firewall have resources, but their names say nothing.
  edge_read = [for right in var.rights : right if contains(["cloudfront", "cognito-idp", "wafv2"], right.service) && right.resource == "*"]

  edge = {
    apply-edge        = { role = "apply", policy = data.aws_iam_policy_document.apply_edge.json }
    apply-untagged    = { role = "apply", policy = data.aws_iam_policy_document.apply_untagged.json }
    "apply read-edge" = { role = "apply", policy = data.aws_iam_policy_document.read_edge.json }
    "plan read-edge"  = { role = "plan", policy = data.aws_iam_policy_document.read_edge.json }
  }
}

resource "aws_iam_role_policy" "edge" {
  for_each = local.edged ? local.edge : {}

  name   = reverse(split(" ", each.key))[0]
  role   = aws_iam_role.pipeline[each.value.role].name
  policy = each.value.policy
}

data "aws_iam_policy_document" "read_edge" {
  statement {
    sid       = "ReadWhatStandsBeforeTheNames"
    actions   = sort(distinct(flatten([for right in local.edge_read : [for action in right.read : "${right.service}:${action}"]])))
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = distinct(concat([local.route53_region], local.regions))
    }
  }
}

data "aws_iam_policy_document" "apply_edge" {
  statement {
    sid       = "TagNewDistributions"
    actions   = ["cloudfront:TagResource"]
    resources = [local.distributions]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.route53_region]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/Environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/Project"
      values   = [var.project]
    }

    # Or a tag would take another environment's distribution over.
    condition {
      test     = "Null"
      variable = "aws:ResourceTag/Environment"
      values   = ["true"]
    }
  }

  statement {
    sid = "DistributionsAndTheFirewallOfThePool"
    actions = [
      "cloudfront:DeleteDistribution",
      "cloudfront:TagResource",
      "cloudfront:UntagResource",
      "cloudfront:UpdateDistribution",
      "cognito-idp:AssociateWebACL",
      "cognito-idp:DisassociateWebACL",
    ]
    resources = [local.distributions, local.pools]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.route53_region]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Project"
      values   = [var.project]
    }
  }

  # Secrets Manager tries the key of a new secret in the name of who makes it.
  statement {
    sid       = "KeyOfSecrets"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [local.keys]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = local.regions
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Project"
      values   = [var.project]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Unit"
      values   = ["data"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for region in local.regions : "secretsmanager.${region}.${data.aws_partition.current.dns_suffix}"]
    }
  }
}

# No tags limit these. They reach every store of the account, but no value in one.
data "aws_iam_policy_document" "apply_untagged" {
  # A new distribution gets its tags by the right above, without which AWS does not make it.
  statement {
    sid = "DistributionsAndKeyValueStores"
    actions = [
      "cloudfront:CreateDistribution",
      "cloudfront:CreateKeyValueStore",
      "cloudfront:DeleteKeyValueStore",
      "cloudfront:UpdateKeyValueStore",
    ]
    resources = [local.distributions, local.stores]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.route53_region]
    }
  }

  # AWS WAF asks for rights on what a firewall refers to: rules of AWS, and the pool, whose tags Cognito checks above.
  statement {
    sid = "WhatFirewallsReferTo"
    actions = [
      "wafv2:AssociateWebACL",
      "wafv2:CreateWebACL",
      "wafv2:DisassociateWebACL",
      "wafv2:UpdateWebACL",
    ]
    resources = [local.pools, "arn:${local.partition}:wafv2:*:${var.account_id}:*/managedruleset/*/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.route53_region]
    }
  }
}
