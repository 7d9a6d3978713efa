"""The difference of two inventories as plain values, key by key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meridian.inventory.environments import WORKING_TREE
from meridian.yamlfile.problems import KeyPath, format_path

Plain = Mapping[str, Any]
ABSENT: Any = object()


@dataclass(frozen=True)
class KeyChange:
    """One key whose value differs; ABSENT where an inventory lacks it."""

    path: KeyPath
    before: Any
    after: Any

    @property
    def environment(self) -> str | None:
        """The environment that holds the key, None if it is above the environments."""
        return str(self.path[1]) if self.path[0] == "environments" else None

    @property
    def region(self) -> str | None:
        """The region that holds the key, None if it is above the regions."""
        return str(self.path[3]) if self.environment and self.path[2:3] == ("regions",) else None

    @property
    def key(self) -> KeyPath:
        """The path in its layer; () for a whole environment or region."""
        return self.path[4:] if self.region else self.path[2:] if self.environment else self.path[1:]

    @property
    def name(self) -> str:
        """The path in words: `defaults.api.throttle.rate`, `dev.regions.eu-west-1.retiring`."""
        return format_path(self.path[1:] if self.environment else self.path)


def compare_inventories(before: Plain, after: Plain) -> list[KeyChange]:
    """Return the keys whose values differ; a new or removed environment, region or version is one change."""
    old, new = dict(before), dict(after)
    environments = _entries(old.pop("environments", {}), new.pop("environments", {}), ("environments",))
    return [*_leaves(old, new, ()), *environments]


def plain_map(value: Any) -> dict[str, Any]:
    """Return a value of an inventory if it is a map, else an empty map."""
    return value if isinstance(value, dict) else {}


def _entries(before: Any, after: Any, path: KeyPath) -> Iterator[KeyChange]:
    """Yield the changes of environments, or of the regions of one."""
    old, new = plain_map(before), plain_map(after)
    for name in dict.fromkeys((*new, *old)):
        inner = (*path, name)
        if name not in old or name not in new:
            yield KeyChange(inner, old.get(name, ABSENT), new.get(name, ABSENT))
            continue
        was, becomes = dict(plain_map(old[name])), dict(plain_map(new[name]))
        if len(path) == 1:
            yield from _versions(was.pop("versions", {}), becomes.pop("versions", {}), (*inner, "versions"))
            yield from _entries(was.pop("regions", {}), becomes.pop("regions", {}), (*inner, "regions"))
        yield from _leaves(was, becomes, inner)


def _versions(before: Any, after: Any, path: KeyPath) -> Iterator[KeyChange]:
    for module in dict.fromkeys((*plain_map(after), *plain_map(before))):
        old, new = (one if one == WORKING_TREE else plain_map(one).get(module, ABSENT) for one in (before, after))
        if old != new:
            yield KeyChange((*path, module), old, new)


def _leaves(before: Any, after: Any, path: KeyPath) -> Iterator[KeyChange]:
    """Yield the values that differ; a map that only one side has is a map of new or removed values."""
    old, new = ({} if one is ABSENT else one for one in (before, after))
    if isinstance(old, dict) and isinstance(new, dict) and (old or new):
        for key in dict.fromkeys((*new, *old)):
            yield from _leaves(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))
    elif before is not after and (before != after or type(before) is not type(after)):
        yield KeyChange(path, before, after)
