"""Each policy's title, severity, why and fix: read by Checkov's side and by ours."""

from typing import NamedTuple


class Policy(NamedTuple):
    """One policy; `severity` is LOW, MEDIUM, HIGH or CRITICAL, `forms` says where it applies: code, plans or both."""

    id: str
    title: str
    severity: str
    why: str
    fix: str
    forms: tuple[str, ...] = ("code", "plan")


CATALOGUE = {
    policy.id: policy
    for policy in (
        Policy(
            "CKV_MRD_001",
            "Every route has the JWT authorizer",
            "CRITICAL",
            "A route without it answers everyone on the internet; only GET /status is public.",
            'Write `authorization_type = "JWT"` and `authorizer_id = aws_apigatewayv2_authorizer.jwt.id`.',
        ),
        Policy(
            "CKV_MRD_002",
            "The authorizer accepts only tokens of this environment's user pool for a named client",
            "CRITICAL",
            "With another pool, or without an audience, the API accepts tokens that were issued for something else.",
            "Write `authorizer_type = \"JWT\"`, the pool's issuer and the client's id as audience.",
        ),
        Policy(
            "CKV_MRD_003",
            "Lambda permissions name what they are for",
            "HIGH",
            "With a wider permission another account, or a route that is added later, can invoke the function.",
            "Allow lambda:InvokeFunction, and end `source_arn` in method and path, e.g. .../GET/greet.",
        ),
        Policy(
            "CKV_MRD_004",
            "CORS allows named https origins only",
            "HIGH",
            "With * any web page can call the API as the signed-in user; with http, so can anyone on the network.",
            'List the origins, e.g. `allow_origins = ["https://app.example.com"]`.',
        ),
        Policy(
            "CKV_MRD_005",
            "Every stage is throttled below the account's limit",
            "MEDIUM",
            "Without it one client can use up the requests that all APIs of the account share in the region.",
            "Set throttling_rate_limit (at most 10000) and throttling_burst_limit (at most 5000), both above 0.",
        ),
        Policy(
            "CKV_MRD_007",
            "Passwords have at least 12 characters of all classes",
            "HIGH",
            "Shorter passwords can be guessed.",
            "Set minimum_length = 12 and every require_... of password_policy to true.",
        ),
        Policy(
            "CKV_MRD_008",
            "The app client signs in by SRP and hides which users exist",
            "HIGH",
            "Other flows send the password or put tokens into URLs; without revocation a stolen token stays valid.",
            'Allow only ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], enable token revocation, '
            'and set prevent_user_existence_errors = "ENABLED".',
        ),
        Policy(
            "CKV_MRD_010",
            "Users and tables have deletion protection and backups",
            "HIGH",
            "Without them one wrong apply or one wrong click loses users or data for good.",
            "Set `protected: true` in the inventory for deletion_protection, and keep point-in-time recovery on.",
        ),
        Policy(
            "CKV_MRD_011",
            "Policy statements name their actions, resources and principals",
            "HIGH",
            "A wildcard grants rights that no reviewer has read, and those that AWS adds later.",
            "List the actions, the ARNs and the principals; bind a public principal to this account by a condition.",
        ),
        Policy(
            "CKV_MRD_012",
            "Tokens are short-lived",
            "HIGH",
            "An ID token cannot be revoked: a stolen one works until it expires.",
            "Set at most 60 minutes for ID and access tokens, and 30 days for refresh tokens; check the units.",
        ),
        Policy(
            "CKV_MRD_013",
            "Protected environments have no self sign-up",
            "HIGH",
            "Every user may call the API; in production an administrator decides who becomes a user.",
            "Set `protected: true` in the inventory, and leave self_sign_up and allow_admin_create_user_only to it.",
        ),
        Policy(
            "CKV_MRD_015",
            "Logs have a retention, at least a year in protected environments",
            "MEDIUM",
            "With a shorter one an intrusion cannot be investigated; logs without an end cost more each month.",
            "Set logs.retention_days in the inventory: at least 365 if protected, a number of days elsewhere.",
        ),
        Policy(
            "CKV_MRD_016",
            "Functions of protected environments reserve concurrency",
            "MEDIUM",
            "Without it another function of the account can use up all executions, and so can this one.",
            "Set function.reserved_concurrency in the inventory, at least 1.",
        ),
        Policy(
            "CKV_MRD_017",
            "Policies name actions that exist",
            "MEDIUM",
            "A misspelt action allows nothing in an Allow and protects nothing in a Deny.",
            "Write the action as AWS's Service Authorization Reference has it, e.g. dynamodb:PutItem.",
        ),
        Policy(
            "CKV_MRD_018",
            "Roles trust named services, or tokens of a named repository",
            "CRITICAL",
            "Every principal that can assume a role has all its rights.",
            "Name the service and sts:AssumeRole; for OIDC compare :aud by StringEquals, and :sub with repository "
            "and environment or branch.",
        ),
        Policy(
            "CKV_MRD_019",
            "Roles are passed to a named service",
            "HIGH",
            "A principal that may pass any role to a service has the rights of all roles.",
            "Name the service in a condition on iam:PassedToService, by StringEquals.",
        ),
        Policy(
            "CKV_MRD_020",
            "Topics, buckets and queues deny requests without TLS",
            "HIGH",
            "Without TLS everyone on the network path can read the data.",
            "Deny all actions to principal * if aws:SecureTransport is false, with no further condition.",
        ),
        Policy(
            "CKV_MRD_023",
            "Topics, buckets and queues have a policy",
            "HIGH",
            "Without a policy nothing denies plain http or limits who may use them.",
            "Add an aws_sns_topic_policy, aws_s3_bucket_policy or aws_sqs_queue_policy, see modules/data/topic.tf.",
        ),
        Policy(
            "CKV_MRD_024",
            "Policies name principals of this account only",
            "CRITICAL",
            "Otherwise another account can read or write this environment's data, or receives it, or has its key.",
            "Name principals of this account; bind services by aws:SourceAccount, SourceArn or encryption context.",
        ),
        Policy(
            "CKV_MRD_025",
            "Modules give rights only in forms that the gate reads",
            "HIGH",
            "No policy checks what a function URL, a grant, a stack or a policy of another kind allows.",
            "Use a type of scripts/policies/checks/_aws.py, or write a policy for yours and add the type.",
        ),
        Policy(
            "CKV_MRD_026",
            "Subscribers use TLS",
            "HIGH",
            "Everyone on the network path can read the messages.",
            "Name an https address in the inventory.",
        ),
        Policy(
            "CKV_MRD_027",
            "Users confirm their e-mail address",
            "HIGH",
            "Otherwise a user can sign up with, or change to, the address of another person.",
            'Name "email" in auto_verified_attributes and in attributes_require_verification_before_update.',
        ),
        Policy(
            "CKV_MRD_028",
            "Functions that a service calls asynchronously keep what fails",
            "MEDIUM",
            "Nobody waits for the answer: after two more attempts Lambda drops the event.",
            "Set `dead_letter_config` to a queue of the module, and allow the function's role sqs:SendMessage on it.",
            forms=("code",),
        ),
    )
}
