locals {
  # SNS refuses "sns:*" in a topic's policy: these are all the actions that one may name.
  topic_actions = [
    "sns:AddPermission",
    "sns:DeleteTopic",
    "sns:GetDataProtectionPolicy",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
    "sns:ListTagsForResource",
    "sns:Publish",
    "sns:PutDataProtectionPolicy",
    "sns:RemovePermission",
    "sns:SetTopicAttributes",
    "sns:Subscribe",
  ]
}

resource "aws_sns_topic" "verification" {
  name              = "${var.name}-verification"
  kms_master_key_id = aws_kms_key.data.arn
}

resource "aws_sns_topic_policy" "verification" {
  arn    = aws_sns_topic.verification.arn
  policy = data.aws_iam_policy_document.topic.json
}

resource "aws_sns_topic_subscription" "subscriber" {
  for_each = var.subscribers

  topic_arn = aws_sns_topic.verification.arn
  protocol  = each.value.protocol
  endpoint  = each.value.endpoint
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "OnlyThisAccount"
    actions   = local.topic_actions
    resources = [aws_sns_topic.verification.arn]

    principals {
      type        = "AWS"
      identifiers = [local.account_arn]
    }
  }

  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = local.topic_actions
    resources = [aws_sns_topic.verification.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
