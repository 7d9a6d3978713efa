"""The limits in the manifests of the real modules say what the validations in their variables.tf say."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from meridian.modules.contract import Contract
from meridian.modules.library import Library
from meridian.modules.limits import EACH, Form, Range, Rule, violations
from meridian.modules.sources import Setting
from meridian.modules.types import Collection, Object, Primitive, Type
from tests.generate.validations import only, refusals

ROOT = Path(__file__).resolve().parents[2]
each_contract = pytest.mark.parametrize(
    "contract", Library(ROOT).contracts(None).values(), ids=lambda contract: contract.module
)
# Texts at the edges of a form, by its hint: right ones, then wrong ones.
TEXTS = {
    "is not an origin in full": (
        ["https://a", "https://app.example.com", "https://app.example.com:8443"],
        ["*", "http://a.b", "https://*.b", "https://a.b/", "https://a.b/c", "https://A.b", "https://", "https://a\n"],
    ),
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


class Probe(NamedTuple):
    """A value of a setting that holds one probed value, and whether the module must take it."""

    setting: str
    value: Any
    accepted: bool


@each_contract
def test_every_number_that_an_inventory_may_set_has_a_limit(contract: Contract) -> None:
    """So that none is first refused by a plan."""
    limited = {limit.path for limit in contract.limits}
    for setting in (one for several in contract.settings.values() for one in several):
        assert set(_numbers(setting.type, (setting.name,))) <= limited


@each_contract
def test_the_limits_take_what_they_say(contract: Contract) -> None:
    """Values at the edges are taken, those beyond are not."""
    for probe in _probes(contract):
        found = list(violations(probe.value, probe.setting, contract.limits))
        assert bool(found) != probe.accepted, (probe, found)


@pytest.mark.slow
@each_contract
def test_the_limits_are_those_of_the_validations(
    contract: Contract, tmp_path: Path, require_tool: Callable[[str], Path]
) -> None:
    """Terraform takes the values at the edges, and refuses those beyond."""
    text = (ROOT / "modules" / contract.module / "variables.tf").read_text(encoding="utf-8")
    probed = only(text, {_variable(contract, limit.path[0]) for limit in contract.limits})
    runs = {f"probe_{number}": _run(contract, probe) for number, probe in enumerate(_probes(contract))}
    assert runs
    assert refusals(require_tool("terraform"), probed, runs, tmp_path / contract.module) == ""


def _probes(contract: Contract) -> Iterator[Probe]:
    for limit in contract.limits:
        for accepted, values in zip((True, False), _edges(limit.rule), strict=True):
            for value in values:
                yield Probe(limit.path[0], _around(limit.path, value), accepted)


def _edges(rule: Rule) -> tuple[list[Any], list[Any]]:
    """Return values that a rule takes, and values that it does not."""
    if isinstance(rule, Range):
        inside, step = ([], 1) if rule.whole else ([rule.low + 0.5], 0.5)
        between = [rule.low + 0.5] if rule.whole else []
        return [rule.low, rule.high, *inside], [rule.low - step, rule.high + step, *between]
    if isinstance(rule, Form):
        return next(texts for hint, texts in TEXTS.items() if rule.hint.startswith(hint))
    if isinstance(rule.values[0], str):
        return list(rule.values), ["other"]
    near = {value + step for value in rule.values for step in (-1, 1)}
    return list(rule.values), sorted(near - set(rule.values))


def _around(path: tuple[str, ...], value: Any) -> Any:
    """Return the value of a setting that has a value at a path; the items of lists and maps are one."""
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
    """Return the variable that takes a whole setting."""
    taken = {source.name: variable for variable, source in contract.inputs.items() if isinstance(source, Setting)}
    return taken[name]


def _numbers(kind: Type, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if kind == Primitive("number"):
        yield path
    elif isinstance(kind, Object):
        for name, attribute in kind.attributes.items():
            yield from _numbers(attribute.type, (*path, name))
    elif isinstance(kind, Collection):
        yield from _numbers(kind.element, (*path, EACH))
