"""What a plan would create and what exists: every match has the id by which Terraform imports it."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from meridian.plans.plan_json import Plan
from meridian.recover.finders import FINDERS, NEEDS_NONE, Scene
from meridian.recover.listing import TYPES, read_arn
from meridian.recover.matches import Import, match_plan
from meridian.recover.resources import Resource, delete_command, find_orphans
from meridian.state.contents import StateObject
from meridian.targets import Target
from policies.checks import _aws
from tests.recover.conftest import Pages

UNIT, REGION = "us-east-1/compute", "us-east-1"
ARNS = [
    ("arn:aws:dynamodb:us-east-1:100000000001:table/t", "aws_dynamodb_table", "t"),
    ("arn:aws:kms:us-east-1:100000000001:key/k", "aws_kms_key", "k"),
    ("arn:aws:lambda:us-east-1:100000000001:function:f", "aws_lambda_function", "f"),
    ("arn:aws:cognito-idp:us-east-1:100000000001:userpool/p", "aws_cognito_user_pool", "p"),
    ("arn:aws:logs:us-east-1:100000000001:log-group:/aws/lambda/f", "aws_cloudwatch_log_group", "/aws/lambda/f"),
    ("arn:aws:logs:us-east-1:100000000001:log-group:/aws/lambda/f:*", "aws_cloudwatch_log_group", "/aws/lambda/f"),
    ("arn:aws:sns:us-east-1:100000000001:t", "aws_sns_topic", "arn:aws:sns:us-east-1:100000000001:t"),
    ("arn:aws:apigateway:us-east-1::/apis/a", "aws_apigatewayv2_api", "a"),
    ("arn:aws:sqs:us-east-1:100000000001:q", "aws_sqs_queue", "arn:aws:sqs:us-east-1:100000000001:q"),
    ("arn:aws:s3:::b", "aws_s3_bucket", "b"),
    ("arn:aws:iam::100000000001:policy/p", "aws_iam_policy", "arn:aws:iam::100000000001:policy/p"),
    ("arn:aws:cloudwatch:us-east-1:100000000001:alarm:a", "aws_cloudwatch_metric_alarm", "a"),
    (
        "arn:aws:acm:us-east-1:100000000001:certificate/c",
        "aws_acm_certificate",
        "arn:aws:acm:us-east-1:100000000001:certificate/c",
    ),
    ("arn:aws:ssm:us-east-1:100000000001:parameter/x", "ssm", "arn:aws:ssm:us-east-1:100000000001:parameter/x"),
]


class Service:
    """A service that answers some calls and knows nothing else."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def __getattr__(self, call: str) -> Any:
        """Return a function that answers, or raises what AWS raises for a thing that does not exist."""

        def ask(*_: object, **__: object) -> Any:
            if call not in self.answers:
                raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, call)
            return self.answers[call]

        return ask


def scene(target: Target, monkeypatch: pytest.MonkeyPatch, services: dict[str, Service], *orphans: Resource) -> Scene:
    """Return a scene in which only these services know something."""
    monkeypatch.setattr(Target, "client", lambda _, name, region=None: services.get(name, Service(get_items=region)))
    return Scene(target, REGION, orphans)


def plan(*entries: tuple[str, str, dict[str, Any] | None, dict[str, Any]]) -> Plan:
    """Return a plan of (action, address, before, after)."""
    changes = [
        {
            "address": address,
            "mode": "managed",
            "type": address.split(".")[0],
            "change": {"actions": [action], "before": before, "after": after},
        }
        for action, address, before, after in entries
    ]
    return Plan({"resource_changes": changes})


@pytest.mark.parametrize(("arn", "kind", "identity"), ARNS)
def test_an_arn_names_type_and_import_id(arn: str, kind: str, identity: str) -> None:
    found = read_arn(UNIT, REGION, arn)
    assert found is not None
    assert (found.type, found.id) == (kind, identity)


def test_a_stage_is_a_part_of_its_api() -> None:
    assert read_arn(UNIT, REGION, "arn:aws:apigateway:us-east-1::/apis/a/stages/$default") is None


