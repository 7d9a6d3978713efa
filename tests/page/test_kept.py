"""What the files of a checkout say, and what they do not: a missing or broken report is never green."""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from meridian.deploy.summary.dangers import Danger
from meridian.deploy.summary.rows import Row
from meridian.deploy.summary.stored import store_summary
from meridian.deploy.summary.summary import Summary
from meridian.drill.lag import Copied
from meridian.drill.result import SignIns
from meridian.errors import Exit, UserError
from meridian.gate.finding import Finding, Place, Severity
from meridian.inventory.model import Environment, Recovery
from meridian.page import kept
from meridian.page.facts import Fact
from meridian.plans.summary import UnitPlan
from meridian.report import write_report
from tests.drill.test_result import GOOD
from tests.page.sample import SVG
from tests.plans.conftest import environment

__all__ = ["environment"]

TODAY = date(2026, 1, 31)
ABOUT = {"environment": "dev", "target": "local"}
DRILL = replace(GOOD, calls=300, lost=2, switched=1.2, recovered=33.0, back=3.0, targets=Recovery(60, None))


def told(root: Path) -> dict[str, Fact]:
    """Return the fact of each report of dev on the local AWS."""
    return {
        "plan": kept.read_plan(root, "dev", "local").fact,
        "scan": kept.read_scan(root, "dev").fact,
        "verify": kept.read_verified(root, "dev", "local", "eu-west-1"),
    }


def keep(root: Path, command: str, body: dict[str, Any], code: int = Exit.OK) -> None:
    """Write a report as of a certain minute."""
    write_report(root, command, code, body)
    os.utime(root / f"out/{command}.json", (1769850300, 1769850300))


def test_what_was_never_run_is_a_note(tmp_path: Path) -> None:
    """It is known that there is no report: not green, and no reason for exit 3."""
    assert told(tmp_path) == {
        command: Fact("note", f"meridian {command} was not run in this checkout.")
        for command in ("plan", "scan", "verify")
    }


def test_a_report_of_something_else_is_not_shown(tmp_path: Path) -> None:
    keep(tmp_path, "plan", {"environment": "prod", "target": "local", "summary": {}})
    keep(tmp_path, "verify", {"environment": "dev", "target": "aws", "regions": []})
    found = told(tmp_path)
    when = "2026-01-31 09:05 UTC"
    assert found["plan"] == Fact(
        "note", "The last meridian plan in this checkout was one of prod on target local.", when
    )
    assert found["verify"] == Fact(
        "note", "The last meridian verify in this checkout was one of dev on target aws.", when
    )


def test_a_run_that_did_not_finish_is_unknown(tmp_path: Path) -> None:
    for command in ("plan", "scan", "verify"):
        keep(tmp_path, command, {**ABOUT, "error": "AWS did not answer."}, Exit.UNKNOWN)
        sentence = f"meridian {command} did not finish: AWS did not answer."
        assert told(tmp_path)[command] == Fact("unknown", sentence, "2026-01-31 09:05 UTC")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"exit_code": 0}', '{"exit_code": 0, "environment": "dev", "target": "local", "summary": [], '
     '"scanned": 3, "findings": null, "regions": {"a": 1}}'],
)  # fmt: skip
def test_a_file_that_is_no_report_is_unknown(tmp_path: Path, text: str) -> None:
    (tmp_path / "out").mkdir()
    for command in ("plan", "scan", "verify"):
        (tmp_path / f"out/{command}.json").write_text(text)
    assert {fact.state for fact in told(tmp_path).values()} == {"unknown"}


def test_a_plan_with_its_dangers(tmp_path: Path) -> None:
    units = tuple(
        UnitPlan(f"{region}/data", (("delete", "aws_dynamodb_table.x"),), False, False, True)
        for region in ("eu-west-1", "us-east-1")
    )
    summary = Summary(
        "dev",
        units,
        (Danger(("eu-west-1",), "data", "MRD_CHANGE_001", "The table would be destroyed."),),
        (Row(("eu-west-1", "us-east-1"), "data", "delete", "aws_dynamodb_table.x"),),
    )
    keep(tmp_path, "plan", {**ABOUT, "summary": store_summary(summary)})
    found = kept.read_plan(tmp_path, "dev", "local")
    assert found.fact.state == "bad"
    assert found.fact.sentence == "2 to delete, in 2 of 2 units. 1 change is dangerous."
    assert [(one.where, one.what) for one in found.dangers] == [("eu-west-1: data", "The table would be destroyed.")]
    assert [(one.where, one.action) for one in found.changes] == [("eu-west-1, us-east-1: data", "delete")]


