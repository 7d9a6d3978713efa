"""Small edits of our own modules: violations that no policy lists, and changes that cannot matter."""

from typing import NamedTuple

ROOT = "arn:aws:iam::999999999999:root"
ALWAYS = """    condition {
      test = "StringEquals"
      variable = "aws:PrincipalAccount"
      values = ["$${aws:PrincipalAccount}"]
    }"""
ALARM = 'resource "aws_cloudwatch_metric_alarm" "a" {\n  alarm_actions = ["arn:aws:sns:eu-west-1:999999999999:t"]\n}'
ACCEPTS = 'resource "aws_dynamodb_resource_policy" "a" {\n  policy = "{}"\n}'
MENTION = 'resource "aws_sns_topic" "b" {\n  name = "b"\n}'


class Edit(NamedTuple):
    """Text of a file below modules/ and what replaces it, or is added at its end without `old`; the block's address."""

    file: str
    old: str
    new: str
    block: str


def behind(line: str, more: str) -> tuple[str, str]:
    """Return a line, and the line with more lines behind it."""
    return line, f"{line}\n{more}"


VIOLATIONS = {
    "a condition that compares the account with itself": Edit(
        *("data/topic.tf", *behind('    sid       = "OnlyThisAccount"', ALWAYS)),
        "data.aws_iam_policy_document.topic",
    ),
    "the tag of another environment in a condition": Edit(
        *("access/verify.tf", "= [var.environment]", '= ["prod"]'), "data.aws_iam_policy_document.verify"
    ),
    "a tag that may be absent": Edit(
        *("access/verify.tf", '"StringEquals"', '"StringEqualsIfExists"'), "data.aws_iam_policy_document.verify"
    ),
    "a role passed by a pattern": Edit(
        "access/apply-roles.tf",
        'resources = [for pair in setproduct(local.function_roles, local.regions) : join("-", pair)]',
        'resources = ["${local.function_role}-*"]',
        "data.aws_iam_policy_document.apply_roles",
    ),
    "a topic that accepts a subscription by http": Edit(
        "data/topic.tf",
        'effect    = "Deny"\n    actions   = local.topic_actions',
        'effect    = "Deny"\n    actions   = ["sns:Publish"]',
        "data.aws_iam_policy_document.topic",
    ),
    "a topic for a user of S3": Edit(
        "data/topic.tf",
        'type        = "AWS"\n      identifiers = [local.account_arn]',
        'type        = "CanonicalUser"\n      identifiers = ["79a59df9"]',
        "data.aws_iam_policy_document.topic",
    ),
    "a policy merged into another": Edit(
        "compute/role.tf",
        *behind('data "aws_iam_policy_document" "function" {', "  source_policy_documents = [var.name]"),
        "data.aws_iam_policy_document.function",
    ),
    "a wildcard inside an ARN": Edit(
        *("compute/role.tf", "[var.table.arn]", '["arn:aws:dynamodb:*:*:table/t*"]'),
        "data.aws_iam_policy_document.function",
    ),
    "a path of question marks": Edit(
        *("compute/routes.tf", "execution_arn}/GET/greet", "execution_arn}/?????"), "aws_lambda_permission.greet"
    ),
    "a permission for everything below the API": Edit(
        *("compute/routes.tf", "execution_arn}/GET/greet", "execution_arn}"), "aws_lambda_permission.greet"
    ),
    "another role of the account": Edit(
        *("compute/function.tf", "= aws_iam_role.function.arn", '= "arn:aws:iam::${local.account_id}:role/admin"'),
        "aws_lambda_function.greet",
    ),
    "an inline policy of another role": Edit(
        *("compute/role.tf", "= aws_iam_role.function.id", '= "admin"'), "aws_iam_role_policy.function"
    ),
    "an integration with foreign credentials": Edit(
        "compute/routes.tf",
        *behind('  payload_format_version = "2.0"', f'  credentials_arn = "{ROOT}"'),
        "aws_apigatewayv2_integration.function",
    ),
    "requests to another host": Edit(
        *("compute/routes.tf", "aws_lambda_alias.live.invoke_arn", '"https://example.com"'),
        "aws_apigatewayv2_integration.function",
    ),
    "code from a bucket": Edit(
        "compute/function.tf", "runtime  ", 's3_bucket = "x"\n  runtime  ', "aws_lambda_function.greet"
    ),
    "an SDK that calls another host": Edit(
        *("compute/function.tf", "TOPIC_ARN  ", 'AWS_ENDPOINT_URL_SNS = "https://example.com"\n      TOPIC_ARN  '),
        "aws_lambda_function.greet",
    ),
    "a file of the machine in a setting": Edit(
        *("compute/function.tf", "= var.repository", '= file("~/.aws/credentials")'), "aws_lambda_function.greet"
    ),
    "a file of the machine in a description": Edit(
        *("compute/outputs.tf", '"The API as other services', '"${file("/etc/passwd")}The API as other services'),
        "output.api_id",
    ),
    "a template of the machine in a tag": Edit(
        "data/table.tf",
        *behind('  range_key                   = "greeting_id"', '  tags = { a = templatefile(".git/config", {}) }'),
        "aws_dynamodb_table.greetings",
    ),
    "the tag of another environment": Edit(
        "data/table.tf",
        *behind('  range_key                   = "greeting_id"', '  tags = { Environment = "dev" }'),
        "aws_dynamodb_table.greetings",
    ),
    "another package": Edit(
        *("compute/function.tf", '"${path.module}/functions/dist/function.zip"', '"/tmp/other.zip"'), "local.package"
    ),
    "recovery of one day": Edit(
        "data/table.tf",
        *behind("  point_in_time_recovery {", "    recovery_period_in_days = 1"),
        "aws_dynamodb_table.greetings",
    ),
    "a key that a service administers": Edit(
        *("data/key.tf", '"kms:Decrypt", "kms:GenerateDataKey*"', '"kms:Decrypt", "kms:PutKeyPolicy"'),
        "data.aws_iam_policy_document.key",
    ),
    "a key window of seven days": Edit(*("data/key.tf", "days = 30", "days = 7"), "aws_kms_key.data"),
    "a rotation every seven years": Edit(
        *("data/key.tf", *behind("  enable_key_rotation     = true", "  rotation_period_in_days = 2557")),
        "aws_kms_key.data",
    ),
    "a bypassed lock-out check": Edit(
        *("data/key.tf", *behind("  enable_key_rotation     = true", "  bypass_policy_lockout_safety_check = true")),
        "aws_kms_key.data",
    ),
    "a branch that no example takes": Edit(
        *("data/key.tf", "enable_key_rotation     = true", 'enable_key_rotation = var.name != "shop-prod"'),
        "aws_kms_key.data",
    ),
    "a function that logs signed requests": Edit(
        *("compute/function.tf", *behind("    variables = {", '      NODE_DEBUG = "http"')),
        "aws_lambda_function.greet",
    ),
    "no tracing": Edit("compute/function.tf", '"Active"', '"PassThrough"', "aws_lambda_function.greet"),
    "an old runtime": Edit("compute/function.tf", '"nodejs22.x"', '"nodejs16.x"', "aws_lambda_function.greet"),
    "a provider for tokens for others": Edit(
        *("access/github.tf", 'client_id_list = ["sts.amazonaws.com"]', 'client_id_list = ["sigstore"]'),
        "aws_iam_openid_connect_provider.github",
    ),
    "a provider of other tokens": Edit(
        *("access/github.tf", '"https://${local.github}"', '"https://gitlab.example.com"'),
        "aws_iam_openid_connect_provider.github",
    ),
    "a second audience": Edit(
        *("compute/api.tf", "= var.jwt.audience", '= concat(var.jwt.audience, ["other"])'),
        "aws_apigatewayv2_authorizer.jwt",
    ),
    "an authorizer by a literal id": Edit(
        *("compute/routes.tf", "aws_apigatewayv2_authorizer.jwt.id", '"abc123"'), "aws_apigatewayv2_route.greet"
    ),
    "an access log in another account": Edit(
        *("compute/api.tf", "aws_cloudwatch_log_group.access.arn", '"arn:aws:logs:eu-west-1:999999999999:log-group:x"'),
        "aws_apigatewayv2_stage.default",
    ),
    "a layer of another account": Edit(
        "compute/function.tf",
        "runtime  ",
        'layers = ["arn:aws:lambda:eu-west-1:999999999999:layer:x:1"]\n  runtime  ',
        "aws_lambda_function.greet",
    ),
    "a subscriber in another account": Edit(
        *("data/topic.tf", "endpoint  = each.value.endpoint", 'endpoint  = "arn:aws:sqs:eu-west-1:999999999999:x"'),
        "aws_sns_topic_subscription.subscriber",
    ),
    "a table under another account's key": Edit(
        *("data/table.tf", "aws_kms_key.data.arn", '"arn:aws:kms:eu-west-1:999999999999:key/1"'),
        "aws_dynamodb_table.greetings",
    ),
    "a topic under AWS's own key": Edit(
        *("data/topic.tf", "= aws_kms_key.data.arn", '= "alias/aws/sns"'), "aws_sns_topic.verification"
    ),
    "a copy of the table": Edit(
        "data/table.tf",
        *behind("  ttl {", '  }\n  replica {\n    region_name = "us-west-2"'),
        "aws_dynamodb_table.greetings",
    ),
    "dead letters of another account": Edit(
        "compute/function.tf",
        *behind('  handler                        = "index.handler"', '  dead_letter_config { target_arn = "arn:x" }'),
        "aws_lambda_function.greet",
    ),
    "an alarm of another account": Edit("data/table.tf", "", ALARM, "aws_cloudwatch_metric_alarm.a"),
    "a policy of the table": Edit("data/table.tf", "", ACCEPTS, "aws_dynamodb_resource_policy.a"),
    "a table from another account's bucket": Edit(
        "data/table.tf",
        *behind("  ttl {", '    import_table { s3_bucket_source { bucket = "b" } }'),
        "aws_dynamodb_table.greetings",
    ),
    "failed deliveries of another account": Edit(
        *("data/topic.tf", *behind("  topic_arn = aws_sns_topic.verification.arn", '  redrive_policy = "{}"')),
        "aws_sns_topic_subscription.subscriber",
    ),
    "a topic without a policy of its own": Edit("data/topic.tf", "", MENTION, "aws_sns_topic.b"),
    "statements of many documents": Edit(
        "compute/role.tf",
        *behind('data "aws_iam_policy_document" "function" {', '  for_each = toset(["iam:PassRole"])'),
        "data.aws_iam_policy_document.function",
    ),
    "one action more": Edit(
        *("compute/role.tf", '"dynamodb:UpdateItem"', '"dynamodb:UpdateItem", "dynamodb:Scan"'),
        "data.aws_iam_policy_document.function",
    ),
    "a condition less": Edit(
        *("compute/role.tf", '["false"]', '["true"]'),
        "data.aws_iam_policy_document.function",
    ),
    "claims in the log by joined strings": Edit(
        *("compute/api.tf", *behind("  access_log = {", '    who = join("", ["$context.authorizer", ".claims.sub"])')),
        "local.access_log",
    ),
    "an alias that runs an old version": Edit(
        "compute/function.tf",
        *behind('  name             = "live"', "  routing_config { additional_version_weights = { 1 = 0.5 } }"),
        "aws_lambda_alias.live",
    ),
    "a client that writes all attributes": Edit(
        *("identity/client.tf", '  write_attributes = ["email"]\n', ""), "aws_cognito_user_pool_client.app"
    ),
    "a callback to another host": Edit(
        "identity/client.tf",
        *behind("  generate_secret               = false", '  callback_urls = ["https://example.net"]'),
        "aws_cognito_user_pool_client.app",
    ),
    "a client with a secret": Edit(
        *("identity/client.tf", "generate_secret               = false", "generate_secret = true"),
        "aws_cognito_user_pool_client.app",
    ),
    "users of another provider": Edit(
        "identity/client.tf",
        *behind("  generate_secret               = false", '  supported_identity_providers = ["Other"]'),
        "aws_cognito_user_pool_client.app",
    ),
    "recovery by SMS": Edit(
        *("identity/pool.tf", '"verified_email"', '"verified_phone_number"'), "aws_cognito_user_pool.users"
    ),
    "a temporary password for a year": Edit(
        *("identity/pool.tf", "validity_days = 1", "validity_days = 365"), "aws_cognito_user_pool.users"
    ),
    "names in which case counts": Edit(
        *("identity/pool.tf", "case_sensitive = false", "case_sensitive = true"), "aws_cognito_user_pool.users"
    ),
    "a trigger that confirms everybody": Edit(
        *("identity/pool.tf", *behind("  password_policy {", "  }\n  lambda_config {\n    pre_sign_up = var.name")),
        "aws_cognito_user_pool.users",
    ),
    "a throttle at the account's rate": Edit(
        *("compute/api.tf", "= var.api.status_throttle.rate", "= 10000"), "aws_apigatewayv2_stage.default"
    ),
    "a principal with the mock's name": Edit(
        "data/topic.tf",
        *("[local.account_arn]", '[local.account_arn, "arn:aws:iam::999999999999:role/meridianmock"]'),
        "data.aws_iam_policy_document.topic",
    ),
    "a looser limit": Edit(*("compute/variables.tf", "t.rate <= 10000", "t.rate <= 99999"), "variable.api"),
    "another default": Edit(
        *("compute/variables.tf", "optional(number, 100)", "optional(number, 9999)"), "variable.api"
    ),
    "protected that means unprotected": Edit(
        *("compute/unit.yaml", "{retention_days: 365}", "{retention_days: 1}"), "unit"
    ),
    "a number for a truth": Edit(
        *("data/table.tf", "    enabled = true\n", "    enabled = 1\n"), "aws_dynamodb_table.greetings"
    ),
    "a description that another attribute may read": Edit(
        *("data/table.tf", *behind("  ttl {", '  }\n  more {\n    description = "a"')), "aws_dynamodb_table.greetings"
    ),
    "ignored changes": Edit(
        "data/table.tf",
        *behind("  ttl {", "  }\n  lifecycle {\n    ignore_changes = all"),
        "aws_dynamodb_table.greetings",
    ),
    "another provider": Edit(*("data/versions.tf", "hashicorp/aws", "other/aws"), "terraform"),
    "a secret that is read": Edit(
        *("data/table.tf", "", 'data "aws_secretsmanager_secret_version" "a" {}'),
        "data.aws_secretsmanager_secret_version.a",
    ),
    "a check that reads": Edit(
        *("data/table.tf", "", 'check "a" {\n  data "aws_ssm_parameter" "p" {\n    name = "p"\n  }\n}'), "check.a"
    ),
    "a file more in the package": Edit("compute/functions/src/more.mjs", "", "export {};", "package"),
}
"""Each violation with the block that it is found in."""

