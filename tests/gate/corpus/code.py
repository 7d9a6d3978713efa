"""Variations of our own modules, one line each: what is wrong with it, and what is not."""

# Name: file, old text, new text, every check that must find it.
BAD: dict[str, tuple[str, str, str, set[str]]] = {
    "a route without authorizer": (
        "compute/routes.tf",
        '"JWT"\n  authorizer_id      = aws_apigatewayv2_authorizer.jwt.id\n',
        '"NONE"\n',
        {"CKV_MRD_001", "CKV_AWS_309"},
    ),
    "a route signed by IAM": ("compute/routes.tf", '= "JWT"', '= "AWS_IAM"', {"CKV_MRD_001"}),
    "another open route": ("compute/routes.tf", '"GET /status"', '"GET /health"', {"CKV_MRD_001"}),
    "every route open": ("compute/routes.tf", '"GET /status"', '"$default"', {"CKV_MRD_001"}),
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
    "an issuer that only looks right": (
        "compute/api.tf",
        "issuer   = var.jwt.issuer",
        'issuer   = "https://cognito-idp.eu-west-1.amazonaws.com.example.com/eu-west-1_abc"',
        {"CKV_MRD_002"},
    ),
    "no audience": ("compute/api.tf", "audience = var.jwt.audience", "audience = []", {"CKV_MRD_002"}),
    "a permission for every route": ("compute/routes.tf", "/GET/greet", "/*/*", {"CKV_MRD_003"}),
    "a permission for every stage": (
        "compute/routes.tf",
        "${aws_apigatewayv2_stage.default.execution_arn}/GET/greet",
        "${aws_apigatewayv2_api.http.execution_arn}/*/GET/greet",
        {"CKV_MRD_003"},
    ),
    "a permission for every API": (
        "compute/routes.tf",
        '  source_arn    = "${aws_apigatewayv2_stage.default.execution_arn}/GET/greet"\n',
        "",
        {"CKV_MRD_003", "CKV_AWS_364"},
    ),
    "a permission for everybody": (
        "compute/routes.tf",
        'principal     = "apigateway.amazonaws.com"',
        'principal     = "*"',
        {"CKV_MRD_003", "CKV_AWS_301"},
    ),
    "no throttle": (
        "compute/api.tf",
        "throttling_rate_limit    = var.api.throttle.rate",
        "throttling_rate_limit = 0",
        {"CKV_MRD_005"},
    ),
    "a burst without limit": (
        "compute/api.tf",
        "throttling_burst_limit   = var.api.throttle.burst",
        "throttling_burst_limit = 100000",
        {"CKV_MRD_005"},
    ),
    "claims in the access log": (
        "compute/api.tf",
        '"$context.identity.sourceIp"',
        '"$context.authorizer.claims.email"',
        {"CKV_MRD_006"},
    ),
    "no tracing": ("compute/function.tf", '"Active"', '"PassThrough"', {"CKV_MRD_009"}),
    "an old runtime": ("compute/function.tf", '"nodejs22.x"', '"nodejs16.x"', {"CKV_MRD_009", "CKV_AWS_363"}),
    "settings in clear": (
        "compute/function.tf",
        "  kms_key_arn                    = var.kms_key_arn\n",
        "",
        {"CKV_AWS_173"},
    ),
    "a secret in the settings": (
        "compute/function.tf",
        "TOPIC_ARN      = var.topic_arn",
        'AWS_ACCESS = "AKIA" + "x"\n      K = "AKIAIOSFODNN7EXAMPLF"',
        {"CKV_AWS_45"},
    ),
    "logs in clear": ("compute/logs.tf", "  kms_key_id        = var.kms_key_arn\n", "", {"CKV_AWS_158"}),
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
    "anybody publishes": (
        "data/topic.tf",
        "identifiers = [local.account_arn]",
        'identifiers = ["*"]',
        {"CKV_MRD_011", "CKV_AWS_283"},
    ),
    "no recovery": (
        "data/table.tf",
        "point_in_time_recovery {\n    enabled = true",
        "point_in_time_recovery {\n    enabled = false",
        {"CKV_MRD_010", "CKV_AWS_28"},
    ),
    "the table under AWS's key": ("data/table.tf", "    kms_key_arn = aws_kms_key.data.arn\n", "", {"CKV_AWS_119"}),
    "no rotation": ("data/key.tf", "enable_key_rotation     = true", "enable_key_rotation     = false", {"CKV_AWS_7"}),
    "a topic in clear": ("data/topic.tf", "  kms_master_key_id = aws_kms_key.data.arn\n", "", {"CKV_AWS_26"}),
    "short passwords": ("identity/pool.tf", "minimum_length", "minimum_length = 8 #", {"CKV_MRD_007"}),
    "passwords without symbols": ("identity/pool.tf", "require_symbols", "require_symbols = false #", {"CKV_MRD_007"}),
    "sign-in by password": ("identity/client.tf", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", {"CKV_MRD_008"}),
    "sign-in by an admin": (
        "identity/client.tf",
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_ADMIN_USER_PASSWORD_AUTH",
        {"CKV_MRD_008"},
    ),
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
    "an ID token of a day": (
        "identity/client.tf",
        "id_token_validity      = var.tokens.id_minutes",
        "id_token_validity      = 1440",
        {"CKV_MRD_012"},
    ),
    "a refresh token of a year": (
        "identity/client.tf",
        "refresh_token_validity = var.tokens.refresh_hours",
        "refresh_token_validity = 8760",
        {"CKV_MRD_012"},
    ),
    "a misspelt action": ("compute/role.tf", "dynamodb:UpdateItem", "dynamodb:UpdateItme", {"CKV_MRD_017"}),
    "an action of no service": ("compute/role.tf", "sns:Publish", "snss:Publish", {"CKV_MRD_017"}),
    "a misspelt action that is denied": ("data/topic.tf", '"sns:DeleteTopic",', '"sns:DeleteTopics",', {"CKV_MRD_017"}),
    "a right to pass any role": (
        "compute/role.tf",
        'actions   = ["sns:Publish"]\n    resources = [var.topic_arn]',
        'actions   = ["iam:PassRole"]\n    resources = ["arn:aws:iam::${local.region}:role/*"]',
        {"CKV_MRD_019"},
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
    "a role of no service": ("compute/role.tf", "lambda.amazonaws.com", "lambda.example.com", {"CKV_MRD_018"}),
    "a role for any call": ("compute/role.tf", '"sts:AssumeRole"', '"sts:SetSourceIdentity"', {"CKV_MRD_018"}),
    "a role for any token": (
        "compute/role.tf",
        'actions = ["sts:AssumeRole"]\n\n    principals {\n      type        = "Service"\n'
        '      identifiers = ["lambda.amazonaws.com"]',
        'actions = ["sts:AssumeRoleWithWebIdentity"]\n\n    principals {\n      type        = "Federated"\n'
        "      identifiers = [var.topic_arn]",
        {"CKV_MRD_018"},
    ),
    "a topic that takes http": ("data/topic.tf", '"false"', '"true"', {"CKV_MRD_020"}),
    "a topic that takes http from one address": (
        "data/topic.tf",
        '      variable = "aws:SecureTransport"\n      values   = ["false"]\n    }',
        '      variable = "aws:SecureTransport"\n      values   = ["false"]\n    }\n\n    condition {\n'
        '      test     = "IpAddress"\n      variable = "aws:SourceIp"\n      values   = ["10.0.0.0/8"]\n    }',
        {"CKV_MRD_020"},
    ),
    "a topic that takes a subscription by http": (
        "data/topic.tf",
        'effect    = "Deny"\n    actions   = local.topic_actions',
        'effect    = "Deny"\n    actions   = ["sns:Publish"]',
        {"CKV_MRD_020"},
    ),
    "a topic for another account": (
        "data/topic.tf",
        "identifiers = [local.account_arn]",
        'identifiers = ["210987654321"]',
        {"CKV_MRD_024"},
    ),
    "a permission for a service of any account": (
        "compute/routes.tf",
        'principal     = "apigateway.amazonaws.com"\n  qualifier     = aws_lambda_alias.live.name\n'
        '  source_arn    = "${aws_apigatewayv2_stage.default.execution_arn}/GET/greet"',
        'principal     = "s3.amazonaws.com"\n  qualifier     = aws_lambda_alias.live.name\n'
        '  source_arn    = "arn:aws:s3:::any"',
        {"CKV_MRD_003"},
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
        {"CKV_MRD_021"},
    ),
    "a key that a service administers": (
        "data/key.tf",
        '"kms:Decrypt", "kms:GenerateDataKey*"',
        '"kms:Decrypt", "kms:PutKeyPolicy"',
        {"CKV_MRD_021"},
    ),
    "a key for the logs of every account": (
        "data/key.tf",
        'values   = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:*"]',
        'values   = ["*"]',
        {"CKV_MRD_021"},
    ),
    "a topic under AWS's own key": (
        "data/topic.tf",
        "kms_master_key_id = aws_kms_key.data.arn",
        'kms_master_key_id = "alias/aws/sns"',
        {"CKV_MRD_022"},
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
    "a shorter throttle": (
        "compute/api.tf",
        "throttling_rate_limit    = var.api.throttle.rate",
        "throttling_rate_limit = 5",
    ),
    "a newer runtime": ("compute/function.tf", '"nodejs22.x"', '"nodejs24.x"'),
    "one action more": ("compute/role.tf", '"dynamodb:PutItem"', '"dynamodb:DeleteItem", "dynamodb:PutItem"'),
    "longer passwords": ("identity/pool.tf", "minimum_length", "minimum_length = 16 #"),
    "a comment that only speaks of it": (
        "identity/client.tf",
        "resource",
        "# ALLOW_USER_PASSWORD_AUTH is refused\nresource",
    ),
    "a log field more": ("compute/api.tf", '"$context.identity.sourceIp"', '"$context.identity.userAgent"'),
    "named origins": (
        "compute/api.tf",
        "allow_origins = cors_configuration.value",
        'allow_origins = ["https://a.example"]',
    ),
    "a role that two services take": (
        "compute/role.tf",
        '["lambda.amazonaws.com"]',
        '["edgelambda.amazonaws.com", "lambda.amazonaws.com"]',
    ),
    "a role passed by name": (
        "compute/role.tf",
        'actions   = ["sns:Publish"]\n    resources = [var.topic_arn]',
        'actions   = ["iam:PassRole"]\n    resources = [aws_iam_role.function.arn]\n\n    condition {\n'
        '      test     = "StringEquals"\n      variable = "iam:PassedToService"\n'
        '      values   = ["lambda.amazonaws.com"]\n    }',
    ),
    "shorter tokens": ("identity/client.tf", "id_token_validity      = var.tokens.id_minutes", "id_token_validity = 5"),
    "a key for another service of this account": ("data/key.tf", '"sns.amazonaws.com"', '"sqs.amazonaws.com"'),
    "an action in lower case": ("compute/role.tf", "dynamodb:UpdateItem", "dynamodb:updateitem"),
    "everything denied without TLS": (
        "data/topic.tf",
        'effect    = "Deny"\n    actions   = local.topic_actions',
        'effect    = "Deny"\n    actions   = ["sns:*"]',
    ),
}
