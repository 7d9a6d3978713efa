# Alarms cannot publish to a topic under AWS's own key, and the key of data does not know them.
resource "aws_kms_key" "ops" {
  description             = "${var.name}: messages of alarms"
  deletion_window_in_days = 30
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "ops" {
  name          = "alias/${var.name}-watch"
  target_key_id = aws_kms_key.ops.key_id
}

data "aws_iam_policy_document" "key" {
  # In a key policy "*" means this key. Without this statement the policy could never be changed again.
  statement {
    sid       = "AccountAdministers"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.account_arn]
    }
  }

  statement {
    sid       = "AlarmsAndBudgetsOfThisAccount"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = local.senders
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}
