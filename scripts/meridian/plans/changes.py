"""What a plan changes, attribute by attribute: the summary, the digest and the comparison with an approval use this."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from meridian.plans.plan_json import ACTIONS, Plan, holds_sentinel

UNKNOWN = "(known after apply)"
SENSITIVE = "(sensitive)"


@dataclass(frozen=True)
class Attribute:
    """One attribute that changes; `path` leads to it, e.g. `environment.variables.TABLE` or `policy.Write.Action`.

    Values are JSON scalars or lists of them, None for an absent one. A value that is not known yet, or a mock,
    is `unknown`: then `after` is None.
    """

    path: str
    before: Any = field(repr=False)
    after: Any = field(repr=False)
    unknown: bool = False
    sensitive: bool = False
    forces_replacement: bool = False

    @property
    def old(self) -> str:
        """The old value as text, masked if it is sensitive; empty if there was none."""
        return "" if self.before is None else SENSITIVE if self.sensitive else _text(self.before)

    @property
    def new(self) -> str:
        """The new value as text, masked if it is sensitive; empty if there is none any more."""
        if self.unknown:
            return UNKNOWN
        return "" if self.after is None else SENSITIVE if self.sensitive else _text(self.after)


@dataclass(frozen=True)
class Change:
    """What a plan does to one resource: a name of ACTIONS, `move` or `import`, and the attributes that change.

    A resource that is moved or imported and changed besides has one action, and `previous` or `import_id`.
    """

    address: str
    action: str
    attributes: tuple[Attribute, ...] = ()
    previous: str = ""
    import_id: str = ""


@dataclass(frozen=True)
class UnitChanges:
    """Everything that one unit's plan changes; `outputs` has their names as paths."""

    unit: str
    changes: tuple[Change, ...]
    outputs: tuple[Attribute, ...]


def read_changes(unit: str, plan: Plan) -> UnitChanges:
    """Return what one unit's plan changes, sorted by address."""
    outputs = [
        one
        for name, change in sorted(plan.document.get("output_changes", {}).items())
        if change["actions"] != ["no-op"]
        for one in _output(name, change)
    ]
    return UnitChanges(unit, list_changes(plan.changes), tuple(outputs))


