"""The SemVer step that a change of a module's interface needs: a table, one row for each case."""

import pytest

from meridian.modules.types import parse
from meridian.releases.difference import Step, differences, needed_step, next_version, step_between
from meridian.releases.surface import Input, Surface

BASE = {"name": ("string", True), "size": ("object({a = number, b = optional(string)})", False)}
OUT = {"arn": "arn", "ids": ["one"]}


def surface(
    inputs: dict[str, tuple[str, bool]] = BASE,
    outputs: dict[str, object] = OUT,
    settings: str = "size",
    placement: str = "every_region",
    needs: dict[str, str] | None = None,
) -> Surface:
    """Return an interface; inputs are given as type and whether they are required."""
    typed = {name: Input(parse(kind), required) for name, (kind, required) in inputs.items()}
    return Surface(typed, outputs, frozenset(settings.split()), placement, needs or {}, None)


CASES = [
    (surface(), Step.PATCH, []),
    (surface({"size": BASE["size"]}), Step.MAJOR, ["major: input 'name' is removed"]),
    (surface(BASE | {"name": ("number", True)}), Step.MAJOR, ["major: input 'name' has another type"]),
    (surface(BASE | {"name": ("any", True)}), Step.MINOR, ["minor: input 'name' accepts any type now"]),
    (surface(BASE | {"name": ("string", False)}), Step.MINOR, ["minor: input 'name' is optional now"]),
    (surface(BASE | {"size": (BASE["size"][0], True)}), Step.MAJOR, ["major: input 'size' is required now"]),
    (surface(BASE | {"new": ("bool", True)}), Step.MAJOR, ["major: input 'new' is new and required"]),
    (surface(BASE | {"new": ("bool", False)}), Step.MINOR, ["minor: input 'new' is new and optional"]),
    (
        surface(BASE | {"size": ("object({a = number})", False)}),
        Step.MAJOR,
        ["major: input 'size': attribute 'b' is removed"],
    ),
    (
        surface(BASE | {"size": ("object({a = optional(number), b = string, c = optional(bool)})", False)}),
        Step.MAJOR,
        [
            "major: input 'size': attribute 'b' is required now",
            "minor: input 'size': attribute 'a' is optional now",
            "minor: input 'size': attribute 'c' is new and optional",
        ],
    ),
    (surface(outputs={"ids": ["one"]}), Step.MAJOR, ["major: output 'arn' is removed"]),
    (surface(outputs=OUT | {"url": "x"}), Step.MINOR, ["minor: output 'url' is new"]),
    (surface(outputs=OUT | {"arn": 5}), Step.MAJOR, ["major: output 'arn' has another type"]),
    (surface(outputs=OUT | {"ids": [5]}), Step.MAJOR, ["major: output 'ids' has another type"]),
    (surface(outputs=OUT | {"ids": ["one", "two"], "arn": "other"}), Step.PATCH, []),
    (surface(settings=""), Step.MAJOR, ["major: setting 'size' is not read from the inventory any more"]),
    (surface(settings="size more"), Step.MINOR, ["minor: setting 'more' is read from the inventory"]),
    (
        surface(placement="primary_region"),
        Step.MAJOR,
        ["major: its placement is primary_region, it was every_region"],
    ),
    (surface(needs={"store": "same_region"}), Step.MAJOR, ["major: it needs 'store' now"]),
]


@pytest.mark.parametrize(("new", "step", "texts"), CASES)
def test_a_difference_needs_its_step(new: Surface, step: Step, texts: list[str]) -> None:
    found = differences(surface(), new)
    assert [str(one) for one in found] == texts
    assert needed_step(found) is step


def test_a_need_in_another_place_is_major() -> None:
    old, new = (surface(needs={"store": where}) for where in ("same_region", "primary_region"))
    assert [str(one) for one in differences(old, new)] == ["major: it needs 'store' in another place (primary_region)"]


def test_elements_of_lists_and_maps_are_compared() -> None:
    old, new = (surface({"x": (f"map(list(object({{a = {kind}}})))", True)}) for kind in ("string", "bool"))
    assert [str(one) for one in differences(old, new)] == ["major: input 'x': attribute 'a' has another type"]


@pytest.mark.parametrize(("step", "version"), [(Step.PATCH, "1.2.4"), (Step.MINOR, "1.3.0"), (Step.MAJOR, "2.0.0")])
def test_the_next_version_moves_by_that_step(step: Step, version: str) -> None:
    assert next_version((1, 2, 3), step) == version
    assert step_between((1, 2, 3), tuple(int(part) for part in version.split("."))) is step
