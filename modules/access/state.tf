locals {
  state_regions = compact([local.region, var.state_copy.region])

  state_keys = {
    arns     = [for region in local.state_regions : "arn:${local.partition}:kms:${region}:${var.account_id}:key/*"]
    aliases  = [for end in slice(["", "-copy"], 0, length(local.state_regions)) : "alias/${var.name}-state${end}"]
    services = distinct(concat(local.services["s3"], [for region in local.state_regions : "s3.${region}.${data.aws_partition.current.dns_suffix}"]))
  }
}

data "aws_iam_policy_document" "read_state" {
  statement {
    sid       = "ListStates"
    actions   = ["s3:ListBucket", "s3:ListBucketVersions"]
    resources = local.buckets
  }

  statement {
    sid       = "ReadStates"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = [for states in local.states : "${states}/*"]
  }

  statement {
    sid       = "DecryptStates"
    actions   = ["kms:Decrypt"]
    resources = local.state_keys.arns

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = local.state_keys.aliases
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.state_keys.services
    }
  }
}

data "aws_iam_policy_document" "plan_state" {
  statement {
    sid       = "LockStates"
    actions   = ["s3:DeleteObject", "s3:PutObject"]
    resources = [for states in local.states : "${states}/*.tflock"]
  }

  statement {
    sid       = "EncryptLocks"
    actions   = ["kms:GenerateDataKey"]
    resources = local.state_keys.arns

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = local.state_keys.aliases
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.state_keys.services
    }
  }
}

data "aws_iam_policy_document" "apply_state" {
  statement {
    sid       = "WriteStates"
    actions   = ["s3:PutObject"]
    resources = [for states in local.states : "${states}/*"]
  }

  statement {
    sid       = "UnlockStates"
    actions   = ["s3:DeleteObject"]
    resources = [for states in local.states : "${states}/*.tflock"]
  }

  statement {
    sid       = "EncryptStates"
    actions   = ["kms:GenerateDataKey"]
    resources = local.state_keys.arns

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = local.state_keys.aliases
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.state_keys.services
    }
  }
}
