"""Real Terraform and Terragrunt: a plan that only moves or imports changes the state, so it is applied."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from meridian.deploy import apply
from meridian.deploy.apply import apply_saved
from meridian.errors import CouldNotTell
from meridian.plans import terraform, terragrunt
from meridian.plans.saved import Plans
from meridian.state.contents import StateObject
from meridian.targets import Target
from tests.plans.bucket import Bucket

pytestmark = pytest.mark.slow

UNIT = "us-east-1/identity"
MOVED = "moved {\n  from = terraform_data.old\n  to   = terraform_data.new\n}\n"
IMPORTED = 'import {\n  to = terraform_data.more\n  id = "given"\n}\nresource "terraform_data" "more" {}\n'


@pytest.fixture
def write(
    target: Target, require_tool: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], None]:
    """Return a function that writes the module of the only unit: one resource by a name, then `more`."""
    for tool in ("terraform", "terragrunt"):
        require_tool(tool)
    backend = f'terraform {{\n  backend "local" {{\n    path = "{target.root}/state.tfstate"\n  }}\n}}\n'
    unit = target.root / "live/dev" / UNIT / "terragrunt.hcl"
    unit.write_text(f'terraform {{\n  source = "{target.root}/modules//identity"\n}}\n')

    def write(name: str, more: str = "") -> None:
        resource = f'resource "terraform_data" "{name}" {{\n  input = "kept"\n}}\n'
        (target.root / "modules/identity/main.tf").write_text(backend + resource + more)

    def state(_: Target) -> list[StateObject]:
        return [StateObject(UNIT, "", json.loads((target.root / "state.tfstate").read_text()))]

    # The state is a local file: it is in no bucket, and no folder has its key; there is only one.
    monkeypatch.setattr(apply, "read_states", state)
    monkeypatch.setattr(Target, "client", lambda *_: Bucket())
    monkeypatch.setattr(
        terraform, "find_folder", lambda *_: next(target.work_dir.glob("cache/*/*/identity/.terraform")).parent
    )
    write("old")
    terragrunt.run(target, "apply").require_success("The first apply")
    return write


def addresses(target: Target) -> list[str]:
    """Return the addresses of the resources in the unit's state."""
    state = json.loads((target.root / "state.tfstate").read_text())
    return sorted(f"{one['type']}.{one['name']}" for one in state["resources"])


@pytest.mark.parametrize(
    ("name", "more", "change", "expected"),
    [
        ("new", MOVED, ("move", "terraform_data.old -> terraform_data.new"), ["terraform_data.new"]),
        ("old", IMPORTED, ("import", "terraform_data.more"), ["terraform_data.more", "terraform_data.old"]),
    ],
    ids=["moved", "import"],
)
def test_a_plan_without_actions_that_changes_the_state_is_applied(
    target: Target,
    write: Callable[[str, str], None],
    name: str,
    more: str,
    change: tuple[str, str],
    expected: list[str],
) -> None:
    write(name, more)
    plans = Plans(target)
    (saved,) = plans.make()
    actions = {action for entry in _document(plans)["resource_changes"] for action in entry["change"]["actions"]}
    assert actions == {"no-op"}
    assert not saved.empty
    assert saved.changes == (change,)
    assert apply_saved(target, plans, [saved], lambda *_: None, show=lambda _: None) == [UNIT]
    assert addresses(target) == expected
    (again,) = plans.make()
    assert again.empty
    assert not (plans.folder / UNIT / "tfplan.json").exists()
    assert not plans.read(UNIT).applyable
    assert apply_saved(target, plans, [again], lambda *_: None, show=lambda _: None) == []


@pytest.mark.parametrize(
    "more",
    ['output "said" {\n  value = "a word"\n}\n', 'resource "terraform_data" "more" {}\n'],
    ids=["output", "create"],
)
def test_a_plan_with_anything_to_apply_is_read_whole(
    target: Target, write: Callable[[str, str], None], more: str
) -> None:
    write("old", more)
    (saved,) = Plans(target).make()
    assert not saved.empty
    assert (Plans(target).folder / UNIT / "tfplan.json").is_file()


def test_a_plan_that_names_no_resource_is_not_taken_for_an_empty_one(
    target: Target, write: Callable[[str, str], None]
) -> None:
    """Terraform calls it "No changes"."""
    write("old")
    (target.root / "state.tfstate").unlink()
    main = target.root / "modules/identity/main.tf"
    main.write_text(main.read_text().partition("resource")[0])
    with pytest.raises(CouldNotTell, match="dev/us-east-1/identity: its plan is not a whole plan"):
        Plans(target).make()


def _document(plans: Plans) -> dict[str, list[dict[str, dict[str, list[str]]]]]:
    document: dict[str, list[dict[str, dict[str, list[str]]]]] = json.loads(
        (plans.folder / UNIT / "tfplan.json").read_text()
    )
    return document
