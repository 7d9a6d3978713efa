data "aws_iam_policy_document" "guard" {
  # No other statement allows these; that stays so if one of them is widened.
  statement {
    sid     = "LeaveTheseRoles"
    effect  = "Deny"
    actions = ["iam:*"]
    resources = [
      "${local.iam}:role${var.role_path}${var.name}.*",
      "${local.iam}:policy/${var.name}.*",
      local.provider,
    ]
  }

  statement {
    sid    = "LeaveTheBoundary"
    effect = "Deny"
    actions = [
      "iam:CreatePolicyVersion",
      "iam:DeletePolicy",
      "iam:DeleteRolePermissionsBoundary",
      "iam:SetDefaultPolicyVersion",
    ]
    resources = ["*"]
  }

  # Only `meridian bootstrap` plans and applies it.
  statement {
    sid       = "LeaveTheStateOfTheseRoles"
    effect    = "Deny"
    actions   = ["s3:DeleteObject", "s3:PutObject"]
    resources = [for states in local.states : "${states}/*/access/*"]
  }

  statement {
    sid    = "LeaveTheKeyOfTheStates"
    effect = "Deny"
    actions = [
      "kms:CreateAlias",
      "kms:CreateGrant",
      "kms:DeleteAlias",
      "kms:DisableKey",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:UpdateAlias",
    ]
    resources = ["*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.name}-state", "alias/${var.name}-state-copy"]
    }
  }

  statement {
    sid       = "LeaveTheAliasesOfTheStates"
    effect    = "Deny"
    actions   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
    resources = ["arn:${local.partition}:kms:*:${var.account_id}:alias/${var.name}-state*"]
  }
}
