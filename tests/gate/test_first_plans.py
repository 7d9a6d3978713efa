"""Real plans of units that do not exist yet, where most is known after the apply: nothing in them is a finding."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from meridian.gate import code, waivers
from meridian.gate.checkov import engine, judged, nulls
from meridian.gate.checkov.engine import Job, plain_address
from meridian.gate.finding import Finding, Place
from meridian.gate.judgement import RULES
from meridian.plans.plan_json import Plan
from policies.checks._catalogue import CATALOGUE
from tests.conftest import ROOT, missing
from tests.gate.test_corpus import FACTS, PLANS

pytestmark = pytest.mark.slow

# The unit's module and region; what it needs is there, but where its plan was made with mocks.
FIRST = {
    "identity": ("identity", "us-east-1"),
    "data": ("data", "us-east-1"),
    "compute": ("compute", "eu-west-1"),
    "provisional": ("compute", "us-east-1"),
}
DEV = {**FACTS, "environment": "dev", "protected": False, "account_id": "100000000001"}
Findings = dict[str, list[Finding]]


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Scan the plans in one run, and return the findings that count."""
    if not (ROOT / engine.VENV / "bin/python").exists():
        missing("Checkov is not installed: run `make checkov`.")
    folder = tmp_path_factory.mktemp("first")
    jobs = [job(name, folder) for name in FIRST]
    looked = engine.run_checkov(jobs, list(CATALOGUE))
    today = datetime.now(UTC).date()
    known = looked.known | {rule.id for rule in RULES}
    told = waivers.read_waivers(ROOT / waivers.FILE, known, ROOT, today)
    counting = {}
    for name, (module, region) in FIRST.items():
        place, inside = Place("dev", region, "unit"), code.read_module(ROOT / "modules" / module)
        found = judged.checkov_findings(inside, looked.results[name], place, provisional=name == "provisional")
        counting[name] = waivers.sort_findings(found, told, today).counting
    return counting


def job(name: str, folder: Path) -> Job:
    """Return the scan of a plan."""
    module, region = FIRST[name]
    plan = Plan(json.loads((PLANS / "first" / f"{name}.json").read_text(encoding="utf-8")))
    facts = {**DEV, "region": region, "issuers": [] if name == "provisional" else issuers(plan)}
    addresses = frozenset(plain_address(one["address"]) for one in plan.resources)
    return Job(
        name,
        "plan",
        nulls.write_without_nulls(plan, folder / f"{name}.json"),
        ROOT / "modules" / module,
        addresses,
        facts,
    )


def issuers(plan: Plan) -> list[str]:
    """Return the issuers that the authorizers of a plan accept."""
    found = [one["values"] for one in plan.resources if one["type"] == "aws_apigatewayv2_authorizer"]
    return [one["jwt_configuration"][0]["issuer"] for one in found]


@pytest.mark.parametrize("name", FIRST)
def test_a_first_plan_has_no_finding(counting: Findings, name: str) -> None:
    assert [f"{one.check} {one.what}" for one in counting[name]] == []
