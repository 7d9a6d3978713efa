"""The same thing in several regions as one: equal texts, or texts in which only the unit's own region differs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

REGION = "<region>"


@dataclass(frozen=True)
class Entry:
    """One thing in one unit, `<region>/<unit>`: two are the same if `key` is equal and each text agrees."""

    unit: str
    key: tuple[object, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Merged:
    """The same thing in several regions; a text that differs has `<region>` for the unit's region."""

    regions: tuple[str, ...]
    unit: str
    key: tuple[object, ...]
    texts: tuple[str, ...]


class _Group:
    """Entries that agree so far: each text is equal in all of them, or equal without the regions."""

    def __init__(self, entry: Entry) -> None:
        region, _, self.unit = entry.unit.partition("/")
        self.key = entry.key
        self.regions = [region]
        self.literal: list[str | None] = list(entry.texts)
        self.regional: list[str | None] = [without_region(text, region) for text in entry.texts]

    def add(self, entry: Entry) -> bool:
        """Add an entry if all its texts agree; return whether they do."""
        region = entry.unit.partition("/")[0]
        literal = _agreeing(self.literal, entry.texts)
        regional = _agreeing(self.regional, [without_region(text, region) for text in entry.texts])
        if any(one is None and other is None for one, other in zip(literal, regional, strict=True)):
            return False
        self.regions.append(region)
        self.literal, self.regional = literal, regional
        return True

    def merged(self) -> Merged:
        texts = (other or "" if one is None else one for one, other in zip(self.literal, self.regional, strict=True))
        return Merged(tuple(sorted(self.regions)), self.unit, self.key, tuple(texts))


def merge_regions(entries: Iterable[Entry]) -> list[Merged]:
    """Return the entries with those of several regions merged, in the order of each first one."""
    groups: dict[tuple[object, ...], list[_Group]] = {}
    for entry in entries:
        alike = groups.setdefault((entry.unit.partition("/")[2], entry.key, len(entry.texts)), [])
        if not any(group.add(entry) for group in alike):
            alike.append(_Group(entry))
    return [group.merged() for alike in groups.values() for group in alike]


def without_region(text: str, region: str) -> str:
    """Return a text with `<region>` for the name of a region."""
    return text.replace(region, REGION)


def _agreeing(known: Sequence[str | None], texts: Sequence[str]) -> list[str | None]:
    return [one if one == text else None for one, text in zip(known, texts, strict=True)]
