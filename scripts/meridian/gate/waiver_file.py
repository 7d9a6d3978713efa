"""Reads scripts/policies/waivers.yaml and reports every mistake with its line."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from meridian.gate.tools import tool_of
from meridian.gate.waivers import FILE, Accepted, Fact, Waivers
from meridian.yamlfile import document
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

LONGEST = timedelta(days=366)
_TEXT = re.compile(r".{10,400}", re.DOTALL)
_FACT = ("check", "module", "file", "resource", "reason", "adr")
_ACCEPTED = ("check", "module", "file", "env", "region", "unit", "resource", "reason", "owner", "expires")
_WHERE = ("env", "region", "unit", "resource")


def read_waivers(file: Path, known: Collection[str], root: Path, today: date) -> Waivers:
    """Return the waivers of a file; `known` are the ids that a check can have.

    Raises UserError with all mistakes, one line each.
    """
    source = document.read_file(file, FILE.as_posix())
    for key in source.value:
        if key not in {"not_applicable", "accepted"}:
            source.wrong((key,), f"there is no such key here.{did_you_mean(str(key), ['not_applicable', 'accepted'])}")
    facts = [_fact(source, path, entry, known, root) for path, entry in _entries(source, "not_applicable", _FACT)]
    accepted = [_accepted(source, path, entry, known, today) for path, entry in _entries(source, "accepted", _ACCEPTED)]
    source.problems.require_none()
    return Waivers(tuple(one for one in facts if one), tuple(one for one in accepted if one))


def _entries(source: Document, key: str, keys: Collection[str]) -> list[tuple[KeyPath, dict[str, Any]]]:
    entries = source.value.get(key, [])
    if not isinstance(entries, list):
        source.wrong((key,), "must be a list, [] while there are none.")
        return []
    found = []
    for index, entry in enumerate(entries):
        path: KeyPath = (key, index)
        if not isinstance(entry, dict):
            source.wrong(path, f"must be a map with the keys {join_words(keys)}.")
            continue
        for name, value in entry.items():
            if name not in keys:
                source.wrong((*path, name), f"there is no such key.{did_you_mean(str(name), keys)}")
            elif not isinstance(value, str) or not value.strip():
                source.wrong((*path, name), f"{quote(value)} must be a non-empty string.")
        found.append((path, {name: value for name, value in entry.items() if isinstance(value, str)}))
    return found


def _check(
    source: Document, path: KeyPath, entry: Mapping[str, str], known: Collection[str], needs: Iterable[str]
) -> bool:
    sound = True
    for key in needs:
        if key not in entry:
            sound = False
            source.wrong(path, f"{key!r} is missing.")
    check = entry.get("check", "")
    if check and check not in known and not tool_of(check):
        sound = False
        source.wrong((*path, "check"), f"{quote(check)} is not a check of this gate.{did_you_mean(check, known)}")
    if "reason" in entry and not _TEXT.fullmatch(entry["reason"].strip()):
        sound = False
        source.wrong((*path, "reason"), "is not a reason: write a sentence of at least 10 characters.")
    return sound


def _fact(source: Document, path: KeyPath, entry: Mapping[str, str], known: Collection[str], root: Path) -> Fact | None:
    where = "file" if "file" in entry else "module"
    if not _check(source, path, entry, known, ("check", where, "reason", "adr")):
        return None
    if where == "file":
        _file(source, path, entry["check"], entry["file"])
    elif not (root / "modules" / entry["module"] / "unit.yaml").is_file():
        source.wrong((*path, "module"), f"there is no module {quote(entry['module'])}.")
    if not re.fullmatch(r"docs/adr/[0-9]{4}-[a-z0-9-]+\.md", entry["adr"]) or not (root / entry["adr"]).is_file():
        source.wrong((*path, "adr"), f"{quote(entry['adr'])} is not the file of an ADR, e.g. docs/adr/0013-x.md.")
    named = entry.get("module", ""), entry.get("resource", ""), entry["reason"], entry["adr"], entry.get("file", "")
    return Fact(entry["check"], *named)


def _file(source: Document, path: KeyPath, check: str, glob: str) -> None:
    if not tool_of(check):
        source.wrong((*path, "file"), f"{check} checks modules and plans: name a module or a unit.")
    if re.search(r"[*?[]", glob.partition("/")[0]):
        source.wrong((*path, "file"), f"{quote(glob)} matches files everywhere: name a file, or begin with a folder.")


def _named(glob: str) -> str:
    """Return the literal text of a glob, without stars, question marks and sets of letters."""
    return re.sub(r"\[!?\]?[^\]]*\]", "", glob).strip("*?")


def _accepted(
    source: Document, path: KeyPath, entry: Mapping[str, str], known: Collection[str], today: date
) -> Accepted | None:
    if not _check(source, path, entry, known, ("check", "reason", "owner", "expires")):
        return None
    where = {key: entry[key] for key in _WHERE if key in entry}
    named = [key for key in ("module", "file") if key in entry]
    if len(named) + bool(where) > 1:
        source.wrong(path, "names a module or a file (findings in code) and a unit (in plans): write two waivers.")
    elif "file" in entry:
        _file(source, path, entry["check"], entry["file"])
    elif not named and not _named(where.get("env", "")):
        source.wrong(path, "matches everything: name a module, a file, or at least an environment (env).")
    elif not named and not any(_named(where.get(key, "")) for key in ("unit", "resource")):
        source.wrong(path, f"matches everything in {where['env']}: name a unit or a resource too.")
    try:
        expires = date.fromisoformat(entry["expires"])
    except ValueError:
        source.wrong((*path, "expires"), f'{quote(entry["expires"])} is not a date, e.g. "2027-01-31".')
        return None
    if expires > today + LONGEST:
        source.wrong((*path, "expires"), f"{expires} is more than a year ahead; at most {today + LONGEST}.")
    line = source.line(path)
    who = entry["reason"], entry["owner"], expires
    return Accepted(entry["check"], entry.get("module", ""), where, *who, line, entry.get("file", ""))
