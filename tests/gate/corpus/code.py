"""Variations of our own modules, one line each: what is wrong with it, and what is not."""

Row = tuple[str, str, str, set[str]]
ACCOUNT = "local.account_id"


def added(module: str, kind: str, text: str, *checks: str) -> Row:
    """Return a resource more."""
    block = f'resource "{kind}" "more" {{\n  {text}\n}}\n\nterraform {{'
    return f"{module}/versions.tf", "terraform {", block, set(checks)


def bound(test: str, key: str, values: str = ACCOUNT) -> tuple[str, str, set[str]]:
    """Return a principal * that a condition binds, and does not."""
    condition = (
        f'condition {{\n      test     = "{test}"\n      variable = "{key}"\n      values   = [{values}]\n    }}'
    )
    old = "identifiers = [local.account_arn]\n    }"
    return old, f'identifiers = ["*"]\n    }}\n\n    {condition}', {"CKV_MRD_011"}


# Module, type, what is in it, and which of Checkov's own checks meet it too.
UNKNOWN: tuple[tuple[str, ...], ...] = (
    ("compute", "aws_lambda_function_url", 'authorization_type = "AWS_IAM"'),
    ("compute", "aws_iam_role_policy_attachment", "policy_arn = var.topic_arn"),
    ("compute", "aws_cloudformation_stack", 'template_body = "{}"', "CKV_AWS_124"),
    ("data", "aws_kms_grant", 'operations = ["Decrypt"]'),
    ("data", "aws_backup_vault_policy", 'policy = "{}"'),
    ("data", "aws_iam_access_key", 'user = "a"'),
    ("data", "aws_secretsmanager_secret_policy", 'policy = "{}"'),
)
# Name: file, old text, new text, every check that must find it.
BAD: dict[str, Row] = {
    "a right in every region": (
        "access/apply-named.tf",
        'variable = "aws:RequestedRegion"',
        'variable = "aws:SourceVpc"',
        {"CKV_MRD_011"},
    ),
    "a right on every user pool": (
        "access/verify.tf",
        'variable = "aws:ResourceTag/Environment"',
        'variable = "aws:ResourceTag/Colour"',
        {"CKV_MRD_011"},
    ),
    "a role with a policy of AWS's": (
        "access/roles.tf",
        "aws_iam_policy.pipeline[each.value.policy].arn",
        '"arn:aws:iam::aws:policy/ReadOnlyAccess"',
        {"CKV_MRD_025"},
    ),
    "a route without authorizer": (
        "compute/routes.tf",
        '"JWT"\n  authorizer_id      = aws_apigatewayv2_authorizer.jwt.id\n',
        '"NONE"\n',
        {"CKV_MRD_001", "CKV_AWS_309"},
    ),
    "another open route": ("compute/routes.tf", '"GET /status"', '"GET /health"', {"CKV_MRD_001"}),
    "a Lambda authorizer": (
        "compute/api.tf",
        'authorizer_type  = "JWT"',
        'authorizer_type  = "REQUEST"',
        {"CKV_MRD_002"},
    ),
    "another issuer": (
        "compute/api.tf",
        "issuer   = var.jwt.issuer",
        'issuer   = "https://example.com"',
        {"CKV_MRD_002"},
    ),
    "no audience": ("compute/api.tf", "audience = var.jwt.audience", "audience = []", {"CKV_MRD_002"}),
    "a permission for every route": ("compute/routes.tf", "/GET/greet", "/*/*", {"CKV_MRD_003"}),
    "a permission for every API": (
        "compute/routes.tf",
        '  source_arn    = "${aws_apigatewayv2_stage.default.execution_arn}/GET/greet"\n',
        "",
        {"CKV_AWS_364"},
    ),
    "a permission for everybody": (
        "compute/routes.tf",
        'principal     = "apigateway.amazonaws.com"',
        'principal     = "*"',
        {"CKV_MRD_028", "CKV_AWS_301"},
    ),
    "a permission for another account": (
        "compute/routes.tf",
        'principal     = "apigateway.amazonaws.com"',
        'principal     = "210987654321"',
        {"CKV_MRD_003", "CKV_MRD_028"},
    ),
    "no throttle": (
        "compute/api.tf",
        "throttling_rate_limit    = var.api.throttle.rate",
        "throttling_rate_limit = 0",
        {"CKV_MRD_005"},
    ),
    "a secret in the settings": (
        "compute/function.tf",
        "TOPIC_ARN       = var.topic_arn",
        'AWS_ACCESS = "AKIA" + "x"\n      K = "AKIAIOSFODNN7EXAMPLF"',
        {"CKV_AWS_45"},
    ),
    "every action on the table": (
        "compute/role.tf",
        '"dynamodb:PutItem", "dynamodb:UpdateItem"',
        '"dynamodb:*"',
        {"CKV_MRD_011"},
    ),
    "every table": (
        "compute/role.tf",
        "resources = [var.table.arn]",
        'resources = ["*"]',
        {"CKV_MRD_011"},
    ),
    "everything but": (
        "compute/role.tf",
        'actions   = ["sns:Publish"]',
        'not_actions = ["sns:Publish"]',
        {"CKV_MRD_011"},
    ),
    "every principal publishes": (
        "data/topic.tf",
        "identifiers = [local.account_arn]",
        'identifiers = ["*"]',
        {"CKV_MRD_011", "CKV_AWS_283"},
    ),
    "no recovery": (
        "data/table.tf",
        "point_in_time_recovery {\n    enabled = true",
        "point_in_time_recovery {\n    enabled = false",
        {"CKV_AWS_28"},
    ),
    "no rotation": ("data/key.tf", "enable_key_rotation     = true", "enable_key_rotation     = false", {"CKV_AWS_7"}),
    "passwords without symbols": ("identity/pool.tf", "require_symbols", "require_symbols = false #", {"CKV_MRD_007"}),
    "sign-in by password": ("identity/client.tf", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", {"CKV_MRD_008"}),
    "tokens that cannot be revoked": (
        "identity/client.tf",
        "enable_token_revocation       = true",
        "enable_token_revocation       = false",
        {"CKV_MRD_008"},
    ),
    "users that can be guessed": ("identity/client.tf", '"ENABLED"', '"LEGACY"', {"CKV_MRD_008"}),
    "the implicit flow": (
        "identity/client.tf",
        "generate_secret ",
        'allowed_oauth_flows = ["implicit"]\n  generate_secret ',
        {"CKV_MRD_008"},
    ),
    "logs for ever": (
        "compute/logs.tf",
        "retention_in_days = var.logs.retention_days",
        "retention_in_days = 0",
        {"CKV_MRD_015"},
    ),
    "a refresh token of a year": (
        "identity/client.tf",
        "refresh_token_validity = var.tokens.refresh_hours",
        "refresh_token_validity = 8760",
        {"CKV_MRD_012"},
    ),
    "a misspelt action": ("compute/role.tf", "dynamodb:UpdateItem", "dynamodb:UpdateItme", {"CKV_MRD_017"}),
    "a misspelt action that is denied": ("data/topic.tf", '"sns:DeleteTopic",', '"sns:DeleteTopics",', {"CKV_MRD_017"}),
    "a right to pass any role": (
        "compute/role.tf",
        'actions   = ["sns:Publish"]\n    resources = [var.topic_arn]',
        'actions   = ["iam:PassRole"]\n    resources = ["arn:aws:iam::${local.region}:role/*"]',
        {"CKV_MRD_011", "CKV_MRD_019"},
    ),
    "a right to pass a role to any service": (
        "compute/role.tf",
        'actions   = ["sns:Publish"]\n    resources = [var.topic_arn]',
        'actions   = ["iam:PassRole"]\n    resources = [aws_iam_role.function.arn]',
        {"CKV_MRD_019"},
    ),
    "a role that a user may assume": (
        "compute/role.tf",
        'type        = "Service"\n      identifiers = ["lambda.amazonaws.com"]',
        'type        = "AWS"\n      identifiers = ["arn:aws:iam::210987654321:root"]',
        {"CKV_MRD_018"},
    ),
    "a role for any call": ("compute/role.tf", '"sts:AssumeRole"', '"sts:SetSourceIdentity"', {"CKV_MRD_018"}),
    "a topic that accepts http": ("data/topic.tf", '"false"', '"true"', {"CKV_MRD_020"}),
    "a topic that accepts http from one address": (
        "data/topic.tf",
        '      variable = "aws:SecureTransport"\n      values   = ["false"]\n    }',
        '      variable = "aws:SecureTransport"\n      values   = ["false"]\n    }\n\n    condition {\n'
        '      test     = "IpAddress"\n      variable = "aws:SourceIp"\n      values   = ["10.0.0.0/8"]\n    }',
        {"CKV_MRD_020"},
    ),
    "a topic for another account": (
        "data/topic.tf",
        "identifiers = [local.account_arn]",
        'identifiers = ["210987654321"]',
        {"CKV_MRD_024"},
    ),
    "a topic without a policy": (
        "data/topic.tf",
        'resource "aws_sns_topic_policy" "verification" {\n  arn    = aws_sns_topic.verification.arn\n',
        'resource "aws_sns_topic_policy" "verification" {\n  arn    = "arn:aws:sns:eu-west-1:123456789012:other"\n',
        {"CKV_MRD_023"},
    ),
    "a key of another account": (
        "data/key.tf",
        "identifiers = [local.account_arn]",
        'identifiers = ["arn:aws:iam::210987654321:root"]',
        {"CKV_MRD_024"},
    ),
    "a key for the logs of every account": (
        "data/key.tf",
        'values   = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:*"]',
        'values   = ["*"]',
        {"CKV_MRD_024"},
    ),
    "a topic under no key": (
        "data/topic.tf",
        "  kms_master_key_id = aws_kms_key.data.arn\n",
        "",
        {"CKV_AWS_26"},
    ),
    "an API that makes its own routes": (
        "compute/api.tf",
        'protocol_type = "HTTP"',
        'protocol_type = "HTTP"\n  route_key     = "$default"\n  target        = aws_lambda_function.greet.arn',
        {"CKV_MRD_001"},
    ),
    "an API of sockets": ("compute/api.tf", '"HTTP"', '"WEBSOCKET"', {"CKV_MRD_001", "CKV2_AWS_51"}),
    "a token in the address": (
        "compute/api.tf",
        "$request.header.Authorization",
        "$request.querystring.token",
        {"CKV_MRD_002"},
    ),
    "a permission for more than a call": (
        "compute/routes.tf",
        '"lambda:InvokeFunction"',
        '"lambda:*"',
        {"CKV_MRD_003"},
    ),
    "no access log": (
        "compute/api.tf",
        "    destination_arn = aws_cloudwatch_log_group.access.arn\n",
        "",
        {"CKV_AWS_76"},
    ),
    "a code sent by http": (
        "identity/client.tf",
        "generate_secret ",
        'callback_urls = ["http://app.example.com"]\n  generate_secret ',
        {"CKV_MRD_008"},
    ),
    "every table of an account": (
        "compute/role.tf",
        "resources = [var.table.arn]",
        'resources = ["arn:aws:dynamodb:${local.region}:${var.name}:table/*"]',
        {"CKV_MRD_011"},
    ),
    "a table of every region": (
        "compute/role.tf",
        "resources = [var.table.arn]",
        'resources = ["arn:aws:dynamodb:*:${var.name}:table/greetings"]',
        {"CKV_MRD_011"},
    ),
    "actions by question marks": (
        "compute/role.tf",
        '"dynamodb:PutItem", "dynamodb:UpdateItem"',
        '"dynamodb:P??Item"',
        {"CKV_MRD_011"},
    ),
    "every principal of every account": ("data/topic.tf", *bound("StringLike", "aws:SourceAccount", '"*"')),
    "every principal without an account": ("data/topic.tf", *bound("StringEqualsIfExists", "aws:SourceAccount")),
    "all of an organization": (
        "data/topic.tf",
        *bound("StringEquals", "aws:PrincipalOrgID", '"o-a1b2c3d4e5"'),
    ),
    "a role for users of another provider": (
        "compute/role.tf",
        'actions = ["sts:AssumeRole"]\n\n    principals {\n      type        = "Service"\n'
        '      identifiers = ["lambda.amazonaws.com"]\n    }',
        'actions = ["sts:AssumeRoleWithWebIdentity"]\n\n    principals {\n      type        = "Federated"\n'
        '      identifiers = ["accounts.google.com"]\n    }\n\n    condition {\n      test     = "StringEquals"\n'
        '      variable = "accounts.google.com:aud"\n      values   = ["x"]\n    }\n\n    condition {\n'
        '      test     = "StringEquals"\n      variable = "accounts.google.com:sub"\n      values   = ["1"]\n    }',
        {"CKV_MRD_018"},
    ),
    **{
        f"a resource of the type {kind}": added(module, kind, text, "CKV_MRD_025", *more)
        for module, kind, text, *more in UNKNOWN
    },
    "a role with a managed policy": (
        "compute/role.tf",
        "assume_role_policy   = ",
        'managed_policy_arns = ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]\n  assume_role_policy = ',
        {"CKV_MRD_025"},
    ),
    "events that get lost": (
        "compute/routes.tf",
        'resource "aws_lambda_permission" "greet"',
        'resource "aws_lambda_permission" "more" {\n  action        = "lambda:InvokeFunction"\n'
        "  function_name = aws_lambda_function.greet.function_name\n"
        '  principal     = "events.amazonaws.com"\n  source_arn    = aws_cloudwatch_log_group.access.arn\n}\n\n'
        'resource "aws_lambda_permission" "greet"',
        {"CKV_MRD_028"},
    ),
    "a subscriber by http": ("data/topic.tf", "each.value.protocol", '"http"', {"CKV_MRD_026"}),
    "addresses that are never confirmed": (
        "identity/pool.tf",
        'auto_verified_attributes = ["email"]',
        "auto_verified_attributes = []",
        {"CKV_MRD_027"},
    ),
    "a new address that counts at once": (
        "identity/pool.tf",
        'attributes_require_verification_before_update = ["email"]',
        "attributes_require_verification_before_update = []",
        {"CKV_MRD_027"},
    ),
    "a route without quotes": (
        "compute/routes.tf",
        'resource "aws_apigatewayv2_route" "status"',
        'resource aws_apigatewayv2_route open {\n  route_key = "GET /x"\n}\n\n'
        'resource "aws_apigatewayv2_route" "status"',
        {"CKV_MRD_001", "CKV_AWS_309"},
    ),
}
GOOD: dict[str, tuple[str, str, str]] = {
    "an authorized route more": (
        "compute/routes.tf",
        'resource "aws_lambda_permission" "greet"',
        'resource "aws_apigatewayv2_route" "more" {\n  api_id             = aws_apigatewayv2_api.http.id\n'
        '  route_key          = "GET /more"\n  authorization_type = "JWT"\n'
        "  authorizer_id      = aws_apigatewayv2_authorizer.jwt.id\n}\n\n"
        'resource "aws_lambda_permission" "greet"',
    ),
    "a type that is new": (
        "compute/logs.tf",
        'resource "aws_cloudwatch_log_group" "access"',
        'resource "aws_cloudwatch_dashboard" "more" {\n  dashboard_name = "more"\n  dashboard_body = "{}"\n}\n\n'
        'resource "aws_cloudwatch_log_group" "access"',
    ),
    "one action more": ("compute/role.tf", '"dynamodb:PutItem"', '"dynamodb:DeleteItem", "dynamodb:PutItem"'),
    "a comment that only speaks of it": (
        "identity/client.tf",
        "resource",
        "# ALLOW_USER_PASSWORD_AUTH is refused\nresource",
    ),
    "a role for two services": (
        "compute/role.tf",
        '["lambda.amazonaws.com"]',
        '["edgelambda.amazonaws.com", "lambda.amazonaws.com"]',
    ),
    "an action in lower case": ("compute/role.tf", "dynamodb:UpdateItem", "dynamodb:updateitem"),
    "everything denied without TLS": (
        "data/topic.tf",
        'effect    = "Deny"\n    actions   = local.topic_actions',
        'effect    = "Deny"\n    actions   = ["sns:*"]',
    ),
    "log groups by how they begin": (
        "compute/role.tf",
        "${aws_cloudwatch_log_group.function.arn}:*",
        "arn:aws:logs:${local.region}:${var.name}:log-group:/aws/lambda/${var.name}-*",
    ),
    "every principal of this account": ("data/topic.tf", *bound("StringEquals", "aws:PrincipalAccount")[:2]),
    "a code sent by https": (
        "identity/client.tf",
        "generate_secret ",
        'callback_urls = ["https://app.example.com"]\n  allowed_oauth_flows = ["code"]\n  generate_secret ',
    ),
    "a policy that says how, and gives nobody a right": added(
        "compute", "aws_cloudfront_origin_request_policy", 'name = "more"'
    )[:3],
    "an alias more": added("data", "aws_kms_alias", "target_key_id = aws_kms_key.data.key_id")[:3],
}