def test_whatever_is_found_by_tags_can_be_imported() -> None:
    assert set(TYPES.values()) <= set(FINDERS)


def test_every_type_that_a_module_may_declare_is_found_or_needs_no_import() -> None:
    """A type that the gate begins to allow gets a finder, or a reason why it needs none."""
    assert sorted(_aws.TYPES.keys() ^ (FINDERS.keys() | NEEDS_NONE.keys())) == []
    assert not FINDERS.keys() & NEEDS_NONE.keys()
    holding = {name for name, one in _aws.TYPES.items() if one.data}
    assert holding <= FINDERS.keys(), "What holds data is imported."


def test_an_orphan_is_in_no_state_of_its_region() -> None:
    document = {
        "resources": [
            {"mode": "managed", "type": "aws_kms_key", "name": "x", "instances": [{"attributes": {"id": "known"}}]}
        ]
    }
    state = StateObject("us-east-1/data", "key", document)
    known, other = (Resource(f"{region}/data", region, "aws_kms_key", "known") for region in ("us-east-1", "eu-west-1"))
    ending = Resource("us-east-1/data", "us-east-1", "aws_kms_key", "ending", about={"DeletionDate": "soon"})
    assert find_orphans([known, other, ending], [state]) == [other]


def test_a_replica_is_no_orphan_although_aws_lists_a_table() -> None:
    about = {"id": "t:us-east-1", "global_table_arn": "arn:aws:dynamodb:us-east-1:100000000001:table/t"}
    held = {"mode": "managed", "type": "aws_dynamodb_table_replica", "name": "x", "instances": [{"attributes": about}]}
    state = StateObject("eu-west-1/data", "key", {"resources": [held]})
    replica, other = (Resource("eu-west-1/data", "eu-west-1", "aws_dynamodb_table", name) for name in ("t", "u"))
    assert find_orphans([replica, other], [state]) == [other]


