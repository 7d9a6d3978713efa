# Distributions and what belongs to them. Names do not limit these, so they come only where a module declares CloudFront.
locals {
  edged = contains(var.rights[*].service, "cloudfront")

  distributions = "arn:${local.partition}:cloudfront::${var.account_id}:distribution/*"
  stores        = "arn:${local.partition}:cloudfront::${var.account_id}:key-value-store/*"

  edge = {
    apply-edge     = data.aws_iam_policy_document.apply_edge.json
    apply-untagged = data.aws_iam_policy_document.apply_untagged.json
  }
}

resource "aws_iam_role_policy" "edge" {
  for_each = local.edged ? local.edge : {}

  name   = each.key
  role   = aws_iam_role.pipeline["apply"].name
  policy = each.value
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
