"""The reports of plan, apply and show: every change is named, and what was left out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from meridian.deploy import command, selection, show
from meridian.deploy.shift import Shift
from meridian.errors import Refused, UserError
from meridian.inventory.model import Environment
from meridian.plans import terraform, terragrunt
from meridian.plans.changes import Change, UnitChanges
from meridian.plans.plan_json import Plan
from meridian.plans.saved import Plans, tree_fingerprint
from meridian.plans.summary import UnitPlan, summarise
from meridian.targets import Target
from tests.deploy.plans import change, plan

MOVED = change("a.new", "no-op", previous_address="a.old")
CHANGES = {
    "eu-west-1/data": plan(MOVED, change('a.b["x"]', "no-op", importing={"id": "b-1"})),
    "eu-west-1/compute": plan(change("a.b[0]", "create and forget")) | {"variables": {"x": {"value": "meridianmock"}}},
    "us-east-1/data": plan(change("a.b", "no-op"))
    | {"output_changes": {"arn": {"actions": ["update"], "before": "x", "after": "y"}}},
    "us-east-1/identity": plan(change("a.b", "no-op")) | {"applyable": False},
}
GRAPH = dict.fromkeys(CHANGES, ()) | {"eu-west-1/compute": ("eu-west-1/data", "us-east-1/identity")}


@pytest.fixture(autouse=True)
def planned(
    target: Target, monkeypatch: pytest.MonkeyPatch, save_plan: Callable[[Path, str, dict[str, Any]], None]
) -> None:
    """Let a plan have these results."""

    def make(plans: Plans, units: Sequence[str] | None = None) -> list[UnitPlan]:
        plans.discard()
        found = []
        for unit in sorted(units or CHANGES):
            save_plan(plans.folder, unit, CHANGES[unit])
            found.append(summarise(unit, Plan(CHANGES[unit])))
        plans._origin.write_text(tree_fingerprint(plans.target))
        return found

    for module in (command, show):
        monkeypatch.setattr(module, "resolve", lambda *_: target)
    monkeypatch.setattr(command, "require_current", lambda _: None)
    monkeypatch.setattr(command, "require_no_errored", lambda _: None)
    monkeypatch.setattr(command, "lost_states", lambda _: ["s3://bucket/live/dev/mars-1/data/terraform.tfstate"])
    monkeypatch.setattr(Plans, "make", make)
    monkeypatch.setattr(terragrunt, "read_graph", lambda _: GRAPH)


def make_plan(target: Target, *, as_json: bool = False, markdown: Path | None = None, **only: Any) -> int:
    """Run `meridian plan`."""
    return command.plan("dev", root=target.root, target="local", markdown=markdown, as_json=as_json, **only)


def test_a_plan_shows_everything_that_has_no_action_too(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert make_plan(target) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Dangerous changes: 1",
        "  eu-west-1: compute: a.b would be dropped from the state and go on existing.",
        "",
        "Changes",
        "  create and forget eu-west-1: compute: a.b[0]",
        '  import  eu-west-1: data: a.b["x"] (id b-1)',
        "  move    eu-west-1: data: a.old -> a.new",
        "",
        "Outputs that change",
        "  us-east-1: data: arn x -> y",
        "",
        "Not yet known: planned again with real outputs during the apply",
        "  eu-west-1/compute",
        "",
        "1 to create and forget, 1 to move, 1 to import, in 3 of 4 units.",
    ]


def test_the_report_of_a_plan_lists_them(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert make_plan(target, as_json=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["changes"]
    assert report["units"][1]["changes"] == [
        {"action": "move", "address": "a.old -> a.new"},
        {"action": "import", "address": 'a.b["x"]'},
    ]
    assert [row["action"] for row in report["summary"]["rows"]] == ["create and forget", "import", "move"]
    assert report["summary"]["not_yet_known"] == ["eu-west-1/compute"]


def test_a_plan_without_changes_exits_0_and_says_so(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    assert make_plan(target, unit=["identity"]) == 0
    assert "No changes in 1 unit." in capsys.readouterr().out
    assert not json.loads((target.root / "out/plan.json").read_text())["changes"]


def test_a_plan_names_states_that_belong_to_no_unit(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    """Their resources are in no plan."""
    make_plan(target)
    said = capsys.readouterr().err
    assert "s3://bucket/live/dev/mars-1/data/terraform.tfstate belongs to no unit" in said
    assert "`meridian audit dev --target local`" in said


def test_a_plan_of_some_units_says_what_it_left_out(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    """And so does the next `show`, because only these plans are saved."""
    sentence = (
        "Left out: eu-west-1/compute, us-east-1/data, us-east-1/identity; "
        "these of them depend on what is in: eu-west-1/compute."
    )
    assert make_plan(target, region=["eu-west-1"], unit=["data"]) == 0
    planned = capsys.readouterr().out
    assert Plans(target).saved() == ["eu-west-1/data"]
    assert show.show("dev", root=target.root, target="local") == 0
    assert capsys.readouterr().out == planned
    assert sentence in " ".join(planned.split())


def test_a_unit_may_be_named_with_its_region(target: Target) -> None:
    assert make_plan(target, unit=["us-east-1/data"]) == 0
    assert Plans(target).saved() == ["us-east-1/data"]


def test_an_apply_of_some_units_takes_their_saved_plans(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are dropped: what they read may be another value now."""
    monkeypatch.setattr(
        command, "apply_saved", lambda _, plans, saved, gate, show, accept_new, shift: [one.unit for one in saved]
    )
    make_plan(target)
    assert (
        command.apply("dev", root=target.root, target="local", as_json=False, region=["us-east-1"], unit=["data"]) == 0
    )
    assert capsys.readouterr().out.endswith("applied us-east-1/data\n")
    assert not Plans(target).folder.exists()