def list_changes(entries: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Return what entries in the form of a plan's `resource_changes` change, sorted by address."""
    return tuple(sorted(filter(None, map(_change, entries)), key=lambda one: one.address))


def _change(entry: Mapping[str, Any]) -> Change | None:
    body = entry["change"]
    action = ACTIONS[tuple(body["actions"])]
    previous = str(entry.get("previous_address") or "")
    importing = body.get("importing")
    import_id = str(importing.get("id") or UNKNOWN) if isinstance(importing, Mapping) else ""
    if not (action or previous or import_id):
        return None
    attributes: tuple[Attribute, ...] = ()
    if action in {"create", "update", "replace"}:
        # The path of an attribute here leads through the only block of a kind without its number.
        forcing = [[str(part) for part in path if isinstance(part, str)] for path in body.get("replace_paths") or ()]
        attributes = tuple(
            Attribute(one.path, one.before, one.after, one.unknown, one.sensitive, _forces(one.path, forcing))
            for one in _differences(
                "",
                body.get("before"),
                body.get("after"),
                body.get("after_unknown"),
                body.get("before_sensitive"),
                body.get("after_sensitive"),
            )
        )
    return Change(str(entry["address"]), action or ("move" if previous else "import"), attributes, previous, import_id)


def _output(name: str, change: Mapping[str, Any]) -> Iterator[Attribute]:
    sensitive = bool(change.get("before_sensitive")) or bool(change.get("after_sensitive"))
    unknown = bool(change.get("after_unknown")) or holds_sentinel(change.get("after"))
    yield Attribute(name, change.get("before"), None if unknown else change.get("after"), unknown, sensitive)


def _forces(path: str, forcing: Sequence[Sequence[str]]) -> bool:
    parts = [part for part in path.split(".") if not part.startswith("[")]
    return any(parts[: len(one)] == one[: len(parts)] for one in forcing)


def _differences(
    path: str, before: Any, after: Any, unknown: Any, sensitive_before: Any, sensitive_after: Any
) -> Iterator[Attribute]:
    """Yield the attributes below `path` that change; the last three have the shape of the value, or are True."""
    sensitive = sensitive_before is True or sensitive_after is True
    if unknown is True or _is_mock(after):
        yield Attribute(path, before, None, unknown=True, sensitive=sensitive)
        return
    if sensitive:
        if canonical(before) != canonical(after):
            yield Attribute(path, before, after, sensitive=True)
        return
    old, new = _document(before), _document(after)
    if isinstance(old, Mapping) or isinstance(new, Mapping):
        old, new = _mapping(old), _mapping(new)
        parts = [_mapping(one) for one in (unknown, sensitive_before, sensitive_after)]
        for key in sorted({*old, *new, *parts[0]}):
            below = f"{path}.{key}" if path else str(key)
            yield from _differences(below, old.get(key), new.get(key), *(one.get(key) for one in parts))
    elif _is_blocks(old) or _is_blocks(new):
        yield from _block_differences(path, old or [], new or [], unknown, sensitive_before, sensitive_after)
    elif isinstance(unknown, list) and any(unknown):
        yield Attribute(path, before, None, unknown=True)
    elif canonical(old) != canonical(new):
        yield Attribute(path, old, new)


def _block_differences(
    path: str, before: Sequence[Any], after: Sequence[Any], unknown: Any, sensitive_before: Any, sensitive_after: Any
) -> Iterator[Attribute]:
    """Yield the differences of two lists of blocks: equal ones meet first, then those of one name, then by order."""
    left = list(range(len(before)))
    one_each = len(before) <= 1 and len(after) <= 1
    partners: dict[int, int | None] = {}
    for fits in (_equal, _same_name, _any):
        for number in range(len(after)):
            if number not in partners and (match := [one for one in left if fits(before[one], after[number])]):
                partners[number] = match[0]
                left.remove(match[0])
    for number, block in enumerate(after):
        partner = partners.get(number)
        yield from _differences(
            path if one_each else f"{path}.{_name(block) or f'[{number}]'}",
            None if partner is None else before[partner],
            block,
            _item(unknown, number),
            None if partner is None else _item(sensitive_before, partner),
            _item(sensitive_after, number),
        )
    for number in left:
        below = path if one_each else f"{path}.{_name(before[number]) or f'[{number}]'}"
        yield from _differences(below, before[number], None, None, _item(sensitive_before, number), None)


def _equal(old: Any, new: Any) -> bool:
    return canonical(old) == canonical(new)


def _same_name(old: Any, new: Any) -> bool:
    return bool(_name(old)) and _name(old) == _name(new)


def _any(_old: Any, _new: Any) -> bool:
    return True


def _name(block: Any) -> str:
    """Return what names a block among its like: a statement's Sid, or a name."""
    return next((str(block[key]) for key in ("Sid", "name") if isinstance(block, Mapping) and block.get(key)), "")


def _item(shape: Any, number: int) -> Any:
    return shape[number] if isinstance(shape, list) and number < len(shape) else shape is True or None


def _is_blocks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _is_mock(value: Any) -> bool:
    """Return True for a string, or a list of them, that holds a mock; a mock in a document is found below it."""
    whole = isinstance(value, str) or (isinstance(value, list) and not _is_blocks(value))
    return whole and holds_sentinel(value) and _document(value) is value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _document(value: Any) -> Any:
    """Return the document in a string of JSON, e.g. a policy; None for no blocks; any other value as it is."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return None if value in ([], {}) else value


def canonical(value: Any) -> str:
    """Return a value as JSON text that is equal for equal meaning: keys and list items in one order."""
    return json.dumps(_sorted(value), sort_keys=True)


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(item) for item in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
