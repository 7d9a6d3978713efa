"""Saved plans: loaded only while the tree is the one that they were made from, and applied once."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meridian.errors import CouldNotTell, OperationFailed, UserError
from meridian.plans import terraform, terragrunt
from meridian.plans.saved import Plans, tree_fingerprint
from meridian.state.contents import StateObject
from meridian.targets import Target
from tests.plans.test_plan_file import EMPTY

PlanJson = Callable[..., dict[str, Any]]
SavePlan = Callable[[Path, str, dict[str, Any]], None]
UNIT = "us-east-1/identity"


@pytest.fixture
def plans(target: Target, plan_json: PlanJson, save_plan: SavePlan) -> Plans:
    """One saved plan of one unit, made from the tree as it is."""
    made = Plans(target)
    save_plan(made.folder, UNIT, plan_json((["create"], "a.b")))
    (made.folder / "origin.sha256").write_text(tree_fingerprint(target))
    return made


def test_saved_plans_are_loaded_while_the_tree_is_the_same(plans: Plans) -> None:
    assert [plan.unit for plan in plans.load()] == [UNIT]


@pytest.mark.parametrize("path", ["terragrunt.hcl", "live/dev/us-east-1/data.hcl", "modules/identity/main.tf"])
def test_a_changed_or_new_file_makes_saved_plans_unusable(plans: Plans, path: str) -> None:
    (plans.target.root / path).write_text("# changed\n")
    with pytest.raises(UserError, match="has changed since the plan"):
        plans.load()


def test_a_pinned_environment_does_not_care_about_the_working_tree(target: Target) -> None:
    pinned = replace(target, environment=replace(target.environment, versions={"identity": "1.0.0"}))
    before = tree_fingerprint(pinned)
    (target.root / "modules/identity/main.tf").write_text("# changed\n")
    assert tree_fingerprint(pinned) == before


def test_without_a_plan_the_command_to_make_one_is_named(target: Target) -> None:
    with pytest.raises(UserError, match="no saved plan") as refused:
        Plans(target).load()
    assert "meridian plan dev --target local" in refused.value.hint


def test_a_plan_writes_its_origin_whole(
    target: Target, plan_json: PlanJson, save_plan: SavePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, document = Plans(target), plan_json((["create"], "a.b"))

    def run(*_: object, options: list[str], **__: object) -> terragrunt.RunResult:
        save_plan(Path(options[1]), UNIT, document)
        return terragrunt.RunResult(0, {UNIT: "succeeded"}, {}, target.work_dir)

    monkeypatch.setattr(terragrunt, "read_graph", lambda _: {UNIT: ()})
    monkeypatch.setattr(terragrunt, "run", run)
    monkeypatch.setattr(terraform, "show_plan", lambda *_: json.dumps(document).encode())
    assert made.make() == made.load()
    assert sorted(path.name for path in made.folder.iterdir()) == ["origin.sha256", "us-east-1"]


def test_a_plan_of_chosen_resources_is_beside_the_saved_ones(
    plans: Plans, plan_json: PlanJson, save_plan: SavePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not whole, and an apply of the saved plans never sees it."""
    document = plan_json((["update"], "a.b")) | {"complete": False}

    def run(*_: object, options: list[str], arguments: list[str], **__: object) -> terragrunt.RunResult:
        assert arguments == ["-target=a.b"]
        save_plan(Path(options[1]), UNIT, document)
        return terragrunt.RunResult(0, {UNIT: "succeeded"}, {}, plans.target.work_dir)

    monkeypatch.setattr(terragrunt, "run", run)
    monkeypatch.setattr(terraform, "show_plan", lambda *_: json.dumps(document).encode())
    part, before = Plans(plans.target, "apply", only=("a.b",)), plans.load()
    assert [plan.changes for plan in part.make([UNIT])] == [(("update", "a.b"),)]
    assert plans.load() == before
    with pytest.raises(CouldNotTell, match="is not complete"):
        Plans(plans.target, "apply").load()


def test_a_plan_that_is_made_again_and_interrupted_leaves_the_earlier_one(
    plans: Plans, save_plan: SavePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terraform writes a plan that failed too; the next apply sees what was approved and plans again."""

    def interrupt(*_: object, options: list[str], **__: object) -> terragrunt.RunResult:
        save_plan(Path(options[1]), UNIT, {"errored": True})
        raise KeyboardInterrupt

    before = plans.load()
    monkeypatch.setattr(terragrunt, "run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        plans.make_again([UNIT])
    assert plans.load() == before
    assert plans.kept() == {UNIT}


def test_an_applied_plan_is_gone(plans: Plans) -> None:
    plans.forget([UNIT])
    with pytest.raises(UserError, match="every saved plan has been applied"):
        plans.load()


def test_a_plan_that_cannot_be_read_is_never_an_empty_one(plans: Plans) -> None:
    (plans.folder / UNIT / "tfplan.json").write_text("{}")
    with pytest.raises(CouldNotTell):
        plans.load()


def test_a_plan_that_fails_leaves_nothing_to_apply(plans: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = terragrunt.RunResult(1, {UNIT: "failed"}, {UNIT: ["Error: no"]}, plans.folder / "log")
    monkeypatch.setattr(terragrunt, "read_graph", lambda target: {UNIT: ()})
    monkeypatch.setattr(terragrunt, "run", lambda *args, **options: failed)
    with pytest.raises(OperationFailed, match="The plan failed"):
        plans.make()
    assert not plans.folder.exists()


def test_a_plan_is_stale_if_its_state_has_changed(plans: Plans) -> None:
    """As Terraform sees it: by lineage and serial; a state that is not there yet has neither."""
    folder = plans.folder / UNIT
    states: list[StateObject] = []

    def made_for(lineage: str, serial: int, message: bytes = b"") -> set[str]:
        with zipfile.ZipFile(folder / "tfplan.tfplan", "w") as archive:
            archive.writestr("tfstate", json.dumps({"version": 4, "lineage": lineage, "serial": serial}))
            archive.writestr("tfplan", message)
        return plans.find_stale([UNIT], states)

    assert made_for("", 0) == set()
    assert made_for("a", 1) == set()
    assert made_for("a", 2) == {UNIT}
    assert made_for("a", 1, EMPTY) == {UNIT}, "What had nothing to change was there, and its state is gone."
    states.append(StateObject(UNIT, "key", {"version": 4, "lineage": "a", "serial": 2, "resources": []}))
    assert made_for("a", 2) == set()
    assert made_for("a", 2, EMPTY) == set()
    assert made_for("a", 1) == {UNIT}
    assert made_for("b", 2) == {UNIT}
    assert made_for("", 0) == {UNIT}


def test_there_is_something_to_apply_until_the_last_plan_is_applied(plans: Plans) -> None:
    """A plan that did not finish, and one of which nothing is left, are as none."""
    assert plans.exist
    plans._origin.rename(plans.folder / "aside")
    assert not plans.exist
    (plans.folder / "aside").rename(plans._origin)
    plans.forget([UNIT])
    assert not plans.exist