def finding(*places: tuple[str, str]) -> dict[str, Any]:
    """Return a row of a scan's report, as the gate writes it."""
    where = tuple(Place(environment, region, "data", "aws_x.y") for environment, region in places)
    file = "modules/data/main.tf"
    return Finding("CKV_MRD_001", "t", Severity.HIGH, "It is open.", "why", "Close it.", file, 3, "data", where).row()


def scan(root: Path, *rows: dict[str, Any], planned: str = "dev", code: int = Exit.FINDINGS) -> Any:
    """Return what is told of a scan of the code and of the plans of an environment."""
    keep(root, "scan", {"findings": list(rows), "scanned": [{"name": f"{planned}/eu-west-1/data"}]}, code)
    return kept.read_scan(root, "dev")


def test_findings_in_code_and_in_the_own_plans_count(tmp_path: Path) -> None:
    found = scan(tmp_path, finding(), finding(("prod", "eu-west-1")), finding(("dev", "eu-west-1"), ("prod", "a")))
    assert (found.fact.state, found.fact.sentence) == ("bad", "2 findings in code and plans.")
    assert [one.where for one in found.findings] == ["modules/data/main.tf:3", "modules/data/main.tf:3, eu-west-1/data"]


def test_no_finding_is_green_only_if_the_plans_were_scanned(tmp_path: Path) -> None:
    assert scan(tmp_path, code=Exit.OK).fact.state == "good"
    found = scan(tmp_path, planned="prod", code=Exit.OK).fact
    assert (found.state, found.sentence) == ("note", "No finding in code; the plans of dev were not scanned.")


@pytest.mark.parametrize(
    ("results", "state", "sentence"),
    [
        ({"greet": "PASS", "item": "PASS", "status": "SKIP"}, "good", "PASS: greet, item."),
        ({"greet": "PASS", "item": "UNKNOWN"}, "unknown", "UNKNOWN: item."),
        ({"greet": "FAIL", "item": "UNKNOWN"}, "bad", "FAIL: greet."),
        ({}, "unknown", "out/verify.json has no result of it."),
    ],
)
def test_a_verification_is_as_good_as_its_worst_check(
    tmp_path: Path, results: dict[str, str], state: str, sentence: str
) -> None:
    keep(tmp_path, "verify", {**ABOUT, "regions": [{"region": "eu-west-1", **results, "seconds": 1.0}]})
    found = told(tmp_path)["verify"]
    assert (found.state, found.sentence) == (state, sentence)


def test_a_region_that_was_not_verified_is_a_note(tmp_path: Path) -> None:
    keep(tmp_path, "verify", {**ABOUT, "regions": [{"region": "us-east-1", "greet": "PASS"}]})
    assert told(tmp_path)["verify"].sentence == "Not part of the last verification."


def test_the_last_drill_with_its_newest_picture(tmp_path: Path, environment: Environment) -> None:
    keep(tmp_path, "drill", DRILL.facts())
    folder = tmp_path / "out/drills"
    folder.mkdir()
    for name in (
        "2026-01-30T090500Z-dev-local-edge",
        "2026-01-29T090500Z-dev-local-us-east-1",
        "2026-02-01T090500Z-dev-aws-eu-west-1",
        "2026-02-01T090500Z-x-dev-local-eu-west-1",
        "2026-02-01T090500Z-dev-local-ap-south-1",
        "zzz-dev-local-eu-west-1",
    ):
        (folder / f"{name}.svg").write_text(SVG)
    (folder / "2026-01-31T090500Z-dev-local-eu-west-1.svg").write_bytes(b" " * (kept.LARGEST_PICTURE + 1))
    found = kept.read_drill(tmp_path, environment, "local")
    assert found.picture == "out/drills/2026-01-30T090500Z-dev-local-edge.svg"
    assert found.fact.state == "good"
    assert dict(found.figures) == {
        "others answered after": "1.2 s",
        "every call succeeded after": "33.0 s (target: 60 s)",
        "calls lost": "2 of 300",
        "these were answered with": "503: 25, none: 15",
        "items lost, doubled": "0, 0",
        "messages lost, doubled": "0, 0",
        "a sign-in meanwhile": "succeeded",
        "eu-west-1 answers every call after": "3.0 s",
    }