def test_the_options_of_the_canary_reach_the_apply(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bad ones end the command before it does anything."""
    shifts: list[object] = []
    monkeypatch.setattr(command, "apply_saved", lambda *_, shift, **__: shifts.append(shift) or [])
    make_plan(target)
    options: dict[str, Any] = {"root": target.root, "target": "local", "as_json": True}
    with pytest.raises(UserError, match="are of --canary"):
        command.apply("dev", **options, percent=20)
    assert command.apply("dev", **options, canary=True, percent=20) == 0
    assert shifts == [Shift(20, 5)]


def test_only_the_plan_of_the_digest_is_applied(
    target: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The digest of another plan applies nothing and leaves no plan; a missing one does not even plan."""
    changes = {"u/data": UnitChanges("u/data", (Change("a.b", "create"),), ())}
    monkeypatch.setattr(Plans, "changes", lambda *_: changes)
    monkeypatch.setattr(Plans, "read_all", lambda *_: [Plan(CHANGES["us-east-1/data"])])
    applied: list[str] = []
    monkeypatch.setattr(command, "apply_saved", lambda *_, **__: applied.append("applied") or [])
    monkeypatch.setattr(command, "begin_commit", lambda _: applied.append("begun"))
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
    assert applied == ["begun", "applied"]


def test_an_apply_of_units_without_a_saved_plan_is_refused(target: Target) -> None:
    make_plan(target, unit=["data"])
    with pytest.raises(UserError, match="us-east-1/identity: there is no saved plan") as refused:
        command.apply("dev", root=target.root, target="local", as_json=False, unit=["identity"])
    assert "eu-west-1/data, us-east-1/data" in refused.value.hint


@pytest.mark.parametrize(
    ("only", "known"),
    [
        ({"region": ["mars-1"]}, "eu-west-1, us-east-1"),
        ({"unit": ["edge"]}, "compute, data, identity"),
        ({"region": ["eu-west-1"], "unit": ["identity"]}, "eu-west-1/compute, eu-west-1/data"),
    ],
)
def test_an_unknown_region_or_unit_is_refused_with_the_known(
    target: Target, only: dict[str, list[str]], known: str
) -> None:
    with pytest.raises(UserError) as refused:
        make_plan(target, **only)
    assert known in refused.value.hint


def test_the_job_gets_the_whole_summary_and_a_comment_what_fits(target: Target, tmp_path: Path) -> None:
    make_plan(target, markdown=tmp_path / "new/comment.md")
    assert (tmp_path / "new/comment.md").read_text() == (target.root / "out/plan.md").read_text()


def test_a_plan_that_fails_leaves_no_older_summary_for_the_job(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    make_plan(target)

    def fail(*_: object) -> None:
        raise UserError("no")

    monkeypatch.setattr(command, "resolve", fail)
    with pytest.raises(UserError):
        make_plan(target)
    assert not (target.root / "out/plan.md").exists()


def test_show_refuses_a_unit_without_a_plan_and_a_changed_tree(target: Target) -> None:
    make_plan(target, unit=["data"])
    with pytest.raises(UserError, match="identity: there is no saved plan of this unit"):
        show.show("dev", root=target.root, target="local", unit="us-east-1/identity")
    (target.root / "modules/identity/main.tf").write_text("# changed\n")
    with pytest.raises(UserError, match="has changed since the plan was made"):
        show.show("dev", root=target.root, target="local")


def test_show_prints_one_unit_as_terraform_does(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_plan(target)
    monkeypatch.setattr(terraform, "show_plan", lambda _, unit, file: f"{unit} {file.name}\n".encode())
    assert show.show("dev", root=target.root, target="local", unit="eu-west-1/data") == 0
    assert capsys.readouterr().out.endswith("eu-west-1/data tfplan.tfplan\n")


@pytest.fixture
def unchanged(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The units that `--changed` leaves out; empty at first."""
    left: set[str] = set()
    monkeypatch.setattr(selection, "find_changed", lambda _: sorted(CHANGES.keys() - left))
    monkeypatch.setattr(selection, "find_units", lambda _: sorted(CHANGES))
    return left


def test_changed_plans_what_may_have_changed_and_names_the_rest(
    target: Target, unchanged: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    unchanged |= {"us-east-1/data", "us-east-1/identity"}
    assert make_plan(target, changed=True) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert Plans(target).saved() == ["eu-west-1/compute", "eu-west-1/data"]
    assert "Not planned, unchanged since their last successful apply: us-east-1/data, us-east-1/identity." in said


def test_changed_goes_with_a_region(target: Target, unchanged: set[str]) -> None:
    unchanged |= {"us-east-1/identity"}
    assert make_plan(target, changed=True, region=["us-east-1"]) == 0
    assert Plans(target).saved() == ["us-east-1/data"]


def test_if_nothing_has_changed_nothing_is_planned_or_applied(
    target: Target, unchanged: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An older plan is gone too: `apply` plans everything then."""
    make_plan(target)
    unchanged.update(CHANGES)
    assert make_plan(target, changed=True) == 0
    assert "No unit was planned." in capsys.readouterr().out
    report = json.loads((target.root / "out/plan.json").read_text())
    assert (report["changes"], report["units"]) == (False, [])
    assert not Plans(target).exist
    monkeypatch.setattr(command, "apply_saved", lambda _, plans, saved, gate, show, accept_new, shift: list(saved))
    assert command.apply("dev", root=target.root, target="local", changed=True, as_json=False) == 0
    assert capsys.readouterr().out.endswith("applied nothing: no unit has changes\n")


@pytest.mark.parametrize("edited", [False, True], ids=["planned", "edited since"])
def test_an_apply_of_the_changed_takes_their_saved_plans_while_they_can_be_applied(
    target: Target, unchanged: set[str], monkeypatch: pytest.MonkeyPatch, edited: bool
) -> None:
    unchanged |= {"us-east-1/identity"}
    make_plan(target, changed=True)
    if edited:
        (target.root / "modules/identity/main.tf").write_text("# edited\n")
    made: list[object] = []
    make = Plans.make
    monkeypatch.setattr(Plans, "make", lambda *arguments: made.append(arguments) or make(*arguments))
    applied: list[str] = []
    monkeypatch.setattr(
        command, "apply_saved", lambda _, plans, saved, *__, **___: applied.extend(p.unit for p in saved) or applied
    )
    assert command.apply("dev", root=target.root, target="local", changed=True, as_json=True) == 0
    assert applied == ["eu-west-1/compute", "eu-west-1/data", "us-east-1/data"]
    assert bool(made) == edited


def test_no_approval_rests_on_changed(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a digest, nor a comment, nor the confirmation of a protected environment."""
    file = tmp_path / "digest.json"
    for option in ("digest", "markdown"):
        with pytest.raises(UserError, match="excludes --digest, --approved and --markdown"):
            make_plan(target, changed=True, **{option: file})
    with pytest.raises(UserError, match="excludes --digest, --approved and --markdown"):
        command.apply("dev", root=target.root, target="local", changed=True, approved=file, as_json=False)
    guarded = replace(target, environment=replace(target.environment, protected=True))
    monkeypatch.setattr(command, "resolve", lambda *_: guarded)
    for run in (command.plan, command.apply):
        with pytest.raises(UserError, match="dev is protected"):
            run("dev", root=target.root, target="local", changed=True, as_json=False)
    assert not Plans(target).folder.exists()


def test_a_destroy_drops_the_records_first(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every unit, so that none says that a unit is as it was applied."""
    done: list[str] = []

    def run(_: Target, verb: str) -> terragrunt.RunResult:
        done.append(verb)
        return terragrunt.RunResult(0, {"us-east-1/identity": "succeeded"}, {}, target.work_dir)

    monkeypatch.setattr(command, "load_inventory", lambda _: SimpleNamespace(environment=lambda _: target.environment))
    monkeypatch.setattr(command, "drop_records", lambda _, units: done.extend(units))
    monkeypatch.setattr(terragrunt, "run", run)
    assert command.destroy("dev", root=target.root, target="local", confirm="dev", as_json=False) == 0
    assert done == ["us-east-1/identity", "destroy"]


@pytest.mark.parametrize("last", [True, False])
def test_a_protected_environment_is_destroyed_only_if_all_of_it_is_retiring(
    environment: Environment, last: bool
) -> None:
    first, *others = environment.regions
    regions = (replace(first, retiring=last), *(replace(one, retiring=True) for one in others))
    going = replace(environment, protected=True, regions=regions)
    if last:
        command._require_destroyable(going)
    else:
        with pytest.raises(UserError, match="cannot be destroyed"):
            command._require_destroyable(going)
