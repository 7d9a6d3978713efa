"""Files of a scan: SARIF follows its published schema, and no form holds a secret of a plan."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meridian.gate import code
from meridian.gate.checkov import engine, findings, plan_copy
from meridian.gate.checkov.engine import Job, plain_address
from meridian.gate.finding import Severity, merge_findings
from meridian.gate.report import sarif
from meridian.gate.report.outputs import Outputs
from meridian.gate.verdict import Scanned, Verdict
from meridian.plans.plan_json import Plan
from policies.checks._catalogue import CATALOGUE
from tests.conftest import ROOT, missing
from tests.gate import sarif_schema
from tests.gate.test_corpus import FACTS, PLANS, UNIT, change
from tests.gate.test_reports import FINDING, HOSTILE, places, verdict

pytestmark = pytest.mark.slow

WORD = "correct-horse-battery"
KEY = "AKIA" + "IOSFODNN7EXAMPLF"


@pytest.fixture
def npm(require_tool: Callable[[str], Path]) -> Path:
    """Return npm."""
    return require_tool("npm")


def test_sarif_follows_its_schema(npm: Path) -> None:
    """With a finding of every severity, hostile texts, many places, and accepted ones."""
    found = [replace(FINDING, severity=one, check=f"CKV_MRD_{one:03}") for one in Severity]
    found += [replace(FINDING, what=HOSTILE, file="a b/ü.tf", line=0), replace(FINDING, places=places(9))]
    accepted = replace(FINDING, check="CKV_AWS_7", waiver="accepted by platform", places=places(2))
    log = sarif.format_sarif(verdict(*found, accepted=(accepted,)), "dev")
    assert len(log["runs"][0]["results"]) == len(found) + 1
    assert sarif_schema.errors(log, npm) == []


def test_sarif_of_a_failed_scan_follows_its_schema(npm: Path) -> None:
    assert sarif_schema.errors(sarif.format_failure(HOSTILE, "modules"), npm) == []


def test_the_schema_refuses_a_wrong_log(npm: Path) -> None:
    log = sarif.format_sarif(verdict(FINDING), "dev")
    log["runs"][0]["results"][0]["level"] = "awful"
    del log["runs"][0]["tool"]["driver"]["name"]
    (level, name) = sorted(sarif_schema.errors(log, npm))
    assert level.startswith("runs.0.results.0.level: 'awful' is not one of")
    assert name == "runs.0.tool.driver: 'name' is a required property"


def test_no_secret_of_a_plan_is_in_any_form(tmp_path: Path) -> None:
    """A function with a key and a password in its settings, and with findings about it."""
    if not (ROOT / engine.VENV / "bin/python").exists():
        missing("Checkov is not installed: run `make checkov`.")
    plan: dict[str, Any] = json.loads((PLANS / "compute.json").read_text(encoding="utf-8"))
    settings = {"TABLE_NAME": "t", "AWS_ACCESS_KEY_ID": KEY, "DB_PASSWORD": WORD}
    change(plan, "aws_lambda_function.greet", ("environment",), [{"variables": settings}])
    change(plan, "aws_lambda_function.greet", ("reserved_concurrent_executions",), -1)
    file = plan_copy.write_plan_copy(Plan(plan), tmp_path / "tfplan.json")
    inside = ROOT / "modules/compute"
    addresses = frozenset(plain_address(one["address"]) for one in Plan(plan).resources)
    job = Job("prod/us-east-1/compute", "plan", file, inside, addresses, {**FACTS, "issuers": []})
    with engine.Checkov() as checkov:
        results = checkov.scan([job], list(CATALOGUE)).results[job.id]
    found = merge_findings(findings.checkov_findings(code.read_module(inside), results, UNIT))
    assert {"CKV_AWS_45", "CKV_MRD_016"} <= {one.check for one in found}
    kept = Verdict(found, found, found, (Scanned(job.id, len(addresses), len(results)),), Severity.MEDIUM)
    out = Outputs("prod", *(tmp_path / "out" / name for name in ("scan.sarif", "scan.md")))
    out.write(kept)
    forms = [json.dumps(kept.body()), *(one.read_text(encoding="utf-8") for one in (tmp_path / "out").iterdir())]
    assert len(forms) == 3
    assert [form for form in forms if WORD in form or KEY in form] == []