def test_a_missed_target_is_bad(tmp_path: Path, environment: Environment) -> None:
    drill = replace(DRILL, recovered=None, answers={}, copied=(Copied(1, 0.25),), sign_ins=SignIns(away="gone"))
    keep(tmp_path, "drill", drill.facts(), drill.code)
    found = kept.read_drill(tmp_path, environment, "local")
    sentence = "Taken away: eu-west-1 (fault: region). Not every call was answered by the other regions. "
    sentence += "A sign-in failed although the user pool was there: gone."
    assert (found.fact.state, found.fact.sentence) == ("bad", sentence)
    figures = dict(found.figures)
    assert figures["every call succeeded after"] == "not seen"
    assert figures["an item was in all regions after"] == "0.25 s (median of 1)"
    assert (figures["these were answered with"], figures["a sign-in meanwhile"]) == ("-", "failed")


def test_without_a_drill_there_is_no_picture(tmp_path: Path, environment: Environment) -> None:
    found = kept.read_drill(tmp_path, environment, "local")
    assert (found.fact.state, found.picture, found.figures) == ("note", "", ())


WAIVERS = """\
not_applicable:
  - {check: CKV_AWS_116, module: web, reason: It is synchronous, adr: docs/adr/0001-a.md}
accepted:
  - {check: CKV_AWS_1, env: dev, unit: web, reason: The key comes soon, owner: platform, expires: "2026-03-01"}
  - {check: CKV_AWS_2, env: "d*", unit: web, reason: The key comes soon, owner: platform, expires: "2026-01-30"}
  - {check: CKV_AWS_3, env: prod, unit: web, reason: The key comes soon, owner: platform, expires: "2026-01-30"}
  - {check: CKV_AWS_4, module: web, reason: The key comes soon, owner: platform, expires: "2026-02-05"}
"""


def write_waivers(root: Path, text: str) -> None:
    """Write the waivers of a repository that has the module web and one record."""
    for name in ("scripts/policies/waivers.yaml", "modules/web/unit.yaml", "docs/adr/0001-a.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_waivers_of_the_environment_the_next_to_end_first(tmp_path: Path) -> None:
    write_waivers(tmp_path, WAIVERS)
    found = kept.read_waivers(tmp_path, "dev", TODAY)
    assert found.fact == Fact("bad", "3 findings are accepted; 1 of the waivers expired; 1 for less than 14 days.")
    assert [(one.check, one.days_left) for one in found.accepted] == [
        ("CKV_AWS_2", -1),
        ("CKV_AWS_4", 5),
        ("CKV_AWS_1", 29),
    ]
    assert [one.subject for one in found.accepted] == ["env d* unit web", "modules/web", "env dev unit web"]
    assert found.not_applicable == 1


def test_a_waiver_counts_on_its_last_day(tmp_path: Path) -> None:
    write_waivers(tmp_path, WAIVERS.replace("2026-01-30", "2026-01-31"))
    assert kept.read_waivers(tmp_path, "dev", TODAY).fact.state == "note"


def test_no_waiver_is_good(tmp_path: Path) -> None:
    write_waivers(tmp_path, "accepted: []\n")
    assert kept.read_waivers(tmp_path, "dev", TODAY).fact == Fact("good", "No finding is accepted.")


def test_a_wrong_waiver_is_bad_input(tmp_path: Path) -> None:
    write_waivers(tmp_path, WAIVERS.replace(', expires: "2026-03-01"', ""))
    with pytest.raises(UserError, match=r"waivers.yaml:4: .*'expires' is missing"):
        kept.read_waivers(tmp_path, "dev", TODAY)


def test_a_fact_of_another_environment_has_no_picture(tmp_path: Path, environment: Environment) -> None:
    (tmp_path / "out/drills").mkdir(parents=True)
    (tmp_path / "out/drills/2026-01-30T090500Z-dev-local-eu-west-1.svg").write_text(SVG)
    assert kept.find_picture(tmp_path, replace(environment, name="qa"), "local") == ""
