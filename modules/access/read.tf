data "aws_iam_policy_document" "read" {
  statement {
    sid = "ReadNamed"
    actions = [
      "dynamodb:DescribeContinuousBackups",
      "dynamodb:DescribeTable",
      "dynamodb:DescribeTimeToLive",
      "dynamodb:ListTagsOfResource",
      "lambda:GetAlias",
      "lambda:GetFunction",
      "lambda:GetFunctionCodeSigningConfig",
      "lambda:GetFunctionConfiguration",
      "lambda:GetPolicy",
      "lambda:ListVersionsByFunction",
      "logs:ListTagsForResource",
      "sns:GetTopicAttributes",
      "sns:ListSubscriptionsByTopic",
      "sns:ListTagsForResource",
    ]
    resources = concat([local.functions, local.tables, local.topics], local.log_groups)

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = local.regions
    }
  }

  # AWS makes up these ids. `IfExists`: a deleted resource has no tags, and a plan has to see that it is gone.
  statement {
    sid = "ReadIdentified"
    actions = [
      "apigateway:GET",
      "cognito-idp:DescribeUserPool",
      "cognito-idp:DescribeUserPoolClient",
      "cognito-idp:GetUserPoolMfaConfig",
      "kms:DescribeKey",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListResourceTags",
    ]
    resources = ["${local.api}/*", local.pools, local.keys]

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

  statement {
    sid       = "ReadSettingsOfFunctions"
    actions   = ["kms:Decrypt"]
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
      values   = local.services["lambda"]
    }
  }

  statement {
    sid = "ReadRoles"
    actions = [
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListRolePolicies",
    ]
    resources = [for role in local.function_roles : "${role}-*"]
  }

  # These actions have no resources that a policy could name.
  statement {
    sid = "List"
    actions = [
      "cloudwatch:DescribeAlarms",
      "kms:ListAliases",
      "lambda:GetAccountSettings",
      "logs:DescribeLogGroups",
      "sns:GetSubscriptionAttributes",
      "tag:GetResources",
    ]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = local.regions
    }
  }

  # Of all environments in the account: `audit` chooses by name and tags.
  statement {
    sid       = "ListApis"
    actions   = ["apigateway:GET"]
    resources = [local.api]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = local.regions
    }
  }

  statement {
    sid       = "ListRoles"
    actions   = ["iam:ListPolicies", "iam:ListRoles"]
    resources = ["*"]
  }

  statement {
    sid     = "ReadTagsOfRoles"
    actions = ["iam:ListPolicyTags", "iam:ListRoleTags"]
    resources = [
      "${local.iam}:policy/${var.name}-*",
      "${local.iam}:role${var.role_path}${var.name}-*",
    ]
  }
}
