data "aws_iam_policy_document" "apply_roles" {
  statement {
    sid = "RolesWithTheBoundary"
    actions = [
      "iam:CreateRole",
      "iam:DeleteRolePolicy",
      "iam:PutRolePermissionsBoundary",
      "iam:PutRolePolicy",
    ]
    resources = [for role in local.function_roles : "${role}-*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary_arn]
    }
  }

  statement {
    sid = "Roles"
    actions = [
      "iam:DeleteRole",
      "iam:ListInstanceProfilesForRole",
      "iam:TagRole",
      "iam:UntagRole",
      "iam:UpdateRole",
      "iam:UpdateRoleDescription",
    ]
    resources = [for role in local.function_roles : "${role}-*"]
  }

  statement {
    sid       = "PassToLambda"
    actions   = ["iam:PassRole"]
    resources = [for pair in setproduct(local.function_roles, local.regions) : join("-", pair)]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["lambda.amazonaws.com"]
    }
  }

  statement {
    sid       = "Verify"
    actions   = ["sts:AssumeRole"]
    resources = ["${local.iam}:role${var.role_path}${var.name}.verify"]
  }

  # AWS makes it with the first API of an account.
  statement {
    sid       = "RoleOfApiGateway"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["${local.iam}:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway"]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values   = ["ops.apigateway.amazonaws.com"]
    }
  }

  # AWS makes it with the first replica of a table in an account.
  statement {
    sid       = "RoleOfReplication"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["${local.iam}:role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication"]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values   = ["replication.dynamodb.amazonaws.com"]
    }
  }
}
