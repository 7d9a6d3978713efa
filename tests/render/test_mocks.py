"""The first plan of an environment runs on mocks: every module must accept the mocks that it gets."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from meridian.inventory.load import load_inventory
from meridian.modules.contract import SENTINEL, Contract
from meridian.modules.library import Library
from meridian.render.hcl import Expression
from meridian.render.plan import UNIT, plan_files
from tests.render.validations import refusals
from tests.render.world import make

ROOT = Path(__file__).resolve().parents[2]
GUARD = """
  validation {
    condition     = can(regex("%s", var.store))
    error_message = "Use the ARN of a store."
  }
}
"""


def inputs_on_mocks(root: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, variables.tf and inputs of every unit of the working tree, mocks in place of outputs."""
    library = Library(root)
    inventory = load_inventory(root / "live/inventory.yaml", library)
    contracts = {one.name: library.contracts(None) for one in inventory.environments}
    for file in plan_files(inventory, contracts):
        if file.template == UNIT:
            module = file.path.split("/")[-2]
            text = (root / "modules" / module / "variables.tf").read_text(encoding="utf-8")
            yield file.path, text, _mocked(file.context["inputs"], library.contracts(None))


@pytest.mark.slow
def test_every_unit_accepts_its_mocks(tmp_path: Path, require_tool: Callable[[str], Path]) -> None:
    """The validations of each module accept all inputs of each unit of the committed inventory."""
    found = list(inputs_on_mocks(ROOT))
    assert any(SENTINEL in str(inputs) for _, _, inputs in found)
    runs: dict[str, dict[str, Any]] = {}
    for path, text, inputs in found:
        several = runs.setdefault(text, {})
        several[path.removesuffix("/terragrunt.hcl").replace("/", "_")] = {"command": "plan", "variables": inputs}
    for number, (text, several) in enumerate(runs.items()):
        assert refusals(require_tool("terraform"), text, several, tmp_path / str(number)) == ""


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "accepted"), [("^arn:aws:s3:::[a-z]+$", True), ("^arn:aws:s3:::[0-9]+$", False)])
def test_a_mock_that_its_consumer_refuses_fails(
    pattern: str, accepted: bool, tmp_path: Path, require_tool: Callable[[str], Path]
) -> None:
    """The test above can fail: a validation refuses the mock of the store's ARN."""
    root = make(tmp_path / "repository")
    file = root / "modules/web/variables.tf"
    block = 'variable "store" {\n  type = string\n'
    text = file.read_text(encoding="utf-8")
    assert block in text
    file.write_text(text.replace(f"{block}}}\n", block + GUARD % pattern), encoding="utf-8")
    path, text, inputs = next(one for one in inputs_on_mocks(root) if "/web/" in one[0])
    said = refusals(
        require_tool("terraform"), text, {"web": {"command": "plan", "variables": inputs}}, tmp_path / "web"
    )
    assert (said == "") == accepted
    assert accepted or "Use the ARN of a store." in said, path


def _mocked(value: Any, contracts: Mapping[str, Contract]) -> Any:
    if isinstance(value, Expression):
        _, module, _, output = value.split(".")
        return contracts[module].mocks[output]
    if isinstance(value, dict):
        return {key: _mocked(item, contracts) for key, item in value.items()}
    return [_mocked(item, contracts) for item in value] if isinstance(value, list) else value
