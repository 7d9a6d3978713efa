"""The SemVer step that a change of a module's contract needs: a table, one row for each case."""

import pytest

from meridian.change.difference import Step, find_differences, needed_step, next_version, step_between
from meridian.modules.contract import Contract
from meridian.modules.declarations import Variable
from meridian.modules.rights import Right
from meridian.modules.sources import Setting
from meridian.modules.types import ANY
from tests.modules.declared import parse_type

BASE = {"name": ("string", True), "size": ("object({a = number, b = optional(string)})", False)}
OUT = {"arn": "arn", "ids": ["one"]}


def contract(
    inputs: dict[str, tuple[str, bool]] = BASE,
    outputs: dict[str, object] = OUT,
    settings: str = "size",
    placement: str = "every_region",
    needs: dict[str, str] | None = None,
    applied_by: str | None = None,
    optional: bool | str = False,
    optional_needs: frozenset[str] = frozenset(),
    functions: tuple[str, ...] = (),
    rights: tuple[Right, ...] = (),
) -> Contract:
    """Return a contract; inputs are given as type and whether it is required."""
    typed = {name: Variable(parse_type(kind), required) for name, (kind, required) in inputs.items()}
    return Contract(
        placement=placement,
        optional=optional,
        optional_needs=optional_needs,
        needs=needs or {},
        need_lines={},
        package=None,
        functions=functions,
        applied_by=applied_by,
        rights=rights,
        inputs={name: Setting(name, None, ANY, False) for name in settings.split()},
        limits=(),
        module="web",
        release=None,
        variables=typed,
        mocks=outputs,
    )


CASES = [
    (contract(), Step.PATCH, []),
    (contract({"size": BASE["size"]}), Step.MAJOR, ["major: input 'name' is removed"]),
    (contract(BASE | {"name": ("number", True)}), Step.MAJOR, ["major: input 'name' has another type"]),
    (contract(BASE | {"name": ("any", True)}), Step.MINOR, ["minor: input 'name' accepts any type now"]),
    (contract(BASE | {"new": ("bool", True)}), Step.MAJOR, ["major: input 'new' is new and required"]),
    (
        contract(functions=("orders",), rights=(Right("sqs", "", {"apply": ("CreateQueue",)}),)),
        Step.MINOR,
        [
            "minor: it needs more rights, which `meridian bootstrap` gives: "
            "a role of function orders, sqs:CreateQueue (apply)"
        ],
    ),
    (contract(applied_by="bootstrap"), Step.MAJOR, ["major: bootstrap applies it, apply did before"]),
    (contract(BASE | {"new": ("bool", False)}), Step.MINOR, ["minor: input 'new' is new and optional"]),
    (
        contract(BASE | {"size": ("object({a = optional(number), b = string, c = optional(bool)})", False)}),
        Step.MAJOR,
        [
            "major: input 'size': attribute 'b' is required now",
            "minor: input 'size': attribute 'a' is optional now",
            "minor: input 'size': attribute 'c' is new and optional",
        ],
    ),
    (contract(outputs={"ids": ["one"]}), Step.MAJOR, ["major: output 'arn' is removed"]),
    (contract(outputs=OUT | {"url": "x"}), Step.MINOR, ["minor: output 'url' is new"]),
    (contract(outputs=OUT | {"ids": [5]}), Step.MAJOR, ["major: output 'ids' has another type"]),
    (contract(outputs=OUT | {"ids": ["one", "two"], "arn": "other"}), Step.PATCH, []),
    (contract(settings=""), Step.MAJOR, ["major: setting 'size' is not read from the inventory any more"]),
    (contract(settings="size more"), Step.MINOR, ["minor: setting 'more' is read from the inventory"]),
    (
        contract(placement="primary_region"),
        Step.MAJOR,
        ["major: its placement is primary_region, it was every_region"],
    ),
    (contract(needs={"store": "same_region"}), Step.MAJOR, ["major: it needs 'store' now"]),
    (
        contract(needs={"store": "same_region"}, optional_needs=frozenset({"store"})),
        Step.MINOR,
        ["minor: it may use 'store' now"],
    ),
    (contract(optional=True), Step.MAJOR, ["major: it is off now where the inventory does not switch it"]),
    (
        contract(optional="unprotected"),
        Step.MAJOR,
        ["major: it is on in protected environments only now where the inventory does not switch it"],
    ),
]


@pytest.mark.parametrize(("new", "step", "texts"), CASES)
def test_a_difference_needs_its_step(new: Contract, step: Step, texts: list[str]) -> None:
    found = find_differences(contract(), new)
    assert [str(one) for one in found] == texts
    assert needed_step(found) is step


def test_a_need_in_another_place_is_major() -> None:
    old, new = (contract(needs={"store": where}) for where in ("same_region", "primary_region"))
    assert [str(one) for one in find_differences(old, new)] == [
        "major: it needs 'store' in another place (primary_region)"
    ]


def test_an_optional_need_that_must_be_there_now_is_major() -> None:
    new = contract(needs={"store": "same_region"})
    old = contract(needs={"store": "same_region"}, optional_needs=frozenset({"store"}))
    assert [str(one) for one in find_differences(old, new)] == ["major: it cannot do without 'store' now"]
    assert find_differences(new, old) == []


def test_elements_of_lists_and_maps_are_compared() -> None:
    old, new = (contract({"x": (f"map(list(object({{a = {kind}}})))", True)}) for kind in ("string", "bool"))
    assert [str(one) for one in find_differences(old, new)] == ["major: input 'x': attribute 'a' has another type"]


@pytest.mark.parametrize(("step", "version"), [(Step.PATCH, "1.2.4"), (Step.MINOR, "1.3.0"), (Step.MAJOR, "2.0.0")])
def test_the_next_version_moves_by_that_step(step: Step, version: str) -> None:
    assert next_version((1, 2, 3), step) == version
    assert step_between((1, 2, 3), tuple(int(part) for part in version.split("."))) is step