def test_an_api_is_imported_with_its_parts(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Service(
        get_authorizers={"Items": [{"AuthorizerId": "u", "Name": "cognito"}]},
        get_routes={"Items": [{"RouteId": "r", "RouteKey": "GET /greet"}]},
        get_integrations={"Items": []},
    )
    orphan = Resource(UNIT, REGION, "aws_apigatewayv2_api", "a", "greeter-dev-api")
    found = match_plan(
        scene(target, monkeypatch, {"apigatewayv2": gateway}, orphan),
        UNIT,
        plan(
            ("create", "aws_apigatewayv2_route.greet", None, {"route_key": "GET /greet"}),
            ("create", "aws_apigatewayv2_route.status", None, {"route_key": "GET /status"}),
            ("create", "aws_apigatewayv2_authorizer.jwt", None, {"name": "cognito"}),
            ("create", "aws_apigatewayv2_integration.function", None, {}),
            ("create", "aws_apigatewayv2_api.http", None, {"name": "greeter-dev-api"}),
        ),
    )
    assert found == [
        Import(UNIT, "aws_apigatewayv2_api.http", "a"),
        Import(UNIT, "aws_apigatewayv2_authorizer.jwt", "a/u"),
        Import(UNIT, "aws_apigatewayv2_route.greet", "a/r"),
    ]


def test_parts_of_an_api_that_the_state_knows_are_imported(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Service(get_stages={"Items": [{"StageName": "$default"}]})
    found = match_plan(
        scene(target, monkeypatch, {"apigatewayv2": gateway}),
        UNIT,
        plan(
            ("no-op", "aws_apigatewayv2_api.http", {"id": "a"}, {"id": "a"}),
            ("create", "aws_apigatewayv2_stage.default", None, {"name": "$default"}),
        ),
    )
    assert found == [Import(UNIT, "aws_apigatewayv2_stage.default", "a/$default")]


def test_a_second_api_is_not_imported(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    second = Resource(UNIT, REGION, "aws_apigatewayv2_api", "b", "greeter-dev-api")
    known = plan(("no-op", "aws_apigatewayv2_api.http", {"id": "a"}, {"id": "a"}))
    assert match_plan(scene(target, monkeypatch, {}, second), UNIT, known) == []


def test_the_key_in_use_is_imported(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [Resource(UNIT, REGION, "aws_kms_key", name) for name in ("first", "second")]
    alias = Resource(UNIT, REGION, "aws_kms_alias", "alias/x", about={"TargetKeyId": "second"})
    wanted = plan(("create", "aws_kms_key.data", None, {}))
    assert [one.id for one in match_plan(scene(target, monkeypatch, {}, *keys, alias), UNIT, wanted)] == ["second"]
    assert [one.id for one in match_plan(scene(target, monkeypatch, {}, *keys), UNIT, wanted)] == ["first"]


def test_certificate_and_health_checks_are_imported(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check without tags is known by what it watches; one with the name of another is another one."""
    name, check = "api.example.com", "aws_route53_health_check"
    http = {"Type": "HTTPS", "FullyQualifiedDomainName": name}
    orphans = [
        Resource(UNIT, REGION, "aws_acm_certificate", "arn:other", "other.example.com"),
        Resource(UNIT, REGION, "aws_acm_certificate", "arn:names", name),
        Resource(UNIT, REGION, check, "other", "other", http),
        Resource(UNIT, REGION, check, "elsewhere", "", http | {"FullyQualifiedDomainName": "other.example.com"}),
        Resource(UNIT, REGION, check, "status", "", http),
        Resource(UNIT, REGION, check, "region", "the region", {"Type": "CALCULATED"}),
    ]
    found = match_plan(
        scene(target, monkeypatch, {}, *orphans),
        UNIT,
        plan(
            ("create", f"{check}.lever", None, {"type": "CLOUDWATCH_METRIC", "fqdn": None, "tags": None}),
            ("create", f"{check}.region", None, {"type": "CALCULATED", "tags": {"Name": "the region"}}),
            ("create", f"{check}.status", None, {"type": "HTTPS", "fqdn": name, "tags": {"Name": "it answers"}}),
            ("create", "aws_acm_certificate.names", None, {"domain_name": name}),
        ),
    )
    assert found == [
        Import(UNIT, "aws_acm_certificate.names", "arn:names"),
        Import(UNIT, f"{check}.region", "region"),
        Import(UNIT, f"{check}.status", "status"),
    ]


def test_a_second_certificate_or_check_is_deleted_by_a_command(target: Target) -> None:
    arn = "arn:aws:acm:us-east-1:100000000001:certificate/c"
    commands = [
        delete_command(target, Resource(UNIT, REGION, kind, name))
        for kind, name in (("aws_acm_certificate", arn), ("aws_route53_health_check", "h"))
    ]
    assert commands[0].endswith(f"--region us-east-1 acm delete-certificate --certificate-arn {arn}")
    assert commands[1].endswith("--region us-east-1 route53 delete-health-check --health-check-id h")


def test_a_policy_is_imported_under_its_role_and_a_permission_under_its_alias(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = {
        "iam": Service(get_role={"Role": {}}, get_role_policy={"PolicyName": "function"}),
        "lambda": Service(get_policy={"Policy": json.dumps({"Statement": [{"Sid": "greet"}]})}),
    }
    permission = {"function_name": "f", "qualifier": "live"}
    found = match_plan(
        scene(target, monkeypatch, services),
        UNIT,
        plan(
            ("create", "aws_lambda_permission.greet", None, permission | {"statement_id": "greet"}),
            ("create", "aws_lambda_permission.status", None, permission | {"statement_id": "status"}),
            ("create", "aws_iam_role_policy.function", None, {"name": "function"}),
            ("create", "aws_iam_role.function", None, {"name": "r"}),
        ),
    )
    assert [(one.address, one.id) for one in found] == [
        ("aws_iam_role.function", "r"),
        ("aws_iam_role_policy.function", "r:function"),
        ("aws_lambda_permission.greet", "f:live/greet"),
    ]


def subscriptions(*entries: dict[str, str]) -> Pages:
    """Return the subscriptions of a topic as SNS lists them."""
    return Pages({"Subscriptions": list(entries)})


NOTHING = Service(list_buckets={"Buckets": []}, describe_alarms={"MetricAlarms": []}, get_paginator=subscriptions())
TOPIC = "arn:aws:sns:us-east-1:100000000001:t"
SUBSCRIBER = {"topic_arn": TOPIC, "protocol": "sqs", "endpoint": "arn:q"}
ZONES = {"HostedZones": [{"Id": "/hostedzone/Z1", "Name": "a.example.com.", "Config": {"Comment": "dev"}}]}
RECORD = {"zone_id": "Z1", "name": "a.example.com", "type": "A"}
RECORDS = [
    {"Name": "a.example.com.", "Type": "A", "SetIdentifier": "us-east-1"},
    {"Name": "b.example.com.", "Type": "A"},
]
DISTRIBUTIONS = Pages({"DistributionList": {"Items": [{"Id": "E1", "Aliases": {"Items": ["edge.a.b"]}}]}})
FIREWALLS = {"WebACLs": [{"Id": "1", "Name": "greeter-dev-edge"}]}
FOUND = [
    *(
        pytest.param(
            "aws_cloudfront_distribution",
            {"aliases": [name]},
            {"get_paginator": DISTRIBUTIONS},
            wanted,
            id=f"distribution of {name}",
        )
        for name, wanted in (("edge.a.b", "E1"), ("www.a.b", ""))
    ),
    *(
        pytest.param(
            "aws_wafv2_web_acl",
            {"name": name, "scope": "CLOUDFRONT"},
            {"list_web_acls": FIREWALLS},
            wanted,
            id=f"firewall {name}",
        )
        for name, wanted in (("greeter-dev-edge", "1/greeter-dev-edge/CLOUDFRONT"), ("greeter-dev-users", ""))
    ),
    pytest.param("aws_cloudfront_function", {"name": "f"}, {"describe_function": {"ETag": "e"}}, "f", id="function"),
    pytest.param(
        "aws_cloudfront_key_value_store", {"name": "s"}, {"describe_key_value_store": {"ETag": "e"}}, "s", id="store"
    ),
    pytest.param("aws_secretsmanager_secret", {"name": "s"}, {"describe_secret": {"ARN": "arn"}}, "arn", id="secret"),
    pytest.param(
        "aws_apigatewayv2_domain_name",
        {"domain_name": "a.b"},
        {"get_domain_name": {"DomainName": "a.b"}},
        "a.b",
        id="name",
    ),
    *(
        pytest.param(
            "aws_apigatewayv2_api_mapping",
            {"domain_name": "a.b", "api_id": api},
            {"get_api_mappings": {"Items": [{"ApiMappingId": "m", "ApiId": "a1"}]}},
            wanted,
            id=f"mapping of {api}",
        )
        for api, wanted in (("a1", "m/a.b"), ("b2", ""))
    ),
    *(
        pytest.param(
            "aws_route53_zone",
            {"name": "a.example.com", "comment": comment},
            {"list_hosted_zones_by_name": ZONES},
            wanted,
            id=f"zone of {comment}",
        )
        for comment, wanted in (("dev", "Z1"), ("prod", ""))
    ),
    *(
        pytest.param(
            "aws_route53_record",
            RECORD | {"set_identifier": region},
            {"list_resource_record_sets": {"ResourceRecordSets": RECORDS}},
            wanted,
            id=f"record of {region}",
        )
        for region, wanted in (("us-east-1", "Z1_a.example.com_A_us-east-1"), ("eu-west-1", ""), (None, ""))
    ),
    pytest.param(
        "aws_route53_record",
        RECORD | {"name": "b.example.com"},
        {"list_resource_record_sets": {"ResourceRecordSets": RECORDS}},
        "Z1_b.example.com_A",
        id="record of one region",
    ),
    pytest.param(
        "aws_cloudwatch_metric_alarm", {"alarm_name": "a"}, {"describe_alarms": {"MetricAlarms": [{}]}}, "a", id="alarm"
    ),
    pytest.param(
        "aws_cloudwatch_metric_alarm", {"alarm_name": "a"}, {"describe_alarms": {"MetricAlarms": []}}, "", id="no alarm"
    ),
    pytest.param(
        "aws_budgets_budget", {"name": "b"}, {"describe_budget": {"Budget": {}}}, "100000000001:b", id="budget"
    ),
    pytest.param("aws_sqs_queue", {"name": "q"}, {"get_queue_url": {"QueueUrl": "https://q"}}, "https://q", id="queue"),
    pytest.param("aws_s3_bucket", {"bucket": "b"}, {"list_buckets": {"Buckets": [{"Name": "b"}]}}, "b", id="bucket"),
    pytest.param("aws_s3_bucket", {"bucket": "b"}, {"list_buckets": {"Buckets": []}}, "", id="another's bucket"),
    pytest.param(
        "aws_iam_openid_connect_provider",
        {"url": "https://token.example.com"},
        {"get_open_id_connect_provider": {"Url": "token.example.com"}},
        "arn:aws:iam::100000000001:oidc-provider/token.example.com",
        id="provider",
    ),
    pytest.param(
        "aws_iam_policy",
        {"name": "p", "path": "/x/"},
        {"get_policy": {"Policy": {}}},
        "arn:aws:iam::100000000001:policy/x/p",
        id="policy",
    ),
    pytest.param(
        "aws_dynamodb_table_replica",
        {"global_table_arn": "arn:aws:dynamodb:us-west-2:100000000001:table/t"},
        {"describe_table": {"Table": {"Replicas": [{"RegionName": "us-west-2"}]}}},
        "t:us-west-2",
        id="replica",
    ),
    pytest.param(
        "aws_dynamodb_table_replica",
        {"global_table_arn": "arn:aws:dynamodb:us-west-2:100000000001:table/t"},
        {"describe_table": {"Table": {}}},
        "",
        id="table in a replica's place",
    ),
    pytest.param(
        "aws_dynamodb_resource_policy",
        {"resource_arn": "t"},
        {"get_resource_policy": {"Policy": "{}"}},
        "t",
        id="table",
    ),
    *(
        pytest.param(
            "aws_sns_topic_subscription",
            SUBSCRIBER,
            {
                "get_paginator": Pages(
                    {"Subscriptions": [{"SubscriptionArn": arn, "Protocol": kind, "Endpoint": "arn:q"}]}
                )
            },
            wanted,
            id=f"subscription {kind} {arn}",
        )
        for arn, kind, wanted in (
            (f"{TOPIC}:one", "sqs", f"{TOPIC}:one"),
            (f"{TOPIC}:one", "lambda", ""),
            ("PendingConfirmation", "sqs", ""),
        )
    ),
]


@pytest.mark.parametrize(("kind", "after", "answers", "identity"), FOUND)
def test_what_exists_is_imported(
    target: Target,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    after: dict[str, Any],
    answers: dict[str, Any],
    identity: str,
) -> None:
    """Each finder asks AWS; what is another one, or not confirmed yet, is not imported."""
    here = scene(target, monkeypatch, {})
    monkeypatch.setattr(Target, "client", lambda *_: Service(**answers))
    assert FINDERS[kind](here, after) == identity
    monkeypatch.setattr(Target, "client", lambda *_: NOTHING)
    assert FINDERS[kind](here, after) == ""


@pytest.mark.parametrize("kind", sorted(FINDERS))
def test_what_has_no_known_name_yet_is_not_imported(target: Target, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """AWS is not asked for a thing whose name the plan does not know."""
    assert FINDERS[kind](scene(target, monkeypatch, {}), {}) == ""


def test_what_does_not_exist_is_not_imported(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = plan(
        ("create", "aws_dynamodb_table.greetings", None, {"name": "t"}),
        ("create", "aws_kms_key.data", None, {}),
        ("create", "aws_lambda_function.greet", None, {"function_name": "f"}),
    )
    assert match_plan(scene(target, monkeypatch, {}), UNIT, wanted) == []
