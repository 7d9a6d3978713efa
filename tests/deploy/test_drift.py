"""`meridian drift`: both ways out of each row, the exit codes, and no trace of it in the saved plans."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from meridian.cli import main
from meridian.deploy import selection
from meridian.deploy.drift import command
from meridian.errors import CouldNotTell, OperationFailed
from meridian.inventory.load import load_inventory
from meridian.plans.plan_json import Plan
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan, summarise
from meridian.targets import Target
from tests.change import world
from tests.change.conftest import root as root
from tests.change.conftest import template as template
from tests.deploy.plans import change, plan
from tests.render.conftest import own_cache as own_cache

GREET, ROLE = "aws_lambda_function.it", "aws_iam_role.function"
EAST, WEST = "us-east-1/web", "eu-west-1/web"
SIZE = {"references": ["var.size.small", "var.size"]}
LARGE = {"references": ["var.size.large", "var.size"]}
Values = dict[str, Any]


def document(
    drift: Sequence[Values] = (), planned: Sequence[Values] = (), expressions: Mapping[str, Any] | None = None
) -> Values:
    """Return a refreshed plan of a unit that has a state."""
    resources = [{"address": GREET, "expressions": expressions or {}}]
    state = {"root_module": {"resources": [{"address": GREET, "mode": "managed"}]}}
    return plan(*(planned or [change(GREET, "no-op")])) | {
        "resource_drift": list(drift),
        "configuration": {"root_module": {"resources": resources}},
        "prior_state": {"values": state},
        "applyable": bool(planned),
    }


def by_hand(name: str, old: Any, new: Any, **expressions: Any) -> Values:
    """Return the plan of a unit in which an attribute of the function was changed by hand."""
    there, back = {name: old}, {name: new}
    return document(
        [change(GREET, "update", before=there, after=back)],
        [change(GREET, "update", before=back, after=there)],
        expressions,
    )


class World:
    """A repository whose plans are played; `found` has the plan of each unit, or an error."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.found: dict[str, Values] = {}
        self.failure: OperationFailed | None = None
        monkeypatch.setenv("COLUMNS", "400")
        monkeypatch.setattr(command, "resolve", lambda root, name, kind: self.target(name))
        monkeypatch.setattr(command, "begin_run", lambda *_: None)
        monkeypatch.setattr(command, "lost_states", lambda _: [])
        monkeypatch.setattr(Plans, "make", lambda plans, units=None: self._make(plans, units))
        monkeypatch.setattr(selection, "read_needs", lambda _: dict.fromkeys(self.found, ()))

    def target(self, name: str) -> Target:
        """Return the local target of an environment."""
        inventory = load_inventory(self.root / "live/inventory.yaml")
        return Target("local", self.root, inventory.environment(name), inventory.repository, "http://127.0.0.1:1")

    def run(self, name: str = "staging", *options: str) -> int:
        """Run the command."""
        return main(["drift", name, "--target", "local", "--root", str(self.root), *options])

    def report(self) -> Any:
        """Return the kept report."""
        return world.report(self.root, "drift")

    def _make(self, plans: Plans, units: Sequence[str] | None) -> list[UnitPlan]:
        assert plans.folder.name == "drift"
        if self.failure:
            raise self.failure
        for unit, one in self.found.items():
            (plans.folder / unit).mkdir(parents=True)
            (plans.folder / unit / "tfplan.json").write_text(json.dumps(one))
        return [summarise(unit, Plan(self.found[unit])) for unit in sorted(units or self.found)]


