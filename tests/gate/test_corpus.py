"""Violations seeded into our own modules and plans, one each: the named checks find it, and nothing else is new."""

import copy
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from meridian.gate import code, units
from meridian.gate.checkov import engine, findings, plan_copy
from meridian.gate.checkov.engine import Job, plain_address
from meridian.gate.code import Code
from meridian.gate.finding import Finding, Place
from meridian.gate.waivers import sort_findings
from meridian.modules.contract import SENTINEL
from meridian.plans.plan_json import Plan
from policies.checks._catalogue import CATALOGUE
from tests.conftest import ROOT, missing
from tests.gate.corpus import code as in_code
from tests.gate.corpus import plans as in_plans
from tests.gate.test_waivers import committed

pytestmark = pytest.mark.slow

MODULES = ("identity", "data", "compute")
PLANS = Path(in_plans.__file__).parent / "plans"
UNIT = Place("prod", "us-east-1", "unit")
FACTS = {
    "environment": "prod",
    "protected": True,
    "account_id": "100000000003",
    "mock": SENTINEL,
    "repository": "example-org/meridian",
}
DEV = {**FACTS, "environment": "dev", "protected": False, "account_id": "100000000001"}
# Real plans of units that do not exist yet, each with its module; "provisional" was made with mocks.
FIRST = {"identity": "identity", "data": "data", "compute": "compute", "provisional": "compute"}
MOCK = f"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_{SENTINEL}"
OTHER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_another"
# The issuer, and what the environment's plans say of its pools.
BEFORE_THE_POOL: dict[str, tuple[in_plans.Edit, list[str]]] = {
    "a mock before the pool": (("compute", in_plans.JWT, in_plans.ISSUER, MOCK), []),
    "a pool before the pool": (("compute", in_plans.JWT, in_plans.ISSUER, OTHER), []),
    "no plan of a pool": (("compute", in_plans.JWT, in_plans.ISSUER, OTHER), []),
}
# The plan of a unit in a region that the inventory marks as retiring.
RETIRING: dict[str, tuple[in_plans.Edit, set[str]]] = {
    "a table that may be deleted": (("data", in_plans.TABLE, ("deletion_protection_enabled",), False), set()),
    "a table without backups": (
        ("data", in_plans.TABLE, ("point_in_time_recovery", 0, "enabled"), False),
        {"CKV_AWS_28"},
    ),
}
Findings = dict[str, list[Finding]]
Key = tuple[str, str]


