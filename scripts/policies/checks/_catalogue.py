"""What each policy is called, how much it matters and why: the one place, read by Checkov's side and by ours."""

from typing import NamedTuple


class Policy(NamedTuple):
    """One policy; `severity` is LOW, MEDIUM, HIGH or CRITICAL."""

    id: str
    title: str
    severity: str
    why: str
    fix: str


CATALOGUE = {
    policy.id: policy
    for policy in (
        Policy(
            "CKV_MRD_001",
            "Every route has the JWT authorizer",
            "CRITICAL",
            "A route without it answers anybody on the internet; only GET /status is meant to.",
            'Write `authorization_type = "JWT"` and `authorizer_id = aws_apigatewayv2_authorizer.jwt.id`.',
        ),
        Policy(
            "CKV_MRD_002",
            "The authorizer takes tokens of a Cognito pool for a named client only",
            "CRITICAL",
            "Another issuer, or any audience, lets tokens in that were never meant for this API.",
            "Write `authorizer_type = \"JWT\"`, the pool's issuer and the client's id as audience.",
        ),
        Policy(
            "CKV_MRD_003",
            "A function's permission names API, stage and route",
            "HIGH",
            "A wider one lets another API, or a route without authorizer, invoke the function.",
            "End `source_arn` in the stage's execution_arn, method and path, e.g. .../GET/greet.",
        ),
        Policy(
            "CKV_MRD_004",
            "CORS names https origins",
            "HIGH",
            "With * or http any page, or anybody on the wire, calls the API as the signed-in user.",
            'List the origins, e.g. `allow_origins = ["https://app.example.com"]`.',
        ),
        Policy(
            "CKV_MRD_005",
            "Every stage is throttled below the account's own throttle",
            "MEDIUM",
            "One client can use up what all APIs of the account share in the region.",
            "Set throttling_rate_limit (at most 10000) and throttling_burst_limit (at most 5000), both above 0.",
        ),
        Policy(
            "CKV_MRD_006",
            "Every stage logs its requests, without their tokens",
            "MEDIUM",
            "Without a log nothing can be looked into; a token in a log can be used by who reads it.",
            "Set access_log_settings with $context.requestId and without authorizer claims or Authorization.",
        ),
        Policy(
            "CKV_MRD_007",
            "Passwords have 12 characters of all classes",
            "HIGH",
            "Shorter ones are guessed.",
            "Set minimum_length = 12 and every require_... of password_policy to true.",
        ),
        Policy(
            "CKV_MRD_008",
            "The app client signs in by SRP only and gives nothing away",
            "HIGH",
            "Other flows send the password or put tokens into URLs; without revocation a stolen token lives on.",
            'Allow only ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], enable token revocation, '
            'and set prevent_user_existence_errors = "ENABLED".',
        ),
        Policy(
            "CKV_MRD_009",
            "Functions are traced and run on a supported runtime",
            "MEDIUM",
            "Passed-through tracing records nothing of its own; AWS patches no runtime after its end.",
            'Write `tracing_config { mode = "Active" }` and `runtime = "nodejs22.x"`.',
        ),
        Policy(
            "CKV_MRD_010",
            "What holds data is protected in a protected environment",
            "HIGH",
            "One wrong apply, or one wrong click, loses the users or their data for good.",
            "Leave deletion_protection to the inventory's `protected: true`, and point-in-time recovery on.",
        ),
        Policy(
            "CKV_MRD_011",
            "A statement names its actions, resources and principals",
            "HIGH",
            "A wildcard grants what nobody has read, and what AWS adds later.",
            "List the actions, the ARNs and the principals; bind a public principal to this account by condition.",
        ),
    )
}
