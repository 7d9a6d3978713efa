"""The reports of plan and apply: every change is named, also one that has no action."""

import json
from pathlib import Path
from typing import Any

import pytest

from meridian.deploy import command
from meridian.errors import Refused, UserError
from meridian.plans.changes import Change, UnitChanges
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan
from meridian.targets import Target

PLANS = [
    UnitPlan("e/data", (("move", "a.old -> a.new"), ("import", 'a.b["x"]')), False, False, applyable=True),
    UnitPlan("e/compute", (("create and forget", "a.b[0]"),), False, True, applyable=True),
    UnitPlan("u/data", (), True, False, applyable=True),
    UnitPlan("u/identity", (), False, False, applyable=False),
]


def plan(target: Target, *, as_json: bool) -> int:
    """Run `meridian plan`."""
    return command.plan("dev", root=target.root, target="local", as_json=as_json)


@pytest.fixture(autouse=True)
def planned(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a plan have these results."""
    monkeypatch.setattr(command, "resolve", lambda *_: target)
    monkeypatch.setattr(command, "require_current", lambda _: None)
    monkeypatch.setattr(Plans, "make", lambda _: PLANS)


def test_a_plan_shows_moves_and_imports(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(target, as_json=False) == 0
    head, *rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert head == "unit create update replace delete move import note"
    assert rows == [
        "e/data 1 1",
        "e/compute provisional (mocks)",
        "u/data outputs only",
        "u/identity no changes",
        "MOVE e/data a.old -> a.new",
        'IMPORT e/data a.b["x"]',
        "CREATE AND FORGET e/compute a.b[0]",
    ]


def test_the_report_of_a_plan_lists_them(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(target, as_json=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["changes"]
    assert report["units"][0]["changes"] == [
        {"action": "move", "address": "a.old -> a.new"},
        {"action": "import", "address": 'a.b["x"]'},
    ]


def test_a_plan_without_changes_exits_0_and_says_so(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Plans, "make", lambda _: PLANS[-1:])
    assert plan(target, as_json=False) == 0
    assert "No changes." in capsys.readouterr().err
    assert not json.loads((target.root / "out/plan.json").read_text())["changes"]


def test_only_the_plan_of_the_digest_is_applied(
    target: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The digest of another plan applies nothing and leaves no plan; a missing one does not even plan."""
    changes = {"u/data": UnitChanges("u/data", (Change("a.b", "create"),), ())}
    monkeypatch.setattr(Plans, "changes", lambda *_: changes)
    applied: list[str] = []
    monkeypatch.setattr(command, "apply_saved", lambda *_, **__: applied.append("applied") or [])
    digest = tmp_path / "digest.json"
    command.plan("dev", root=target.root, target="local", digest=digest, as_json=True)
    options: dict[str, Any] = {"root": target.root, "target": "local", "approved": digest, "as_json": True}
    assert command.apply("dev", **options) == 0
    changes["u/data"] = UnitChanges("u/data", (Change("a.b", "replace"),), ())
    Plans(target).folder.mkdir(parents=True)
    with pytest.raises(Refused, match="u/data: the plan is not the one that was approved"):
        command.apply("dev", **options)
    assert not Plans(target).folder.exists()
    monkeypatch.setattr(Plans, "make", lambda _: pytest.fail("planned"))
    digest.unlink()
    with pytest.raises(UserError):
        command.apply("dev", **options)
    assert applied == ["applied"]
