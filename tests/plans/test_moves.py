"""Real Terraform and Terragrunt: a plan that only moves or imports changes the state, so it is applied."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from meridian.deploy.apply import apply_saved
from meridian.plans import terragrunt
from meridian.plans.saved import Plans
from meridian.targets import Target

pytestmark = pytest.mark.slow

UNIT = "us-east-1/identity"
MOVED = "moved {\n  from = terraform_data.old\n  to   = terraform_data.new\n}\n"
IMPORTED = 'import {\n  to = terraform_data.more\n  id = "given"\n}\nresource "terraform_data" "more" {}\n'


@pytest.fixture
def write(target: Target, require_tool: Callable[[str], Path]) -> Callable[[str, str], None]:
    """Return a function that writes the module of the only unit: one resource by a name, then `more`."""
    for tool in ("terraform", "terragrunt"):
        require_tool(tool)
    backend = f'terraform {{\n  backend "local" {{\n    path = "{target.root}/state.tfstate"\n  }}\n}}\n'
    unit = target.root / "live/dev" / UNIT / "terragrunt.hcl"
    unit.write_text(f'terraform {{\n  source = "{target.root}/modules//identity"\n}}\n')

    def write(name: str, more: str = "") -> None:
        resource = f'resource "terraform_data" "{name}" {{\n  input = "kept"\n}}\n'
        (target.root / "modules/identity/main.tf").write_text(backend + resource + more)

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
    assert apply_saved(target, plans, [saved], lambda *_: None) == [UNIT]
    assert addresses(target) == expected
    (again,) = plans.make()
    assert again.empty
    assert apply_saved(target, plans, [again], lambda *_: None) == []


def _document(plans: Plans) -> dict[str, list[dict[str, dict[str, list[str]]]]]:
    document: dict[str, list[dict[str, dict[str, list[str]]]]] = json.loads(
        (plans.folder / UNIT / "tfplan.json").read_text()
    )
    return document