HARMLESS = {
    "a comment": Edit("data/table.tf", *behind("  ttl {", "    # An hour /* or so */ {"), ""),
    "a comment without end": Edit("data/table.tf", "", '// "', ""),
    "spaces": Edit("data/key.tf", "enable_key_rotation     = true", "enable_key_rotation = true", ""),
    "a list over several lines": Edit(
        "compute/role.tf",
        '["dynamodb:PutItem", "dynamodb:UpdateItem"]',
        '[\n"dynamodb:UpdateItem",\n"dynamodb:PutItem",\n]',
        "",
    ),
    "another order of attributes": Edit(
        "data/table.tf",
        '  hash_key                    = "subject"\n  range_key                   = "greeting_id"',
        '  range_key = "greeting_id"\n  hash_key = "subject"',
        "",
    ),
    "another description": Edit("compute/outputs.tf", "The API as other services", "The API as services", ""),
    "another error message": Edit("compute/variables.tf", "Use a rate from 1", "Write a rate from 1", ""),
    "a function's source": Edit("compute/functions/src/greet.mjs", "", "// More.", ""),
    "a function's test": Edit("compute/functions/tests/more.test.mjs", "", "export {};", ""),
    "a module's page": Edit("data/README.md", "", "More.", ""),
    "a comment in unit.yaml": Edit("data/unit.yaml", "", "# More.", ""),
    "Windows line ends": Edit("data/versions.tf", "\n", "\r\n", ""),
    "a byte-order mark": Edit("data/versions.tf", "terraform {", "\ufeffterraform {", ""),
}
"""Changes that no owner has to accept."""