@pytest.fixture
def played(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> World:
    """Return a repository of two modules whose plans are played."""
    capsys.readouterr()
    return World(root, monkeypatch)


def line_of(root: Path, text: str, file: str = "live/inventory.yaml") -> int:
    """Return the line of the only occurrence of a text in a file."""
    (found,) = [number for number, line in enumerate((root / file).read_text().splitlines(), 1) if text in line]
    return found


def test_without_drift_it_exits_with_0(played: World, capsys: pytest.CaptureFixture[str]) -> None:
    played.found = {EAST: document(), WEST: document()}
    assert played.run() == 0
    assert capsys.readouterr().out.startswith("No drift in 2 units.\n")
    assert (played.report()["verdict"], played.report()["next"]) == ("ok", [])


def test_the_same_drift_in_two_regions_is_one_row_with_both_ways_out(
    played: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each region's own line is named."""
    played.found = {unit: by_hand("memory_size", 1, 9, memory_size=SIZE) for unit in (EAST, WEST)}
    assert played.run() == 1
    said = capsys.readouterr().out
    own, shared = line_of(played.root, "{small: 2}"), line_of(played.root, "{small: 1}")
    west = "environments.staging.regions.eu-west-1.size.small"
    assert " ".join(said.split()).startswith(
        "Drift: from what was applied to what AWS has "
        "changed eu-west-1, us-east-1: web: aws_lambda_function.it: memory_size 1 -> 9 "
        f"to accept it, edit live/inventory.yaml:{own} ({west}) "
        f"to accept it, edit live/inventory.yaml:{shared} (defaults.size.small) "
    )
    assert "2 resources differ from what was applied, in 2 of 2 units.\n" in said
    assert "`meridian plan staging --target local`, then `meridian apply staging --target local`.\n" in said
    assert [row["accept"] for row in played.report()["drift"]] == [
        [said.split("edit ")[n].split("\n")[0] for n in (1, 2)]
    ]


@pytest.mark.parametrize(
    ("name", "expressions", "place"),
    [
        ("memory_size", {"memory_size": LARGE}, "(defaults.size.large, not set: the default is in web 1.0.0: "),
        ("function_name", {"function_name": {"references": ["var.name"]}}, "web 1.0.0: modules/web/main.tf:2"),
        ("tags", {}, "web 1.0.0: modules/web/main.tf:1"),
        ("role", {"role": {"references": ["aws_iam_role.function[0].arn"]}}, "web 1.0.0: modules/web/main.tf:1"),
    ],
)
def test_what_the_inventory_does_not_set_is_set_by_the_module(
    played: World, name: str, expressions: Values, place: str
) -> None:
    """A released module is named with its version: its lines are not those of the working tree."""
    played.found = {EAST: by_hand(name, 1, 9, **expressions)}
    world.write(played.root, "modules/web/main.tf", "# longer\n\n" + world.WEB["main.tf"])
    assert played.run() == 1
    (row,) = played.report()["drift"]
    assert place in row["accept"][0]


def test_a_policy_leads_to_the_statement_of_its_document(played: World) -> None:
    text = (
        'resource "aws_iam_role_policy" "it" {\n  policy = data.aws_iam_policy_document.it.json\n}\n\n'
        'data "aws_iam_policy_document" "it" {\n  statement {\n    sid = "Write"\n  }\n}\n'
    )
    world.write(played.root, "modules/web/main.tf", world.WEB["main.tf"] + text)
    there, back = (
        {"policy": json.dumps({"Statement": [{"Sid": "Write", "Action": word}, {"Sid": "Read"}]})}
        for word in ("s3:Get*", "s3:*")
    )
    address = "aws_iam_role_policy.it"
    one = document(
        [change(address, "update", before=there, after=back)], [change(address, "update", before=back, after=there)]
    )
    references = {"policy": {"references": ["data.aws_iam_policy_document.it.json", "data.aws_iam_policy_document.it"]}}
    one["configuration"]["root_module"]["resources"] = [{"address": address, "expressions": references}]
    played.found = {EAST: one}
    assert played.run("dev") == 1
    (row,) = played.report()["drift"]
    assert row["accept"] == [f"modules/web/main.tf:{line_of(played.root, 'sid = ', 'modules/web/main.tf')}"]


def test_a_deleted_resource_and_a_commit_are_told_apart(played: World, capsys: pytest.CaptureFixture[str]) -> None:
    """An apply does both, and says so."""
    gone = change(ROLE, "delete", before={"name": "r"}, after=None)
    again = change(ROLE, "create", before=None, after={"name": "r"})
    commit = change(GREET, "update", before={"timeout": 5}, after={"timeout": 10})
    played.found = {EAST: document([gone], [again, commit])}
    assert played.run() == 1
    said = capsys.readouterr().out
    assert (
        "  deleted us-east-1: web: aws_iam_role.function\n      to accept it, edit web 1.0.0: modules/web/main.tf:5\n"
        in said
    )
    assert "Not applied yet, no drift: from what AWS has to the configuration\n" in said
    assert "  update  us-east-1: web: aws_lambda_function.it: timeout 5 -> 10\n" in said
    assert "This also applies what is not applied yet." in said


def test_what_is_only_not_applied_is_not_red(played: World, capsys: pytest.CaptureFixture[str]) -> None:
    played.found = {EAST: document((), [change(GREET, "update", before={"timeout": 5}, after={"timeout": 10})])}
    assert played.run() == 0
    said = capsys.readouterr().out
    assert "Not applied yet, no drift" in said
    assert said.endswith("No drift in 1 unit.\n")


def test_a_unit_that_was_never_applied_is_named(played: World, capsys: pytest.CaptureFixture[str]) -> None:
    new = plan(change(GREET, "create", before=None, after={}))
    played.found = {EAST: document(), WEST: new}
    assert played.run() == 0
    assert "Without a state: never applied\n  eu-west-1/web\n" in capsys.readouterr().out
    played.found = {WEST: new}
    assert played.run() == 3
    assert "`meridian apply staging --target local`" in capsys.readouterr().err


def test_a_plan_that_fails_could_not_tell(played: World, tmp_path: Path) -> None:
    """Neither an older report nor an older Markdown file stays green."""
    played.found, markdown = {EAST: document()}, tmp_path / "drift.md"
    assert played.run("staging", "--markdown", str(markdown)) == 0
    assert "No drift in 1 unit." in markdown.read_text()
    played.failure = OperationFailed("The plan failed in us-east-1/web.", "Look.")
    assert played.run("staging", "--markdown", str(markdown)) == 3
    assert played.report()["verdict"] == "unknown"
    assert not markdown.exists()


def test_the_saved_plans_of_plan_stay_and_none_of_its_own(played: World) -> None:
    target = played.target("staging")
    kept = Plans(target).folder / EAST / "tfplan.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    played.found = {EAST: by_hand("memory_size", 1, 9)}
    assert played.run() == 1
    assert kept.read_text() == "{}"
    assert not Plans(target, "drift").folder.exists()


def test_it_stays_away_from_another_run(played: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: Target, name: str) -> None:
        raise CouldNotTell(f"`meridian apply` works on it, so `{name}` waits.")

    monkeypatch.setattr(command, "begin_run", busy)
    monkeypatch.setattr(Plans, "make", lambda *_: pytest.fail("It planned."))
    assert played.run() == 3
    assert "`drift` waits" in played.report()["error"]


def test_only_the_chosen_units_are_compared(played: World, capsys: pytest.CaptureFixture[str]) -> None:
    played.found = {EAST: document(), WEST: by_hand("memory_size", 1, 9)}
    assert played.run("staging", "--region", "us-east-1") == 0
    assert "Left out: eu-west-1/web" in capsys.readouterr().out


def test_the_markdown_renders_nothing_of_aws_and_fits_into_a_comment(played: World, tmp_path: Path) -> None:
    played.found = {
        WEST: by_hand("description", "x", "`<script>` @all", description=SIZE),
        EAST: by_hand("description", "x", "y" * 70_000),
    }
    markdown = tmp_path / "new/drift.md"
    assert played.run("staging", "--markdown", str(markdown)) == 1
    text = markdown.read_text()
    assert "  - `description` `x` -> `` `<script>` @all ``\n" in text
    assert "1 of 2 under “Drift: from what was applied to what AWS has”" in text
    assert "`meridian drift staging --target local` shows everything." in text
    assert len(text) < 65_536
