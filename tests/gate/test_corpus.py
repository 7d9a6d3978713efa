"""Violations seeded into our own modules, one bad line each: the named checks find it, and nothing else is new."""

import shutil

import pytest

from meridian.scan import code, engine, judged
from meridian.scan.engine import Job
from meridian.scan.finding import Finding
from policies.checks._catalogue import CATALOGUE
from tests.conftest import ROOT, missing

pytestmark = pytest.mark.slow

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
}
Key = tuple[str, str]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Finding]]:
    """Scan every variation in one run, and return its findings."""
    if not (ROOT / engine.VENV / "bin/python").exists():
        missing("Checkov is not installed: run `make checkov`.")
    folder = tmp_path_factory.mktemp("corpus")
    jobs, codes = [], {}
    edits = {**{name: row[:3] for name, row in BAD.items()}, **GOOD}
    for name, (path, old, new) in {
        **{f"as it is: {m}": (f"{m}/versions.tf", "", "") for m in MODULES},
        **edits,
    }.items():
        module, file = path.split("/")
        copied = folder / str(len(jobs)) / module
        shutil.copytree(ROOT / "modules" / module, copied, ignore=shutil.ignore_patterns("functions", "tests"))
        text = (copied / file).read_text(encoding="utf-8")
        assert old in text, name
        (copied / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        codes[name] = code.read(copied)
        jobs.append(Job(name, "module", copied, copied, codes[name].resources))
    looked = engine.look(jobs, list(CATALOGUE))
    return {
        name: judged.findings(ROOT, codes[name], results, None, provisional=False)
        for name, results in looked.results.items()
    }


MODULES = ("identity", "data", "compute")


def keys(findings: list[Finding]) -> set[Key]:
    """Return check and resource of each finding."""
    return {(one.check, one.places[0].resource) for one in findings}


def new(found: dict[str, list[Finding]], name: str, path: str) -> set[str]:
    """Return the checks that a variation added."""
    before = keys(found[f"as it is: {path.split('/')[0]}"])
    return {check for check, _ in keys(found[name]) - before}


@pytest.mark.parametrize("name", BAD)
def test_found_by_its_checks_alone(found: dict[str, list[Finding]], name: str) -> None:
    path, _, _, wanted = BAD[name]
    assert new(found, name, path) == wanted
    assert all(one.line and (ROOT / one.file).is_file() for one in found[name])


@pytest.mark.parametrize("name", GOOD)
def test_a_good_variation_stays_green(found: dict[str, list[Finding]], name: str) -> None:
    assert new(found, name, GOOD[name][0]) == set()


def test_every_policy_is_met(found: dict[str, list[Finding]]) -> None:
    """Only CORS is not: its block is dynamic in our module, and judged in plans."""
    met = {check for name, (path, *_) in BAD.items() for check in new(found, name, path)}
    assert {*CATALOGUE} - met == {"CKV_MRD_004"}
