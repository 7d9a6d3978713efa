"""What the policies of `access` allow, proven on the documents that Terraform renders, without AWS.

The local AWS enforces most of it too (tests/e2e/test_access.py). It knows nothing of keys that services use for
a caller: that part is proven here only, with MiniStack's evaluator as a model of IAM.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ministack.core import iam_evaluator

from meridian import tools
from meridian.gate.checkov.engine import VENV
from meridian.targets import LOCAL_CREDENTIALS
from tests.conftest import ROOT, missing
from tests.modules import declared

pytestmark = pytest.mark.slow

ACCOUNT, REGION, BUCKET = "123456789012", "us-east-1", "greeter-dev-state-123456789012"
PROVIDER = """\
provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}
"""
ALL_REGIONS = [f"ap-northeast-{n}" for n in range(1, 4)] + [f"ap-southeast-{n}" for n in range(1, 8)]
ALL_REGIONS += ["eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2"]
ALL_REGIONS += ["eu-west-3", "us-east-1", "us-west-2"]
LIMIT = 6144
"""Characters of a managed policy, without white space."""
INLINE, INLINE_LIMIT = "aws_iam_role_policy", 10_240
"""The policies of a role itself, and how long they can be together."""
NAMES = declared.manifest(ROOT / "modules/routing")["rights"] + declared.manifest(ROOT / "modules/zone")["rights"]
"""The rights that the modules with names declare."""
WATCH = declared.manifest(ROOT / "modules/watch")["rights"]
EDGE = declared.manifest(ROOT / "modules/edge")["rights"]
"""The rights that the module before the names declares."""
Roles = Mapping[str, Mapping[str, Any]]
Plan = Callable[..., Roles]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], Path]) -> Plan:
    """Return a function that plans the module with variables and returns each role's policies."""
    folder = tmp_path_factory.mktemp("access")
    shutil.copytree(ROOT / "modules/access", folder, ignore=shutil.ignore_patterns("tests"), dirs_exist_ok=True)
    (folder / "provider.tf").write_text(PROVIDER)
    terraform = str(require_tool("terraform"))
    environ = tools.variables({"PATH": "/usr/bin:/bin", "HOME": str(folder)}) | LOCAL_CREDENTIALS

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [terraform, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("init", "-input=false", "-no-color")
    call = declared.read(ROOT / "modules/access/tests/defaults.tftest.hcl")["variables"][0]

    def roles(**changes: Any) -> Roles:
        (folder / "terraform.tfvars.json").write_text(json.dumps({**call, **changes}))
        run("plan", "-input=false", "-no-color", "-out=plan")
        found = json.loads(run("show", "-json", "plan"))["planned_values"]["root_module"]["resources"]
        named = {
            one["index"] if one["name"] == "pipeline" else "boundary": json.loads(one["values"]["policy"])
            for one in found
            if one["type"] == "aws_iam_policy"
        }
        attached = [str(one["index"]).split() for one in found if one["type"] == "aws_iam_role_policy_attachment"]
        inline = {
            f"{one['values']['role'].rpartition('.')[2]} {one['values']['name']}": json.loads(one["values"]["policy"])
            for one in found
            if one["type"] == INLINE
        }
        by_role: dict[str, dict[str, Any]] = {"boundary": {"boundary": named["boundary"]}}
        for role, policy in (*attached, *map(str.split, inline)):
            by_role.setdefault(role, {})[policy] = named.get(policy) or inline[f"{role} {policy}"]
        return by_role

    return roles


@pytest.fixture(scope="module")
def roles(plan: Plan) -> Roles:
    """Return the policies of each role, as the README's call makes them."""
    return plan()


@pytest.mark.parametrize(
    ("regions", "optional"),
    [
        pytest.param(20, [*NAMES, *WATCH], id="routing and watch in 20 regions"),
        pytest.param(20, [*NAMES, *EDGE], id="routing and edge in 20 regions"),
        pytest.param(12, [*NAMES, *WATCH, *EDGE], id="all in 12 regions"),
    ],
)
def test_the_longest_policies_fit(plan: Plan, regions: int, optional: list[Any]) -> None:
    """With the longest name: AWS would refuse a longer policy half-way through an apply."""
    rights = [{"service": "sqs", "resource": "", role: ["SendMessage"]} for role in ("apply", "read", "verify")]
    long = {"name": "n" * 31, "environment": "e" * 20, "regions": ALL_REGIONS[:regions]}
    found = plan(**long, functions=["orders"], rights=[*rights, *optional])
    sizes = {
        f"{role} {name}": len(json.dumps(one, separators=(",", ":")))
        for role, several in found.items()
        for name, one in several.items()
    }
    assert len(ALL_REGIONS) == 20
    assert {name: size for name, size in sizes.items() if size > LIMIT} == {}
    inline = {
        role: sorted(name for name in several if name.endswith(("-names", "-zones", "-edge", "-untagged")))
        for role, several in found.items()
    }
    edge = ["read-edge"] if EDGE[0] in optional else []
    more = ["apply-edge", "apply-untagged"] if edge else []
    assert inline["apply"] == sorted([*edge, *more, "apply-names", "apply-zones", "read-names", "read-zones"])
    assert {role: inline[role] for role in ("boundary", "plan", "verify")} == {
        "boundary": [],
        "plan": sorted([*edge, "read-names", "read-zones"]),
        "verify": [],
    }
    assert sum(sizes[f"apply {name}"] for name in inline["apply"]) <= INLINE_LIMIT
    managed = {role: len(several) - len(inline[role]) for role, several in found.items()}
    assert max(managed.values()) <= 10, "a role can have ten managed policies"


def test_a_policy_that_does_not_fit_is_refused_by_the_plan(plan: Plan) -> None:
    with pytest.raises(AssertionError, match="Resource precondition failed"):
        plan(name="n" * 31, environment="e" * 20, regions=ALL_REGIONS, rights=[*NAMES, *WATCH, *EDGE])


@pytest.fixture(scope="module")
def extended(plan: Plan) -> Roles:
    """Return the policies of each role where modules declare a function and rights on queues."""
    own = {role: ["SendMessage"] for role in ("apply", "verify", "functions")}
    queues = {"service": "sqs", "resource": "", "read": ["ListQueueTags"], **own}
    buckets = {"service": "s3", "resource": "uploads-", "apply": ["PutObject"], "functions": ["PutObject"]}
    return plan(functions=["orders"], rights=[queues, buckets, *NAMES, *WATCH, *EDGE])


@pytest.fixture(scope="module")
def tables(extended: Roles) -> dict[str, Any]:
    """Return what policy-sentry and cloudsplaining say of the policies."""
    python = ROOT / VENV / "bin/python"
    if not python.exists():
        missing("Checkov is not installed: run `make checkov`.")
    return ask_tables(extended)


def ask_tables(roles: Roles) -> dict[str, Any]:
    """Return what policy-sentry and cloudsplaining say of policies by role."""
    done = subprocess.run(
        [str(ROOT / VENV / "bin/python"), "-I", str(Path(__file__).with_name("sentry.py"))],
        input=json.dumps(roles),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:greeter-dev-orders"
SENDERS = {"apply", "boundary", "verify"}


def test_what_modules_declare_is_allowed_on_their_own_resources_only(roles: Roles, extended: Roles) -> None:
    """Another name, another region and a role that a module does not name stay refused."""
    for role in ("apply", "boundary", "plan", "verify"):
        send = Request(role, "sqs:SendMessage", QUEUE, {})
        assert is_allowed(extended, send) == (role in SENDERS)
        assert not is_allowed(roles, send)
        assert not is_allowed(extended, replace(send, resource=f"arn:aws:sqs:us-east-1:{ACCOUNT}:shop-orders"))
        west = QUEUE.replace("us-east-1", "us-west-2")
        assert not is_allowed(extended, replace(send, resource=west, region="us-west-2"))
    for role in ("apply", "plan"):
        assert is_allowed(extended, Request(role, "sqs:ListQueueTags", QUEUE, {}))


def test_declared_buckets_are_not_the_bucket_of_the_states(roles: Roles, extended: Roles) -> None:
    """Its name begins with the prefix; a bucket of a module has something before it."""
    put = Request("apply", "s3:PutObject", f"arn:aws:s3:::uploads-greeter-dev-{ACCOUNT}/a", {})
    for role in ("apply", "boundary"):
        assert is_allowed(extended, replace(put, role=role))
        assert not is_allowed(roles, replace(put, role=role))
        assert not is_allowed(extended, replace(put, role=role, resource=f"arn:aws:s3:::{BUCKET}/a"))
        assert not is_allowed(extended, replace(put, role=role, resource=f"arn:aws:s3:::uploads-shop-{ACCOUNT}/a"))
    assert not is_allowed(extended, replace(put, role="plan"))


def test_composite_alarms_are_made_by_the_apply_role_in_its_regions(roles: Roles, extended: Roles) -> None:
    """AWS authorizes them on every alarm, whatever their name."""
    request = Request("apply", "cloudwatch:PutCompositeAlarm", "*", {})
    assert is_allowed(extended, request)
    assert not is_allowed(roles, request)
    assert not is_allowed(extended, replace(request, region="us-west-2"))
    assert not is_allowed(extended, replace(request, role="plan"))


def test_the_apply_role_sends_the_metric_that_holds_messages_back(roles: Roles, extended: Roles) -> None:
    own = {"cloudwatch:namespace": "greeter-dev/watch"}
    request = Request("apply", "cloudwatch:PutMetricData", "*", own)
    assert is_allowed(extended, request)
    assert not is_allowed(roles, request)
    assert not is_allowed(extended, replace(request, role="plan"))
    for other in ("greeter-dev", "greeter-dev/routing", "greeter-prod/watch"):
        assert not is_allowed(extended, replace(request, context={"cloudwatch:namespace": other}))


def test_the_roles_of_declared_functions_are_made_and_passed(roles: Roles, extended: Roles) -> None:
    role = ROLE.replace("greet-us", "orders-us")
    for request in (
        Request("apply", "iam:CreateRole", role, BOUNDED),
        Request("apply", "iam:PassRole", role, {"iam:passedtoservice": "lambda.amazonaws.com"}),
    ):
        assert is_allowed(extended, request)
        assert not is_allowed(roles, request)
        assert not is_allowed(extended, replace(request, context={}))


def test_a_queue_that_is_read_is_decrypted_through_its_service_only(roles: Roles, extended: Roles) -> None:
    through = {"kms:viaservice": "sqs.us-east-1.amazonaws.com"}
    request = Request("verify", "kms:Decrypt", KEY, OWN | through)
    assert is_allowed(extended, request)
    assert not is_allowed(roles, request)
    assert not is_allowed(extended, replace(request, context=OWN))


def test_every_action_resource_and_condition_exists_in_the_tables_of_aws(tables: dict[str, Any]) -> None:
    """A misspelt action, or a condition key that an action does not have, would allow nothing or protect nothing."""
    assert tables["problems"] == []


def test_no_known_way_to_more_rights_is_open(tables: dict[str, Any]) -> None:
    """Of all that cloudsplaining knows, the apply role has one: to change the code of a function, its task.

    `PutRolePolicy` is a role that it may give rights and then assume. cloudsplaining reads actions only: the roles that
    it may give rights are the functions', the one that it may assume is the verify role (see ALLOWED and REFUSED).
    """
    assert tables["methods"] >= 22
    assert tables["escalations"] == {
        "apply": ["PutRolePolicy", "EditExistingLambdaFunctionWithRole"],
        "boundary": [],
        "plan": [],
        "verify": [],
    }
    assert tables["credentials"] == {"apply": ["sts:assumerole"], "boundary": [], "plan": [], "verify": []}


def test_the_tables_see_what_is_wrong() -> None:
    """The two tests above can fail."""
    bad = {"Sid": "Bad", "Effect": "Allow", "Action": ["iam:CreateAccessKey", "kms:Sing"], "Resource": "*"}
    keyed = {"Sid": "Key", "Effect": "Allow", "Action": "sns:Unsubscribe", "Resource": "arn:aws:sns:*:1:x"}
    keyed["Condition"] = {"StringEquals": {"sns:Colour": "red"}}  # type: ignore[assignment]
    found = ask_tables({"bad": {"one": {"Statement": [bad, keyed]}}})
    assert found["escalations"] == {"bad": ["CreateAccessKey"]}
    assert len(found["problems"]) == 3


@dataclass(frozen=True)
class Request:
    """One call: who, what, on what, and what AWS knows of it."""

    role: str
    action: str
    resource: str
    context: Mapping[str, Any]
    region: str = REGION


OWN = {"aws:resourcetag/environment": "dev", "aws:resourcetag/project": "greeter", "aws:resourcetag/unit": "data"}
STATE_KEY = {"aws:resourcetag/environment": "dev", "aws:resourcetag/project": "greeter"}
STATE_KEY |= {"kms:resourcealiases": ["alias/greeter-dev-state"]}  # type: ignore[dict-item]
NEW = {"aws:requesttag/environment": "dev", "aws:requesttag/project": "greeter", "aws:requesttag/unit": "data"}
THROUGH = {
    service: {"kms:viaservice": f"{service}.us-east-1.amazonaws.com"} for service in ("s3", "lambda", "dynamodb")
}
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234"
BOUNDED = {"iam:permissionsboundary": f"arn:aws:iam::{ACCOUNT}:policy/greeter-dev.boundary"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/greeter-dev-greet-us-east-1"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:greeter-dev-greet"
API, POOL = "arn:aws:apigateway:us-east-1::/apis/a1", f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/p1"
TAGS = "arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2Fa1"
LOG = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group"

ALLOWED = {
    "plan decrypts states": Request("plan", "kms:Decrypt", KEY, STATE_KEY | THROUGH["s3"]),
    "plan encrypts locks": Request("plan", "kms:GenerateDataKey", KEY, STATE_KEY | THROUGH["s3"]),
    "plan reads the settings of a function": Request("plan", "kms:Decrypt", KEY, OWN | THROUGH["lambda"]),
    "plan sees that a pool is gone": Request("plan", "cognito-idp:DescribeUserPool", POOL, {}),
    "apply encrypts states": Request("apply", "kms:GenerateDataKey", KEY, STATE_KEY | THROUGH["s3"]),
    "apply makes a key": Request("apply", "kms:CreateKey", "*", NEW),
    "apply makes a key of another module": Request(
        "apply", "kms:CreateKey", "*", NEW | {"aws:requesttag/unit": "watch"}
    ),
    "apply gives it its alias": Request(
        "apply", "kms:CreateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/greeter-dev-watch", {}
    ),
    "apply changes its policy": Request("apply", "kms:PutKeyPolicy", KEY, OWN | {"aws:resourcetag/unit": "watch"}),
    "apply tags the key that it makes": Request("apply", "kms:TagResource", KEY, NEW),
    "apply lets a table use the key": Request("apply", "kms:CreateGrant", KEY, OWN | THROUGH["dynamodb"]),
    "apply makes an API": Request("apply", "apigateway:POST", "arn:aws:apigateway:us-east-1::/apis", NEW),
    "apply tags the API that it makes": Request("apply", "apigateway:POST", TAGS, NEW),
    "apply makes a role with the boundary": Request("apply", "iam:CreateRole", ROLE, BOUNDED),
    "apply gives a role the boundary": Request("apply", "iam:PutRolePermissionsBoundary", ROLE, BOUNDED),
    "apply lets the API invoke": Request(
        "apply", "lambda:AddPermission", FUNCTION, {"lambda:principal": "apigateway.amazonaws.com"}
    ),
    "apply becomes the role that verifies": Request(
        "apply", "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/greeter-dev.verify", {}
    ),
    "apply delivers access logs": Request("apply", "logs:CreateLogDelivery", "*", {}),
    "verify reads the items of its user": Request(
        "verify", "dynamodb:Query", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/greeter-dev-greetings", {}
    ),
    "verify decrypts them": Request("verify", "kms:Decrypt", KEY, OWN | THROUGH["dynamodb"]),
    "the boundary lets a function log": Request(
        "boundary", "logs:PutLogEvents", f"{LOG}:/aws/lambda/greeter-dev-greet:log-stream:x", {}
    ),
}
REFUSED = {
    "plan decrypts items": Request("plan", "kms:Decrypt", KEY, OWN | THROUGH["dynamodb"]),
    "plan decrypts by itself": Request("plan", "kms:Decrypt", KEY, OWN),
    "plan decrypts states of another environment": Request(
        "plan", "kms:Decrypt", KEY, {"kms:resourcealiases": ["alias/greeter-prod-state"]} | THROUGH["s3"]
    ),
    "plan reads a pool of another environment": Request(
        "plan", "cognito-idp:DescribeUserPool", POOL, {"aws:resourcetag/environment": "prod"}
    ),
    "plan lists users": Request("plan", "cognito-idp:ListUsers", POOL, OWN),
    "plan reads a secret": Request(
        "plan", "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:greeter-dev-x", OWN
    ),
    "plan reads a parameter": Request(
        "plan", "ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/greeter-dev-x", OWN
    ),
    "apply decrypts by itself": Request("apply", "kms:Decrypt", KEY, OWN),
    "apply deletes the key of the states": Request("apply", "kms:ScheduleKeyDeletion", KEY, STATE_KEY),
    "apply takes the key of the states over by a tag": Request("apply", "kms:TagResource", KEY, STATE_KEY | NEW),
    "apply changes a key that has both": Request("apply", "kms:PutKeyPolicy", KEY, OWN | STATE_KEY),
    "apply moves the alias of the states": Request(
        "apply", "kms:UpdateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/greeter-dev-state", {}
    ),
    "apply makes a key of no unit": Request(
        "apply", "kms:CreateKey", "*", {name: value for name, value in NEW.items() if not name.endswith("/unit")}
    ),
    "apply makes an alias of the copy of the states": Request(
        "apply", "kms:CreateAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/greeter-dev-state-copy", {}
    ),
    "apply reads with the key of another module": Request(
        "apply", "kms:Decrypt", KEY, OWN | {"aws:resourcetag/unit": "watch"} | THROUGH["dynamodb"]
    ),
    "apply makes a key of another environment": Request(
        "apply", "kms:CreateKey", "*", NEW | {"aws:requesttag/environment": "prod"}
    ),
    "apply takes a pool of another environment over by a tag": Request(
        "apply", "cognito-idp:TagResource", POOL, NEW | {"aws:resourcetag/environment": "prod"}
    ),
    "apply takes an API of another environment over by a tag": Request(
        "apply", "apigateway:POST", TAGS, NEW | {"aws:resourcetag/environment": "prod"}
    ),
    "apply changes an API of another project": Request(
        "apply", "apigateway:PATCH", API, {"aws:resourcetag/environment": "dev", "aws:resourcetag/project": "shop"}
    ),
    "apply gives the verify role rights": Request(
        "apply", "iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/greeter-dev.verify", BOUNDED
    ),
    "apply becomes a function's role": Request("apply", "sts:AssumeRole", ROLE, {}),
    "apply becomes another role": Request("apply", "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin", {}),
    "apply makes a role without the boundary": Request("apply", "iam:CreateRole", ROLE, {}),
    "apply makes a role with another boundary": Request(
        "apply", "iam:CreateRole", ROLE, {"iam:permissionsboundary": "arn:aws:iam::aws:policy/AdministratorAccess"}
    ),
    "apply gives a role without the boundary rights": Request("apply", "iam:PutRolePolicy", ROLE, {}),
    "apply removes the boundary": Request("apply", "iam:DeleteRolePermissionsBoundary", ROLE, BOUNDED),
    "apply replaces the boundary": Request(
        "apply", "iam:PutRolePermissionsBoundary", ROLE, {"iam:permissionsboundary": "arn:aws:iam::aws:policy/x"}
    ),
    "apply changes the boundary": Request(
        "apply", "iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/greeter-dev.boundary", {}
    ),
    "apply attaches a policy": Request("apply", "iam:AttachRolePolicy", ROLE, BOUNDED),
    "apply changes whom a role trusts": Request("apply", "iam:UpdateAssumeRolePolicy", ROLE, BOUNDED),
    "apply changes itself": Request(
        "apply", "iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/greeter-dev.apply", BOUNDED
    ),
    "apply passes a role to another service": Request(
        "apply", "iam:PassRole", ROLE, {"iam:passedtoservice": "ec2.amazonaws.com"}
    ),
    "apply passes itself": Request(
        "apply",
        "iam:PassRole",
        f"arn:aws:iam::{ACCOUNT}:role/greeter-dev.apply",
        {"iam:passedtoservice": "lambda.amazonaws.com"},
    ),
    "apply lets everybody invoke": Request("apply", "lambda:AddPermission", FUNCTION, {"lambda:principal": "*"}),
    "apply works in another region": Request(
        "apply", "dynamodb:CreateTable", f"arn:aws:dynamodb:us-west-2:{ACCOUNT}:table/greeter-dev-x", {}, "us-west-2"
    ),
    "apply invokes a function": Request("apply", "lambda:InvokeFunction", FUNCTION, {}),
    "apply changes its own state": Request(
        "apply", "s3:PutObject", f"arn:aws:s3:::{BUCKET}/live/dev/us-east-1/access/terraform.tfstate", {}
    ),
    "apply changes a state of another environment": Request(
        "apply", "s3:PutObject", f"arn:aws:s3:::{BUCKET}/live/prod/us-east-1/data/terraform.tfstate", {}
    ),
    "the boundary lets a function scan": Request(
        "boundary", "dynamodb:Scan", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/greeter-dev-greetings", {}
    ),
    "the boundary lets a function use IAM": Request("boundary", "iam:GetRole", ROLE, {}),
    "verify changes a table": Request(
        "verify", "dynamodb:UpdateTable", f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/greeter-dev-greetings", {}
    ),
}


def is_allowed(roles: Roles, request: Request) -> bool:
    """Return whether a role's policies allow a request, by the rules of IAM as MiniStack has them."""
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/greeter-dev.{request.role}/test",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=request.action,
        resource_arn=request.resource,
        region=request.region,
        service_context=dict(request.context),
    )
    policies = [iam_evaluator.parse_policy_document(one) for one in roles[request.role].values()]
    return bool(iam_evaluator.evaluate(context, policies).decision == "Allow")


NAME = "arn:aws:apigateway:us-east-1::/domainnames/api.example.com"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1234"
ZONE = "arn:aws:route53:::hostedzone/Z1"
RECORDS = {"route53:changeresourcerecordsetsrecordtypes": ["A", "CNAME"]}
ROUTED = {
    "apply asks for a certificate": Request("apply", "acm:RequestCertificate", "*", NEW),
    "apply tags it": Request("apply", "acm:AddTagsToCertificate", CERTIFICATE, NEW),
    "apply deletes it": Request("apply", "acm:DeleteCertificate", CERTIFICATE, OWN),
    "plan reads it": Request("plan", "acm:DescribeCertificate", CERTIFICATE, OWN),
    "apply makes a name": Request("apply", "apigateway:POST", NAME.rpartition("/")[0], NEW),
    "apply maps it": Request("apply", "apigateway:POST", f"{NAME}/apimappings", OWN),
    "plan reads the mapping": Request("plan", "apigateway:GET", f"{NAME}/apimappings/m1", OWN),
    "plan sees that a name is gone": Request("plan", "apigateway:GET", NAME, {}),
    "apply makes a zone": Request("apply", "route53:CreateHostedZone", "*", {}),
    "apply makes a health check": Request("apply", "route53:CreateHealthCheck", "*", {}),
    "apply makes records": Request("apply", "route53:ChangeResourceRecordSets", ZONE, RECORDS),
    "plan reads records": Request("plan", "route53:ListResourceRecordSets", ZONE, {}),
    "plan waits for a change": Request("plan", "route53:GetChange", "arn:aws:route53:::change/C1", {}),
}
UNROUTED = {
    "apply asks for a certificate of another environment": Request(
        "apply", "acm:RequestCertificate", "*", NEW | {"aws:requesttag/environment": "prod"}
    ),
    "apply takes a certificate over by a tag": Request(
        "apply", "acm:AddTagsToCertificate", CERTIFICATE, NEW | {"aws:resourcetag/environment": "prod"}
    ),
    "apply deletes a certificate of another project": Request(
        "apply", "acm:DeleteCertificate", CERTIFICATE, OWN | {"aws:resourcetag/project": "shop"}
    ),
    "apply maps a name of another environment": Request(
        "apply", "apigateway:POST", f"{NAME}/apimappings", OWN | {"aws:resourcetag/environment": "prod"}
    ),
    "apply changes where mail goes": Request(
        "apply",
        "route53:ChangeResourceRecordSets",
        ZONE,
        {"route53:changeresourcerecordsetsrecordtypes": ["A", "MX"]},
    ),
    "plan makes records": Request("plan", "route53:ChangeResourceRecordSets", ZONE, RECORDS),
    "verify reads a certificate": Request("verify", "acm:DescribeCertificate", CERTIFICATE, OWN),
}


@pytest.mark.parametrize("request_", ROUTED.values(), ids=ROUTED)
def test_names_can_be_made_where_a_module_needs_them(roles: Roles, extended: Roles, request_: Request) -> None:
    assert is_allowed(extended, request_)
    assert not is_allowed(roles, request_)


@pytest.mark.parametrize("request_", UNROUTED.values(), ids=UNROUTED)
def test_names_of_others_are_left_alone(extended: Roles, request_: Request) -> None:
    assert not is_allowed(extended, request_)


DISTRIBUTION = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
STORE = f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/1234"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:greeter-dev-edge-a1B2c3"
FIREWALL = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/greeter-dev-edge/1234"
POOL_FIREWALL = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/webacl/greeter-dev-users/1234"
USERS = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/us-east-1_A"
MANAGED = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/managedruleset/*/*"
EDGED = {
    "apply makes a distribution": Request("apply", "cloudfront:CreateDistribution", DISTRIBUTION, NEW),
    "apply changes it": Request("apply", "cloudfront:UpdateDistribution", DISTRIBUTION, OWN),
    "plan reads it": Request("plan", "cloudfront:GetDistribution", DISTRIBUTION, OWN),
    "apply makes its function": Request(
        "apply", "cloudfront:PublishFunction", f"arn:aws:cloudfront::{ACCOUNT}:function/greeter-dev-edge", {}
    ),
    "apply makes a store": Request("apply", "cloudfront:CreateKeyValueStore", STORE, {}),
    "apply makes a firewall": Request("apply", "wafv2:CreateWebACL", FIREWALL, NEW),
    "apply gives it rules of AWS": Request("apply", "wafv2:CreateWebACL", MANAGED, NEW),
    "apply gives it a log": Request("apply", "wafv2:PutLoggingConfiguration", FIREWALL, {}),
    "apply makes that log": Request(
        "apply", "logs:CreateLogGroup", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:aws-waf-logs-greeter-dev-edge", {}
    ),
    "apply puts one before the pool": Request("apply", "wafv2:AssociateWebACL", POOL_FIREWALL, {}),
    "the pool allows it": Request("apply", "cognito-idp:AssociateWebACL", USERS, OWN),
    "plan reads which one it has": Request("plan", "wafv2:GetWebACLForResource", USERS, {}),
    "apply makes a secret": Request("apply", "secretsmanager:CreateSecret", SECRET, NEW),
    "plan sees the secret": Request("plan", "secretsmanager:DescribeSecret", SECRET, {}),
    "verify reads its value": Request("verify", "secretsmanager:GetSecretValue", SECRET, {}),
    "the boundary lets a function read it": Request("boundary", "secretsmanager:GetSecretValue", SECRET, {}),
}
UNEDGED = {
    "apply takes a distribution over by a tag": Request(
        "apply", "cloudfront:TagResource", DISTRIBUTION, NEW | {"aws:resourcetag/environment": "prod"}
    ),
    "apply deletes a distribution of another environment": Request(
        "apply", "cloudfront:DeleteDistribution", DISTRIBUTION, OWN | {"aws:resourcetag/environment": "prod"}
    ),
    "apply takes the firewall off a pool of another environment": Request(
        "apply", "cognito-idp:DisassociateWebACL", USERS, OWN | {"aws:resourcetag/environment": "prod"}
    ),
    "apply reads what the edge sends": Request("apply", "secretsmanager:GetSecretValue", SECRET, OWN),
    "apply changes it": Request("apply", "secretsmanager:PutSecretValue", SECRET, OWN),
    "apply reads a store": Request("apply", "cloudfront-keyvaluestore:GetKey", STORE, OWN),
    "plan reads what the edge sends": Request("plan", "secretsmanager:GetSecretValue", SECRET, OWN),
    "plan makes a distribution": Request("plan", "cloudfront:CreateDistribution", DISTRIBUTION, NEW),
    "verify reads another secret": Request(
        "verify", "secretsmanager:GetSecretValue", SECRET.replace("greeter-dev", "shop-dev"), {}
    ),
}


@pytest.mark.parametrize("request_", EDGED.values(), ids=EDGED)
def test_an_edge_can_be_made_where_a_module_needs_it(roles: Roles, extended: Roles, request_: Request) -> None:
    assert is_allowed(extended, request_)
    assert not is_allowed(roles, request_)


@pytest.mark.parametrize("request_", UNEDGED.values(), ids=UNEDGED)
def test_the_edges_of_others_and_all_values_are_left_alone(extended: Roles, request_: Request) -> None:
    assert not is_allowed(extended, request_)


@pytest.mark.parametrize("request_", ALLOWED.values(), ids=ALLOWED)
def test_what_a_role_has_to_do_is_allowed(roles: Roles, request_: Request) -> None:
    """Without these, the refusals below would prove nothing."""
    assert is_allowed(roles, request_)


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
def test_what_a_role_must_not_do_is_refused(roles: Roles, request_: Request) -> None:
    """Each differs from something allowed in one point, or is a way to more rights."""
    assert not is_allowed(roles, request_)
