"""Limits of settings are those of the validations in variables.tf: read from the text, compared with Terraform."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from meridian.modules.contract import Contract
from meridian.modules.library import Library
from meridian.modules.limits import EACH, KEY, Limit, find_violations, read_conditions
from meridian.modules.sources import Setting
from meridian.modules.types import Collection, Object, Primitive, Type
from tests.modules.declared import parse_expression
from tests.render.validations import only, refusals
from tests.render.world import make

ROOT = Path(__file__).resolve().parents[2]
each_contract = pytest.mark.parametrize(
    "contract", Library(ROOT).contracts(None).values(), ids=lambda contract: contract.module
)
# Values at the edges of what our modules accept, by path: accepted, then refused.
TEXTS: dict[tuple[str, ...], tuple[list[str], list[str]]] = {
    ("api", "cors_origins", EACH): (
        ["https://a", "https://app.example.com", "https://app.example.com:8443"],
        ["*", "http://a.b", "https://*.b", "https://a.b/", "https://a.b/c", "https://A.b", "https://", "https://a\n"],
    ),
    ("subscribers", KEY): (["a", "audit-queue", "a" * 31], ["A", "1a", "a" * 32, "a_b", "a\n"]),
}
# What keeps rules between attributes true while one of them is probed.
AROUND: dict[str, Any] = {
    "tokens": {"access_minutes": 5, "id_minutes": 5, "refresh_hours": 720},
    "email": {"endpoint": "a@example.com"},
    "https": {"endpoint": "https://example.com/x"},
    "lambda": {"endpoint": "arn:aws:lambda:us-east-1:123456789012:function:x"},
    "sqs": {"endpoint": "arn:aws:sqs:us-east-1:123456789012:x"},
    "other": {"endpoint": "a@example.com"},
}
CONDITIONS: list[tuple[str, list[tuple[str, str, Any]]]] = [
    ("(\n  var.x >= -1\n  && var.x.y < 0.5\n)", [("x", "minimum", -1), ("x.y", "exclusiveMaximum", 0.5)]),
    ("var.x == floor(var.x)", [("x", "type", "integer")]),
    ('contains(["a", "b"], var.x)', [("x", "enum", ["a", "b"])]),
    (r'can(regex("^a\\.$", var.x))', [("x", "pattern", r"^a\.$")]),
    ("alltrue([for t in [var.a, var.b.c] : t.r >= 1])", [("a.r", "minimum", 1), ("b.c.r", "minimum", 1)]),
    ('alltrue([for s in values(var.m) : contains(["a"], s.k)])', [("m.*.k", "enum", ["a"])]),
    ('alltrue([for k in keys(var.m) : can(regex("a", k))])', [("m.#key", "pattern", "a")]),
    ("alltrue([for a in var.l : alltrue([for b in a.m : b < 3])])", [("l.*.m.*", "exclusiveMaximum", 3)]),
    ("var.x == null ? true : (var.x >= 1)", [("x", "minimum", 1)]),
    ("var.x >= 1 && var.x * 2 > max(var.y, 3)", [("x", "minimum", 1)]),
    # A limit must hold in every case.
    ("var.y == null ? true : var.x >= 1", []),
    ("var.x >= 1 || var.y >= 1", []),
    ("!(var.x >= 1)", []),
    ("alltrue([for s in var.l : s.x >= 1 if s.y])", []),
    ("length(var.x) >= 1", []),
    ('contains(["a", "${var.y}"], var.x)', []),
    # Python and Go read these differently, or one of them does not.
    ('can(regex("^[[:alpha:]]$", var.x))', []),
    (r'can(regex("^\\pL$", var.x))', []),
]


class Probe(NamedTuple):
    """A value of a setting that holds one probed value, and whether the module must accept it."""

    setting: str
    value: Any
    accepted: bool


@pytest.mark.parametrize(("condition", "rules"), CONDITIONS, ids=[condition[:60] for condition, _ in CONDITIONS])
def test_a_condition_is_read(condition: str, rules: list[tuple[str, str, Any]]) -> None:
    """Only what every accepted value must meet; anything else is Terraform's to check."""
    found = read_conditions(parse_expression(condition), "")
    assert [(".".join(one.path), one.keyword, one.bound) for one in found] == rules


