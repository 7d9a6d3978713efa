"""Compares a module with its accepted picture."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from meridian.errors import CouldNotTell
from meridian.gate.accepted.picture import FILE, Picture, format_content, read_checked_out, to_text
from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.rule import Rule

NOT_ACCEPTED = Rule(
    "MRD_ACCEPTED_001",
    "Modules are as an owner accepted them",
    Severity.HIGH,
    "A module can be weakened in more ways than policies list.",
    "Undo the change, or run `meridian accept MODULE` and commit modules/MODULE/accepted.json: an owner releases it.",
)
RULES = (NOT_ACCEPTED,)
SHOWN = 5
LONGEST = 120
Keys = tuple[str, ...]


def find_unaccepted(root: Path) -> list[Finding]:
    """Return a finding for each block, unit.yaml and package of a module that is not as its accepted.json says.

    Raises CouldNotTell for a module that cannot be read.
    """
    found: list[Finding] = []
    for manifest in sorted((root / "modules").glob("*/unit.yaml")):
        found += _find_in_module(root, manifest.parent.name)
    return found


def _find_in_module(root: Path, module: str) -> Iterator[Finding]:
    file = f"modules/{module}/{FILE}"
    fix = f"Undo the change, or run `meridian accept {module}` and commit {file}: an owner releases it."
    picture = read_checked_out(root, module)
    text = read_text(root / file)
    accepted = parse_content(text) if text is not None else None
    if accepted is None:
        what = f"{file} is missing." if text is None else f"{file} is not what `meridian accept` writes."
        yield NOT_ACCEPTED.finding(what, file=file, module=module, fix=f"Run `meridian accept {module}`, and read it.")
        return
    grouped = group_differences(picture, accepted)
    for path, found in grouped.items():
        name, line = picture.lines.get(path, ("unit.yaml" if path == ("unit",) else FILE, 0))
        where = Place(resource=path[0]) if path in picture.lines else Place()
        place, what = f"modules/{module}/{name}", f"{path[0]} is not as accepted: {_listed(found)}."
        yield NOT_ACCEPTED.finding(what, file=place, line=line, module=module, places=(where,), fix=fix)
    if not grouped and text != format_content(picture.content):
        what = f"{file} is not what `meridian accept` writes."
        yield NOT_ACCEPTED.finding(what, file=file, module=module, fix=f"Run `meridian accept {module}`.")


def read_text(file: Path) -> str | None:
    """Return the text of an accepted.json; None if it is missing. CouldNotTell if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        name = f"modules/{file.parent.name}/{FILE}"
        hint = f"Run `meridian accept {file.parent.name}`."
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CouldNotTell(f"{name}: it cannot be read: {why}.", hint) from error


def parse_content(text: str) -> dict[str, Any] | None:
    """Return the content of an accepted.json; None if it has not the form that `meridian accept` writes."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    fits = isinstance(found, dict) and isinstance(found.get("code"), dict)
    return found if fits else None


def describe_changes(before: Path, after: Path) -> list[str]:
    """Return what one accepted.json has that another has not, a sentence for each block; none if one is unreadable."""
    if before.is_symlink() or after.is_symlink():
        return []
    old, new = (parse_content(read_text(file) or '{"code": {}}') for file in (before, after))
    if old is None or new is None:
        return []
    return [f"{path[0]}: {_listed(found)}" for path, found in group_differences(Picture(new), old).items()]


def group_differences(picture: Picture, accepted: Mapping[str, Any]) -> dict[Keys, list[str]]:
    """Return what is other than accepted as sentences, by the address of its block with the first attribute."""
    grouped: dict[str, list[tuple[Keys, str]]] = {}
    for path, what in _differences(accepted, picture.content, ()):
        address, rest = (path[1], path[2:]) if path[0] == "code" and len(path) > 1 else (path[0], path[1:])
        grouped.setdefault(address, []).append((rest, f"{'.'.join(rest)} {what}".strip()))
    found: dict[Keys, list[str]] = {}
    for address, rows in grouped.items():
        places = [(address, *rest[:1]) for rest, _ in rows]
        place = next((one for one in places if one in picture.lines), (address,))
        found[place] = [sentence for _, sentence in rows]
    return found


def _listed(found: Sequence[str]) -> str:
    return "; ".join([*found[:SHOWN], *([f"{len(found) - SHOWN} more"] if len(found) > SHOWN else [])])


def _differences(old: Any, new: Any, path: Keys) -> Iterator[tuple[Keys, str]]:
    if to_text(old) == to_text(new):  # 1 == True, but not in Terraform
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            if name not in old:
                yield (*path, name), f"is new: {_shown(new[name])}"
            elif name not in new:
                yield (*path, name), f"is gone: {_shown(old[name])}"
            else:
                yield from _differences(old[name], new[name], (*path, name))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_differences(old, new, path)
    else:
        yield path, f"is {_shown(new)}, not {_shown(old)}"


def _list_differences(old: list[Any], new: list[Any], path: Keys) -> Iterator[tuple[Keys, str]]:
    gone, more = _without(old, new), _without(new, old)
    if len(gone) == len(more) == 1 and isinstance(gone[0], dict) and isinstance(more[0], dict):
        yield from _differences(gone[0], more[0], _item_path(path, gone[0]))
        return
    yield from ((_item_path(path, one), f"has {_shown(one)} more") for one in more)
    yield from ((_item_path(path, one), f"lacks {_shown(one)}") for one in gone)
    if not gone and not more:
        yield path, "has another order"


def _item_path(path: Keys, item: Any) -> Keys:
    """Return the path of an item in a list: a statement is named by its sid."""
    sid = item.get("sid") if isinstance(item, dict) else None
    return (*path[:-1], f"{path[-1]}[{sid}]") if sid else path


def _without(some: list[Any], others: list[Any]) -> list[Any]:
    """Return the items that the other list does not have as often."""
    rest = [to_text(one) for one in others]
    found = []
    for one in some:
        text = to_text(one)
        if text in rest:
            rest.remove(text)
        else:
            found.append(one)
    return found


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
