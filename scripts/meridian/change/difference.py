"""The differences between two versions of a module's interface, and the SemVer step that they need."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from meridian.modules.contract import Contract
from meridian.modules.declarations import Variable
from meridian.modules.types import ANY, Attribute, Collection, Object, Type


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
    found = [*_inputs(old.variables, new.variables), *_outputs(old.mocks, new.mocks), *_manifest(old, new)]
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


def _inputs(old: Mapping[str, Variable], new: Mapping[str, Variable]) -> Iterator[Difference]:
    for name in sorted(old.keys() - new.keys()):
        yield Difference(Step.MAJOR, f"input {name!r} is removed")
    for name, one in new.items():
        if name not in old:
            kind = Attribute(one.type, optional=not one.required)
            yield _added(f"input {name!r}", kind)
            continue
        yield from _required(f"input {name!r}", old[name].required, one.required)
        yield from _types(f"input {name!r}", old[name].type, one.type)


def _added(what: str, attribute: Attribute) -> Difference:
    if attribute.optional:
        return Difference(Step.MINOR, f"{what} is new and optional")
    return Difference(Step.MAJOR, f"{what} is new and required")


def _required(what: str, old: bool, new: bool) -> Iterator[Difference]:
    if new and not old:
        yield Difference(Step.MAJOR, f"{what} is required now")
    if old and not new:
        yield Difference(Step.MINOR, f"{what} is optional now")


def _types(what: str, old: Type, new: Type) -> Iterator[Difference]:
    if isinstance(old, Object) and isinstance(new, Object):
        for name in sorted(old.attributes.keys() - new.attributes.keys()):
            yield Difference(Step.MAJOR, f"{what}: attribute {name!r} is removed")
        for name, attribute in new.attributes.items():
            inner = f"{what}: attribute {name!r}"
            if name not in old.attributes:
                yield _added(inner, attribute)
                continue
            yield from _required(inner, not old.attributes[name].optional, not attribute.optional)
            yield from _types(inner, old.attributes[name].type, attribute.type)
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
    for name in sorted(old.settings.keys() - new.settings.keys()):
        yield Difference(Step.MAJOR, f"setting {name!r} is not read from the inventory any more")
    for name in sorted(new.settings.keys() - old.settings.keys()):
        yield Difference(Step.MINOR, f"setting {name!r} is read from the inventory")
    for name, where in new.needs.items():
        if name not in old.needs:
            yield Difference(Step.MAJOR, f"it needs {name!r} now")
        elif where != old.needs[name]:
            yield Difference(Step.MAJOR, f"it needs {name!r} in another place ({where})")
