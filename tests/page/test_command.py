"""`meridian report`: the page and the JSON say the same, and the exit code is 3 if something could not be told."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from meridian.cli import main
from meridian.errors import CouldNotTell
from meridian.page import collect
from meridian.page.facts import Fact, Facts
from tests.change.world import change, generate, write
from tests.conftest import ROOT
from tests.example import lay_example
from tests.gate.repository import git

WEB_WITH_ALARM = 'resource "aws_cloudwatch_metric_alarm" "it" {\n}\n'


def report(root: Path, environment: str, *options: str, code: int) -> tuple[dict[str, Any], str]:
    """Run the command on the local target; return its JSON report and the page."""
    assert main(["report", environment, "--root", str(root), "--target", "local", *options]) == code
    return json.loads((root / "out/report.json").read_text()), (root / "out/report.html").read_text()


def test_offline_the_files_are_enough(root: Path) -> None:
    """No AWS runs here. What was not asked is a note, never green."""
    body, page = report(root, "staging", "--offline", code=0)
    assert (body["verdict"], body["could_not_tell"]) == ("ok", [])
    assert [(one["region"], one["place"], one["primary"]) for one in body["regions"]] == [
        ("us-east-1", "N. Virginia", True),
        ("eu-west-1", "Ireland", False),
    ]
    assert body["regions"][1]["units"] == [
        {"module": "store", "version": "1.0.0"},
        {"module": "web", "version": "1.0.0"},
    ]
    assert {one["state"] for one in body["regions"]} == {"note"}
    for text in ("staging", "Ireland", "eu-west-1", "1.0.0", "No finding is accepted.", body["commit"]):
        assert text in page
    assert stat.S_IMODE((root / "out/report.html").stat().st_mode) == 0o600


def test_json_prints_the_same_facts(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body, _ = report(root, "dev", "--offline", "--json", code=0)
    assert json.loads(capsys.readouterr().out) == body


def test_a_pin_behind_the_environment_before_is_shown(root: Path) -> None:
    write(root, "modules/web/main.tf", "# changed\n")
    body, page = report(root, "staging", "--offline", code=0)
    assert body["versions"]["fact"]["sentence"] == "Not the same in all environments: web."
    assert body["regions"][0]["units"][1]["version"] == "1.0.0, behind dev"
    assert "1.0.0, behind dev" in page


def test_an_aws_that_is_not_there_is_exit_3_and_the_page_is_written(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, "modules/web/alarm.tf", WEB_WITH_ALARM)
    body, page = report(root, "dev", code=3)
    sentence = "alarms of us-east-1: Not reached: The local AWS of dev is not running."
    assert (body["verdict"], body["could_not_tell"]) == ("unknown", [sentence])
    assert sentence in page
    assert f"could not tell: {sentence}" in capsys.readouterr().err


def test_an_unknown_environment_leaves_no_old_page(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(root, "dev", "--offline", code=0)
    assert main(["report", "qa", "--root", str(root), "--offline"]) == 2
    assert "There is no environment 'qa'" in capsys.readouterr().err
    assert not (root / "out/report.html").exists()


def test_an_unknown_target_is_refused_offline_too(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "dev", "--root", str(root), "--offline", "--target", "moon"]) == 2
    assert "There is no target 'moon'" in capsys.readouterr().err


def collected(root: Path, target: CouldNotTell | None) -> Facts:
    """Return the facts of staging."""
    return collect.collect_facts(root, "staging", "local", target, datetime.now(UTC))


def test_a_region_that_is_being_removed_is_not_asked(root: Path) -> None:
    change(root, "live/inventory.yaml", 'reason: "Half', 'retiring: true\n        reason: "Half')
    generate(root)
    found = collected(root, CouldNotTell("No credentials."))
    assert found.regions[1].health == Fact("note", "Not asked: the region is being removed.")
    assert found.regions[1].retiring


def test_versions_that_cannot_be_told_are_not_empty(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise CouldNotTell("git is not installed.")

    monkeypatch.setattr(collect, "statuses", fail)
    found = collected(root, None)
    assert found.untold == ["versions: git is not installed."]
    assert {unit.version for unit in found.regions[0].units} == {"version unknown"}


def test_each_region_of_the_example_is_asked(example: Path) -> None:
    """It has an API in every region, so without credentials the health of each is unknown."""
    found = collect.collect_facts(example, "dev", "aws", CouldNotTell("No credentials."), datetime.now(UTC))
    assert {one.health for one in found.regions} == {Fact("unknown", "Not reached: No credentials.")}
    assert found.health == Fact("unknown", "0 of 2 regions answer; could not tell: us-east-1, eu-west-1.")
    assert found.alarms == Fact("note", "No unit here makes an alarm.")


def test_the_lever_of_routing_is_no_alarm_of_a_region(tmp_path: Path) -> None:
    """That it is off would look as if somebody watched."""
    root = tmp_path / "repository"
    git(tmp_path, "clone", "--quiet", "--shared", str(ROOT), str(root))
    lay_example(root)
    domain = "    domain: {name: api.example.com}\n    units: {routing: true, zone: true}\n"
    change(root, "live/inventory.yaml", "    versions: working-tree", f"{domain}    versions: working-tree")
    found = collect.collect_facts(root, "dev", "aws", CouldNotTell("No credentials."), datetime.now(UTC))
    assert found.alarms == Fact("note", "No unit here makes an alarm.")
