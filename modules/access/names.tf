# Domains, certificates and their zone. Names do not limit these, so they come only where a module declares Route 53.
locals {
  routed = contains(var.rights[*].service, "route53")

  certificates  = "arn:${local.partition}:acm:*:${var.account_id}:certificate/*"
  domain_names  = "arn:${local.partition}:apigateway:*::/domainnames"
  changes       = "arn:${local.partition}:route53:::change/*"
  health_checks = "arn:${local.partition}:route53:::healthcheck/*"
  zones         = "arn:${local.partition}:route53:::hostedzone/*"

  # Route 53 has one endpoint in a partition, and so has CloudFront.
  route53_region = lookup({ aws-cn = "cn-northwest-1", aws-us-gov = "us-gov-west-1" }, local.partition, "us-east-1")

  # Route 53 has resources, but their names say nothing.
  zones_read = [for right in var.rights : right if right.service == "route53" && right.resource == "*"]

  names = {
    "apply apply-names" = { role = "apply", policy = data.aws_iam_policy_document.apply_names.json }
    "apply read-names"  = { role = "apply", policy = data.aws_iam_policy_document.read_names.json }
    "plan read-names"   = { role = "plan", policy = data.aws_iam_policy_document.read_names.json }
  }
  zone_policies = merge(
    { "apply apply-zones" = { role = "apply", policy = data.aws_iam_policy_document.apply_zones.json } },
    {
      for role in ["apply", "plan"] : "${role} read-zones" => { role = role, policy = data.aws_iam_policy_document.read_zones.json }
      if length(local.zones_read) > 0
    },
  )
}

# Inline: the apply role has ten managed policies already.
resource "aws_iam_role_policy" "names" {
  for_each = local.routed ? local.names : {}

  name   = element(split(" ", each.key), 1)
  role   = aws_iam_role.pipeline[each.value.role].name
  policy = each.value.policy
}

resource "aws_iam_role_policy" "zones" {
  for_each = local.routed ? local.zone_policies : {}

  name   = element(split(" ", each.key), 1)
  role   = aws_iam_role.pipeline[each.value.role].name
  policy = each.value.policy
}

moved {
  from = aws_iam_role_policy.zones[0]
  to   = aws_iam_role_policy.zones["apply apply-zones"]
}

data "aws_iam_policy_document" "apply_names" {
  statement {
    sid       = "NewCertificates"
    actions   = ["acm:RequestCertificate"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = local.regions
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
  }

  statement {
    sid       = "NewNames"
    actions   = ["apigateway:POST"]
    resources = [local.domain_names]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = local.regions
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
  }

  statement {
    sid = "CertificatesAndNames"
    actions = [
      "acm:AddTagsToCertificate",
      "acm:DeleteCertificate",
      "acm:RemoveTagsFromCertificate",
      "apigateway:DELETE",
      "apigateway:PATCH",
      "apigateway:POST",
    ]
    resources = [local.certificates, "${local.domain_names}/*"]

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
  }

  # AWS asks for the right to tag before the new certificate has its tags.
  statement {
    sid       = "TagNewCertificates"
    actions   = ["acm:AddTagsToCertificate"]
    resources = [local.certificates]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = local.regions
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

    condition {
      test     = "Null"
      variable = "aws:ResourceTag/Environment"
      values   = ["true"]
    }
  }

}

# Route 53 knows no tags in conditions: these reach every zone and health check of the account.
data "aws_iam_policy_document" "apply_zones" {
  statement {
    sid       = "NewZonesAndHealthChecks"
    actions   = ["route53:CreateHealthCheck", "route53:CreateHostedZone"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.route53_region]
    }
  }

  statement {
    sid = "ZonesAndHealthChecks"
    actions = [
      "route53:ChangeTagsForResource",
      "route53:DeleteHealthCheck",
      "route53:DeleteHostedZone",
      "route53:UpdateHealthCheck",
      "route53:UpdateHostedZoneComment",
    ]
    resources = [local.health_checks, local.zones]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.route53_region]
    }
  }

  # Where mail goes, and who has the zone, is not for a pipeline.
  statement {
    sid       = "Records"
    actions   = ["route53:ChangeResourceRecordSets"]
    resources = [local.zones]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "route53:ChangeResourceRecordSetsRecordTypes"
      values   = ["A", "AAAA", "CNAME"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.route53_region]
    }
  }
}

# `IfExists`: a deleted resource has no tags, and a plan has to see that it is gone.
data "aws_iam_policy_document" "read_names" {
  statement {
    sid       = "ReadCertificatesAndNames"
    actions   = ["acm:DescribeCertificate", "acm:ListTagsForCertificate", "apigateway:GET"]
    resources = [local.certificates, "${local.domain_names}/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = local.regions
    }

    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:ResourceTag/Environment"
      values   = [var.environment]
    }

    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:ResourceTag/Project"
      values   = [var.project]
    }
  }
}

data "aws_iam_policy_document" "read_zones" {
  statement {
    sid       = "ReadZonesAndHealthChecks"
    actions   = sort(distinct([for action in flatten(local.zones_read[*].read) : "route53:${action}" if action != "ListHealthChecks"]))
    resources = [local.changes, local.health_checks, local.zones]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.route53_region]
    }
  }

  # It has no resource.
  statement {
    sid       = "ListHealthChecks"
    actions   = ["route53:ListHealthChecks"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [local.route53_region]
    }
  }
}
