locals {
  copies = [for copy in [var.state_copy] : copy if copy.bucket != ""]
}

data "aws_iam_policy_document" "read_state" {
  statement {
    sid       = "ListStates"
    actions   = ["s3:ListBucket", "s3:ListBucketVersions"]
    resources = [local.state]
  }

  statement {
    sid       = "ReadStates"
    actions   = ["s3:GetObject", "s3:GetObjectVersion"]
    resources = ["${local.states}/*"]
  }

  statement {
    sid       = "DecryptStates"
    actions   = ["kms:Decrypt"]
    resources = ["arn:${local.partition}:kms:${local.region}:${var.account_id}:key/*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.name}-state"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.services["s3"]
    }
  }

  # Whether states were written in the copy. Without the list, S3 answers that a missing object is denied.
  dynamic "statement" {
    for_each = local.copies

    content {
      sid       = "ListCopy"
      actions   = ["s3:ListBucket"]
      resources = ["arn:${local.partition}:s3:::${statement.value.bucket}"]
    }
  }

  dynamic "statement" {
    for_each = local.copies

    content {
      sid       = "ReadMarkOfCopy"
      actions   = ["s3:GetObject"]
      resources = ["arn:${local.partition}:s3:::${statement.value.bucket}/live/${var.environment}/copy-in-use.json"]
    }
  }

  dynamic "statement" {
    for_each = local.copies

    content {
      sid       = "DecryptMarkOfCopy"
      actions   = ["kms:Decrypt"]
      resources = ["arn:${local.partition}:kms:${statement.value.region}:${var.account_id}:key/*"]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = ["alias/${var.name}-state-copy"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${statement.value.region}.${data.aws_partition.current.dns_suffix}"]
      }
    }
  }
}

data "aws_iam_policy_document" "plan_state" {
  statement {
    sid       = "LockStates"
    actions   = ["s3:DeleteObject", "s3:PutObject"]
    resources = [local.locks]
  }

  statement {
    sid       = "EncryptLocks"
    actions   = ["kms:GenerateDataKey"]
    resources = ["arn:${local.partition}:kms:${local.region}:${var.account_id}:key/*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.name}-state"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.services["s3"]
    }
  }
}

data "aws_iam_policy_document" "apply_state" {
  statement {
    sid       = "WriteStates"
    actions   = ["s3:PutObject"]
    resources = ["${local.states}/*"]
  }

  statement {
    sid       = "UnlockStates"
    actions   = ["s3:DeleteObject"]
    resources = [local.locks]
  }

  statement {
    sid       = "EncryptStates"
    actions   = ["kms:GenerateDataKey"]
    resources = ["arn:${local.partition}:kms:${local.region}:${var.account_id}:key/*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.name}-state"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = local.services["s3"]
    }
  }
}