def test_a_validation_that_names_another_variable_limits_that_one(tmp_path: Path) -> None:
    """Terraform allows it; the variable that holds the validation has other attributes."""
    root = make(tmp_path / "repository")
    file = root / "modules/web/variables.tf"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("var.throttle.rate >= 1 &&", "var.logs.retention_days < 400 && var.logs.typo < 1 &&"))
    found = Library(root).contract("web", None).limits
    assert {limit.path for limit in found if limit.keyword.startswith("exclusive")} == {("logs", "retention_days")}


def test_values_of_another_type_are_left_to_the_types() -> None:
    """One value has one message."""
    bounds = {"minimum": 1, "type": "integer", "enum": [1], "pattern": "a"}
    limits = [Limit(("x",), keyword, bound, "") for keyword, bound in bounds.items()]
    assert not list(find_violations(True, "x", limits))
    assert not list(find_violations([], "x", limits))


@each_contract
def test_every_number_that_an_inventory_may_set_has_a_limit(contract: Contract) -> None:
    """So that none is first refused by a plan."""
    limited = {limit.path for limit in contract.limits}
    for setting in (one for several in contract.settings.values() for one in several):
        assert set(_numbers(setting.type, (setting.name,))) <= limited


@each_contract
def test_limits_accept_the_values_at_their_edges(contract: Contract) -> None:
    """Values beyond an edge are refused."""
    probes = list(_probes(contract))
    assert probes
    for probe in probes:
        found = list(find_violations(probe.value, probe.setting, contract.limits))
        assert bool(found) != probe.accepted, (probe, found)


@pytest.mark.slow
@each_contract
def test_terraform_has_the_same_limits(contract: Contract, tmp_path: Path, require_tool: Callable[[str], Path]) -> None:
    """Terraform accepts the values at the edges, and refuses those beyond."""
    text = (ROOT / "modules" / contract.module / "variables.tf").read_text(encoding="utf-8")
    probed = only(text, {_variable(contract, limit.path[0]) for limit in contract.limits})
    runs = {f"probe_{number}": _run(contract, probe) for number, probe in enumerate(_probes(contract))}
    assert refusals(require_tool("terraform"), probed, runs, tmp_path / contract.module) == ""


def _probes(contract: Contract) -> Iterator[Probe]:
    for path in dict.fromkeys(limit.path for limit in contract.limits):
        bounds = {limit.keyword: limit.bound for limit in contract.limits if limit.path == path}
        for accepted, values in zip((True, False), TEXTS.get(path) or _edges(bounds), strict=True):
            for value in values:
                yield Probe(path[0], _around(path, value), accepted)


def _edges(bounds: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return values that the bounds accept, and values that they refuse."""
    if "enum" not in bounds:
        low, high, middle = bounds["minimum"], bounds["maximum"], bounds["minimum"] + 0.5
        whole = "type" in bounds
        return [low, high, *([] if whole else [middle])], [low - 0.5, low - 1, high + 1, *([middle] if whole else [])]
    values = bounds["enum"]
    if isinstance(values[0], str):
        return values, ["other"]
    return values, sorted({value + step for value in values for step in (-1, 1)} - set(values))


def _around(path: tuple[str, ...], value: Any) -> Any:
    """Return the value of a setting that has a value at a path; the items of lists and maps are one."""
    if path[-1] == KEY:
        return {value: {"protocol": "sqs", **AROUND["sqs"]}}
    found = value
    for step, above in zip(path[:0:-1], path[-2::-1], strict=True):
        if step != EACH:
            known = AROUND.get(str(value), {}) if above == EACH else AROUND.get(above, {})
            found = {**known, step: found}
        else:
            found = {"x": found} if isinstance(found, dict) else [found]
    return found


def _run(contract: Contract, probe: Probe) -> dict[str, Any]:
    variable = _variable(contract, probe.setting)
    run: dict[str, Any] = {"command": "plan", "variables": {variable: probe.value}}
    return run if probe.accepted else run | {"expect_failures": [f"var.{variable}"]}


def _variable(contract: Contract, name: str) -> str:
    """Return the variable that a whole setting is the value of."""
    return next(
        variable for variable, source in contract.inputs.items() if isinstance(source, Setting) and source.name == name
    )


def _numbers(kind: Type, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if kind == Primitive("number"):
        yield path
    elif isinstance(kind, Object):
        for name, attribute in kind.attributes.items():
            yield from _numbers(attribute.type, (*path, name))
    elif isinstance(kind, Collection):
        yield from _numbers(kind.element, (*path, EACH))