def code_jobs(folder: Path) -> tuple[list[Job], dict[str, Code]]:
    """Return the scans of the modules as they are, and of a copy for each variation of one line."""
    jobs, codes = [], {}
    edits = {f"code: as it is: {name}": (f"{name}/versions.tf", "", "") for name in (*MODULES, "access")}
    edits |= {f"code: {name}": row[:3] for name, row in in_code.BAD.items()}
    edits |= {f"code: {name}": row for name, row in in_code.GOOD.items()}
    for name, (path, old, new) in edits.items():
        module, file = path.split("/")
        copied = folder / str(len(jobs)) / module
        shutil.copytree(ROOT / "modules" / module, copied, ignore=shutil.ignore_patterns("functions", "tests"))
        text = (copied / file).read_text(encoding="utf-8")
        assert old in text, name
        (copied / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        codes[name] = code.read_module(copied)
        jobs.append(Job(name, "module", copied, copied, codes[name].resources))
    return jobs, codes


def plan_jobs(folder: Path) -> tuple[list[Job], dict[str, Code]]:
    """Return the scans of the plans as they are, of a copy for each variation of one value, and of first plans."""
    jobs, codes = [], {}
    plans = {name: json.loads((PLANS / f"{name}.json").read_text(encoding="utf-8")) for name in MODULES}
    own = {"issuers": units.find_issuers(map(Plan, plans.values()))}
    edits: dict[str, Any] = {f"plan: as it is: {name}": (name, "", (), None) for name in MODULES}
    edits |= {f"plan: {name}": edit for name, (edit, _) in in_plans.BAD.items()}
    edits |= {f"plan: {name}": edit for name, edit in in_plans.GOOD.items()}
    edits |= {f"plan: {name}": edit for name, (edit, _) in BEFORE_THE_POOL.items()}
    edits |= {f"plan: {name}": edit for name, (edit, _) in RETIRING.items()}
    known: dict[str, dict[str, Any]] = {
        f"plan: {name}": {"issuers": issuers} for name, (_, issuers) in BEFORE_THE_POOL.items()
    }
    known["plan: no plan of a pool"].pop("issuers")
    known |= {f"plan: {name}": {**own, "retiring": True} for name in RETIRING}
    for name, (module, resource, path, value) in edits.items():
        plan = copy.deepcopy(plans[module])
        if resource:
            change(plan, resource, path, value)
        jobs.append(plan_job(name, module, Plan(plan), folder, {**FACTS, **known.get(name, own)}))
        codes[name] = code.read_module(ROOT / "modules" / module)
    for name, module in FIRST.items():
        first = Plan(json.loads((PLANS / "first" / f"{name}.json").read_text(encoding="utf-8")))
        accepted = [one["values"] for one in first.resources if one["type"] == "aws_apigatewayv2_authorizer"]
        issuers = [] if name == "provisional" else [one["jwt_configuration"][0]["issuer"] for one in accepted]
        jobs.append(plan_job(f"first: {name}", module, first, folder, {**DEV, "issuers": issuers}))
        codes[f"first: {name}"] = code.read_module(ROOT / "modules" / module)
    return jobs, codes


def plan_job(name: str, module: str, plan: Plan, folder: Path, facts: dict[str, Any]) -> Job:
    """Return the scan of a plan."""
    file = plan_copy.write_plan_copy(plan, folder / f"{name}.json".replace(" ", "-"))
    addresses = frozenset(plain_address(one["address"]) for one in plan.resources)
    return Job(name, "plan", file, ROOT / "modules" / module, addresses, facts)


def change(plan: dict[str, Any], resource: str, path: in_plans.Path, value: Any) -> None:
    """Change one value of a plan, in planned_values and in resource_changes."""
    (planned,) = [one["values"] for one in Plan(plan).resources if one["address"] == resource]
    (after,) = [one["change"]["after"] for one in plan["resource_changes"] if one["address"] == resource]
    for whole in (planned, after):
        holder = whole
        for part in path[:-1]:
            holder = holder[part]
        new = value(holder[path[-1]]) if callable(value) else value
        assert holder.get(path[-1]) != new, path
        holder[path[-1]] = new


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Scan every variation in one run, and return its findings."""
    if not (ROOT / engine.VENV / "bin/python").exists():
        missing("Checkov is not installed: run `make checkov`.")
    folder = tmp_path_factory.mktemp("corpus")
    code_scans, codes = code_jobs(folder)
    plan_scans, more = plan_jobs(folder)
    with engine.Checkov() as checkov:
        looked = checkov.scan([*code_scans, *plan_scans], list(CATALOGUE))
    codes |= more
    return {
        name: findings.checkov_findings(codes[name], results, Place() if name.startswith("code") else UNIT)
        for name, results in looked.results.items()
    }


def keys(findings: list[Finding]) -> set[Key]:
    """Return check and resource of each finding."""
    return {(one.check, one.places[0].resource) for one in findings}


def new(found: Findings, form: str, name: str, module: str) -> set[str]:
    """Return the checks that a variation added."""
    before = keys(found[f"{form}: as it is: {module}"])
    return {check for check, _ in keys(found[f"{form}: {name}"]) - before}


@pytest.mark.parametrize("name", in_code.BAD)
def test_a_bad_line_is_found_by_its_checks_alone(found: Findings, name: str) -> None:
    path, _, _, wanted = in_code.BAD[name]
    assert new(found, "code", name, path.split("/")[0]) == wanted
    assert all(one.line and (ROOT / one.file).is_file() for one in found[f"code: {name}"])


@pytest.mark.parametrize("name", in_plans.BAD)
def test_a_bad_input_is_found_by_its_checks_alone(found: Findings, name: str) -> None:
    """Most of them no built-in check sees, and none is seen in the module's code."""
    (module, resource, *_), wanted = in_plans.BAD[name]
    assert new(found, "plan", name, module) == wanted
    more = keys(found[f"plan: {name}"]) - keys(found[f"plan: as it is: {module}"])
    assert {where for _, where in more} == {resource}
    assert all(one.line and (ROOT / one.file).is_file() for one in found[f"plan: {name}"])


@pytest.mark.parametrize("name", RETIRING)
def test_a_retiring_region_may_lose_its_deletion_protection_alone(found: Findings, name: str) -> None:
    """The same table in a region that stays is in the corpus above."""
    edit, wanted = RETIRING[name]
    assert new(found, "plan", name, edit[0]) == wanted


@pytest.mark.parametrize("name", in_code.GOOD)
def test_a_good_line_stays_green(found: Findings, name: str) -> None:
    assert new(found, "code", name, in_code.GOOD[name][0].split("/")[0]) == set()


@pytest.mark.parametrize("name", in_plans.GOOD)
def test_a_good_input_stays_green(found: Findings, name: str) -> None:
    assert new(found, "plan", name, in_plans.GOOD[name][0]) == set()


def test_before_the_pool_exists_only_a_mock_is_accepted(found: Findings) -> None:
    """A literal pool is another environment's; without a plan of a pool the issuer is not checked."""
    assert new(found, "plan", "a mock before the pool", "compute") == set()
    assert new(found, "plan", "a pool before the pool", "compute") == {"CKV_MRD_002"}
    assert new(found, "plan", "no plan of a pool", "compute") == set()


def test_every_policy_finds_a_violation_in_our_modules(found: Findings) -> None:
    """Each policy of the catalogue finds a violation in one of our modules, not only in its example."""
    met = {check for _, _, _, wanted in in_code.BAD.values() for check in wanted}
    met |= {check for _, wanted in in_plans.BAD.values() for check in wanted}
    assert set(CATALOGUE) <= met


@pytest.mark.parametrize("name", FIRST)
def test_a_first_plan_has_no_finding(found: Findings, name: str) -> None:
    """Most of it is known after the apply."""
    counting = sort_findings(found[f"first: {name}"], committed(), datetime.now(UTC).date()).counting
    assert [f"{one.check} {one.what}" for one in counting] == []
