"""What a plan of an environment changes, as rows: one for each change, whatever the number of its regions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from meridian.deploy.summary.regions import Entry, Merged, merge_regions, without_region
from meridian.plans.changes import UNKNOWN, Attribute, Change, UnitChanges

ORDER = ("delete", "forget", "create and forget", "replace", "update", "import", "move", "create")
"""The actions in the order of their rows: what loses something first."""
NONE = "(none)"


@dataclass(frozen=True)
class Line:
    """One attribute of a row, with masked texts; `old` is empty where the new value is known only after the apply."""

    path: str
    old: str
    new: str
    forces_replacement: bool = False

    @property
    def computed(self) -> bool:
        """True if the plan says only that there will be another value."""
        return self.new == UNKNOWN and not self.forces_replacement


@dataclass(frozen=True)
class Row:
    """One change of one resource in all `regions` that it is the same in; `unit` is e.g. `compute`."""

    regions: tuple[str, ...]
    unit: str
    action: str
    address: str
    attributes: tuple[Line, ...] = ()
    previous: str = ""
    import_id: str = ""


@dataclass(frozen=True)
class OutputRow:
    """One output that changes; `readers` are the units that read it, with their region if it is another one."""

    regions: tuple[str, ...]
    unit: str
    name: str
    old: str
    new: str
    readers: tuple[str, ...] = ()


def make_rows(units: Iterable[UnitChanges]) -> list[Row]:
    """Return the changes of all units, the same change in several regions as one row."""
    rows = map(_row, merge_regions(_entry(unit.unit, one) for unit in units for one in unit.changes))
    return sorted(rows, key=lambda row: (ORDER.index(row.action), row.unit, row.address, row.regions))


def make_output_rows(units: Iterable[UnitChanges], readers: Mapping[tuple[str, str], Sequence[str]]) -> list[OutputRow]:
    """Return the outputs that change; `readers` maps unit and output to the units that read it."""
    found = merge_regions(_output_entries(units, readers))
    rows = [OutputRow(one.regions, one.unit, one.texts[0], one.texts[1], one.texts[2], one.texts[3:]) for one in found]
    return sorted(rows, key=lambda row: (row.unit, row.name, row.regions))


def _entry(unit: str, change: Change) -> Entry:
    region = unit.partition("/")[0]
    attributes = [one for one in change.attributes if not (change.action == "replace" and _is_left_empty(one))]
    forcing = (one.forces_replacement for one in attributes)
    key = (change.action, without_region(change.address, region), *forcing)
    lines = (text for one in attributes for text in _texts(one))
    return Entry(unit, key, (change.address, change.previous, change.import_id, *lines))


def _is_left_empty(attribute: Attribute) -> bool:
    # The provider reports an attribute that is not set as "", 0 or false; its successor has none.
    return attribute.after is None and not attribute.unknown and not attribute.before


def _texts(attribute: Attribute) -> tuple[str, str, str]:
    # The old id or time of a computed value says nothing and differs from region to region.
    old = "" if attribute.unknown and not attribute.forces_replacement else _shown(attribute.old, attribute.before)
    return attribute.path, old, _shown(attribute.new, UNKNOWN if attribute.unknown else attribute.after)


def _shown(text: str, value: object) -> str:
    return NONE if value is None else text or '""'


def _row(one: Merged) -> Row:
    address, previous, import_id, *texts = one.texts
    lines = zip(texts[::3], texts[1::3], texts[2::3], one.key[2:], strict=True)
    attributes = tuple(Line(path, old, new, bool(forces)) for path, old, new, forces in lines)
    return Row(one.regions, one.unit, str(one.key[0]), address, attributes, previous, import_id)


def _output_entries(units: Iterable[UnitChanges], readers: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[Entry]:
    for unit in units:
        region = unit.unit.partition("/")[0]
        for output in unit.outputs:
            by = sorted(one.removeprefix(f"{region}/") for one in readers.get((unit.unit, output.path), ()))
            yield Entry(unit.unit, (), (*_texts(output), *by))
