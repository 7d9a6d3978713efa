"""The differences between two versions of a module's interface, and the SemVer step that they need."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from meridian.modules.contract import Contract
from meridian.modules.manifest import UNPROTECTED
from meridian.modules.types import ANY, Attribute, Collection, Object, Type
from meridian.yamlfile.problems import join_words


class Step(IntEnum):
    """How far a version must move; the number is the place from the right."""

    PATCH = 0
    MINOR = 1
    MAJOR = 2


@dataclass(frozen=True)
class Difference:
    """One sentence about what differs, and the step that it needs."""

    step: Step
    text: str

    def __str__(self) -> str:
        """`major: input 'name' is removed`."""
        return f"{self.step.name.lower()}: {self.text}"


def find_differences(old: Contract, new: Contract) -> list[Difference]:
    """Return the differences of two interfaces, the largest step first."""
    before, after = (
        {name: Attribute(one.type, optional=not one.required) for name, one in contract.variables.items()}
        for contract in (old, new)
    )
    found = [
        *_attributes("input", before, after),
        *_outputs(old.mocks, new.mocks),
        *_manifest(old, new),
        *_more_rights(old, new),
    ]
    return sorted(found, key=lambda one: -one.step)


def needed_step(found: Iterable[Difference]) -> Step:
    """Return the largest step of the differences, a patch if there are none."""
    return max((one.step for one in found), default=Step.PATCH)


def step_between(old: tuple[int, ...], new: tuple[int, ...]) -> Step:
    """Return the step from one version to a later one."""
    return next(step for step, before, after in zip(reversed(Step), old, new, strict=True) if before != after)


def next_version(old: tuple[int, ...], step: Step) -> str:
    """Return the next version after a step, e.g. (1, 2, 3) and MINOR: 1.3.0."""
    place = 2 - step
    return ".".join(str(number) for number in (*old[:place], old[place] + 1, *[0] * step))


def _attributes(what: str, old: Mapping[str, Attribute], new: Mapping[str, Attribute]) -> Iterator[Difference]:
    """Yield the differences of inputs, or of an object's attributes; `what` is how messages call one."""
    for name in sorted(old.keys() - new.keys()):
        yield Difference(Step.MAJOR, f"{what} {name!r} is removed")
    for name, one in new.items():
        inner, before = f"{what} {name!r}", old.get(name)
        if before is None:
            step, kind = (Step.MINOR, "optional") if one.optional else (Step.MAJOR, "required")
            yield Difference(step, f"{inner} is new and {kind}")
            continue
        if before.optional and not one.optional:
            yield Difference(Step.MAJOR, f"{inner} is required now")
        if one.optional and not before.optional:
            yield Difference(Step.MINOR, f"{inner} is optional now")
        yield from _types(inner, before.type, one.type)


def _types(what: str, old: Type, new: Type) -> Iterator[Difference]:
    if isinstance(old, Object) and isinstance(new, Object):
        yield from _attributes(f"{what}: attribute", old.attributes, new.attributes)
    elif isinstance(old, Collection) and isinstance(new, Collection) and old.kind == new.kind:
        yield from _types(what, old.element, new.element)
    elif new == ANY and old != ANY:
        yield Difference(Step.MINOR, f"{what} accepts any type now")
    elif old != new:
        yield Difference(Step.MAJOR, f"{what} has another type")


def _outputs(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted(old.keys() - new.keys()):
        yield Difference(Step.MAJOR, f"output {name!r} is removed")
    for name in new:
        if name not in old:
            yield Difference(Step.MINOR, f"output {name!r} is new")
        elif _shape(old[name]) != _shape(new[name]):
            yield Difference(Step.MAJOR, f"output {name!r} has another type")


def _shape(example: Any) -> Any:
    """Return the type that an output's example shows; outputs declare none."""
    if isinstance(example, dict):
        return {key: _shape(value) for key, value in example.items()}
    if isinstance(example, list):
        return [_shape(value) for value in example[:1]]
    return "number" if type(example) in {int, float} else type(example).__name__


def _manifest(old: Contract, new: Contract) -> Iterator[Difference]:
    if old.placement != new.placement:
        yield Difference(Step.MAJOR, f"its placement is {new.placement}, it was {old.placement}")
    if old.optional != new.optional:
        what = "on in protected environments only" if new.optional == UNPROTECTED else "off" if new.optional else "on"
        yield Difference(Step.MAJOR, f"it is {what} now where the inventory does not switch it")
    if old.applied_by != new.applied_by:
        yield Difference(Step.MAJOR, f"{new.applied_by or 'apply'} applies it, {old.applied_by or 'apply'} did before")
    for name in sorted(old.settings.keys() - new.settings.keys()):
        yield Difference(Step.MAJOR, f"setting {name!r} is not read from the inventory any more")
    for name in sorted(new.settings.keys() - old.settings.keys()):
        yield Difference(Step.MINOR, f"setting {name!r} is read from the inventory")
    for name, where in new.needs.items():
        optional = name in new.optional_needs or name in new.conditions
        if name not in old.needs:
            yield Difference(
                Step.MINOR if optional else Step.MAJOR, f"it {'may use' if optional else 'needs'} {name!r} now"
            )
        elif name in old.optional_needs and not optional:
            yield Difference(Step.MAJOR, f"it cannot do without {name!r} now")
        elif where != old.needs[name]:
            yield Difference(Step.MAJOR, f"it needs {name!r} in another place ({where})")


def _more_rights(old: Contract, new: Contract) -> Iterator[Difference]:
    if more := sorted({*_rights(new)} - {*_rights(old)}):
        yield Difference(Step.MINOR, f"it needs more rights, which `meridian bootstrap` gives: {join_words(more)}")


def _rights(contract: Contract) -> Iterator[str]:
    """Yield a module's functions, each of which has a role, and its actions with the role that gets them."""
    yield from (f"a role of function {name}" for name in contract.functions)
    for right in contract.rights:
        for role, actions in right.actions.items():
            yield from (f"{right.service}:{action} ({role})" for action in actions)
