"""What each policy is called, how much it matters and why: the one place, read by Checkov's side and by ours."""

from typing import NamedTuple


class Policy(NamedTuple):
    """One policy; `severity` is LOW, MEDIUM, HIGH or CRITICAL, `forms` says where it can see: in code, in plans."""

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
            "A route without it answers anybody on the internet; only GET /status is meant to.",
            'Write `authorization_type = "JWT"` and `authorizer_id = aws_apigatewayv2_authorizer.jwt.id`.',
        ),
        Policy(
            "CKV_MRD_002",
            "The authorizer takes tokens of this environment's pool for a named client only",
            "CRITICAL",
            "Another pool, or any audience, lets tokens in that were never meant for this API.",
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
        Policy(
            "CKV_MRD_012",
            "Tokens end soon",
            "HIGH",
            "An ID token cannot be taken back: who has stolen one uses it until it ends.",
            "Let ID and access tokens live for 60 minutes at most, refresh tokens for 30 days; mind the units.",
        ),
        Policy(
            "CKV_MRD_013",
            "Nobody signs up in a protected environment",
            "HIGH",
            "Whoever has an account may call the API; in production an administrator decides who has one.",
            "Leave self_sign_up to the inventory's `protected: true`: allow_admin_create_user_only = true.",
        ),
        Policy(
            "CKV_MRD_014",
            "Everything says whose it is",
            "MEDIUM",
            "What has no tags is found by nobody who asks for costs, an owner or what is left over.",
            "Leave them to default_tags of the root terragrunt.hcl: Environment, Project, Region, Repository, Unit.",
            forms=("plan",),
        ),
        Policy(
            "CKV_MRD_015",
            "Logs are kept a year where protected, and for ever nowhere else",
            "MEDIUM",
            "Too short, and an intrusion cannot be looked into; for ever costs more each month for what nobody needs.",
            "Set logs.retention_days in the inventory: at least 365 where protected, a number of days elsewhere.",
        ),
        Policy(
            "CKV_MRD_016",
            "A protected environment reserves concurrency for its functions",
            "MEDIUM",
            "Without it another function of the account can take every execution, and this one can take all of theirs.",
            "Set function.reserved_concurrency in the inventory, at least 1.",
        ),
        Policy(
            "CKV_MRD_017",
            "Every action of a policy exists",
            "MEDIUM",
            "A misspelt one allows nothing, and where it is denied it protects nothing.",
            "Write the action as AWS's Service Authorization Reference has it, e.g. dynamodb:PutItem.",
        ),
        Policy(
            "CKV_MRD_018",
            "A role trusts named services, or tokens of a named repository",
            "CRITICAL",
            "Whoever may assume a role has all that it may do.",
            "Name the service and sts:AssumeRole; for OIDC ask for :aud by StringEquals, and for :sub with repository "
            "and environment or branch.",
        ),
        Policy(
            "CKV_MRD_019",
            "Roles are passed by name, to a named service",
            "HIGH",
            "Who may pass any role to a service has all rights of all roles.",
            "Name the roles' ARNs as resources and the service in a condition on iam:PassedToService.",
        ),
        Policy(
            "CKV_MRD_020",
            "Topics, buckets and queues refuse what comes without TLS",
            "HIGH",
            "Without it anybody on the wire reads what is sent.",
            "Deny the allowed actions to everybody where aws:SecureTransport is false, with no further condition.",
        ),
        Policy(
            "CKV_MRD_021",
            "Keys belong to this account; services only use them, for this account",
            "CRITICAL",
            "Who administers a key reads all that it encrypts, or makes it unreadable for good.",
            "Let the account alone administer it; bind services by aws:SourceAccount, SourceArn or encryption context.",
        ),
        Policy(
            "CKV_MRD_022",
            "Data is under a key of the account",
            "MEDIUM",
            "AWS's own keys have policies that nobody can change: access to them cannot be taken away or seen.",
            "Name the ARN of the region's key, data.kms_key_arn, instead of alias/aws/...",
        ),
        Policy(
            "CKV_MRD_023",
            "Every topic, bucket and queue has a policy",
            "HIGH",
            "Without one nothing refuses plain http, and nobody wrote down who may use it.",
            "Add an aws_sns_topic_policy, aws_s3_bucket_policy or aws_sqs_queue_policy, see modules/data/topic.tf.",
        ),
        Policy(
            "CKV_MRD_024",
            "Policies let in, and reach, this account alone",
            "HIGH",
            "Another account reads or writes what only this environment should, or gets what this one writes.",
            "Name principals and resources of this account; bind services by aws:SourceAccount or aws:SourceArn.",
        ),
        Policy(
            "CKV_MRD_025",
            "Every type is one that the gate knows",
            "HIGH",
            "No policy was written for another: a function's URL, a grant or a stack would be seen by none.",
            "Use a type that scripts/policies/checks/_aws.py names, or write a policy for yours and add it.",
        ),
        Policy(
            "CKV_MRD_026",
            "Requests, messages and logs stay in this account, and so does the code that gets them",
            "HIGH",
            "A foreign integration, layer, trigger or subscriber gets the users' tokens or messages.",
            "Lead to functions, queues and log groups of this account; let the module's package be all of the code.",
        ),
        Policy(
            "CKV_MRD_027",
            "An address counts once its owner has confirmed it",
            "HIGH",
            "Otherwise anybody signs up, or goes on, under somebody else's address.",
            'Name "email" in auto_verified_attributes and in attributes_require_verification_before_update.',
        ),
    )
}
