locals {
  github   = "token.actions.githubusercontent.com"
  provider = "${local.iam}:oidc-provider/${local.github}"

  trust = {
    apply = data.aws_iam_policy_document.deployments.json
    plan  = data.aws_iam_policy_document.reviews.json
  }
}

# An account has one provider for each issuer.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider == "new" ? 1 : 0

  url            = "https://${local.github}"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "reviews" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:${var.subject}:pull_request", "repo:${var.subject}:ref:refs/heads/main"]
    }
  }
}

# Whoever may deploy decides the GitHub environment of that name: its reviewers and branches.
data "aws_iam_policy_document" "deployments" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:${var.subject}:environment:${var.environment}"]
    }
  }
}

# An apply verifies its canary region before it goes on with the others.
data "aws_iam_policy_document" "verifications" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = ["${local.iam}:role${var.role_path}${var.name}.apply"]
    }
  }
}
