"""The release ledger modules/releases.yaml: which commit a version of a module is."""

import json
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from meridian import files
from meridian.errors import UserError
from meridian.yamlfile import document
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

LEDGER = Path("modules/releases.yaml")
PACKAGE_ZIP = Path("functions/dist/function.zip")
VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
MODULE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_RULES = {
    "module": (MODULE, "a module's name, e.g. compute"),
    "version": (VERSION, 'a version in quotes or with two dots, e.g. "1.0.0"'),
    "commit": (re.compile(r"[0-9a-f]{40}"), "a commit's full id in quotes: 40 hex digits"),
    "tree": (re.compile(r"[0-9a-f]{40}"), "the id of the module's git tree in quotes: 40 hex digits"),
    "zip_sha256": (re.compile(r"[0-9a-f]{64}"), "a sha256 in quotes: 64 hex digits"),
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), 'a date in quotes, e.g. "2026-01-31"'),
    "note": (re.compile(r"[^\n]{1,200}"), "one sentence"),
}
_OPTIONAL = frozenset({"zip_sha256"})


@dataclass(frozen=True)
class Row:
    """One released version: the commit whose modules/<module> it is, and the hashes that prove it.

    `line` is where it stands in the ledger, 0 for one that is not in it yet.
    """

    module: str
    version: str
    commit: str
    tree: str
    date: str
    note: str
    zip_sha256: str | None = None
    line: int = field(default=0, compare=False)

    @property
    def where(self) -> str:
        """How messages name the row."""
        place = f"{LEDGER}:{self.line}" if self.line else str(LEDGER)
        return f"{place}: {self.module} {self.version}"

    @property
    def said(self) -> dict[str, str]:
        """The row's keys and values in the order of the ledger."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "line"}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def order(self) -> tuple[int, ...]:
        """The version as numbers, so that 1.10.0 comes after 1.9.0."""
        return tuple(int(part) for part in self.version.split("."))


def read_ledger(root: Path) -> dict[tuple[str, str], Row]:
    """Return the rows by module and version; none without a ledger.

    Raises UserError with every problem, one line each.
    """
    file = root / LEDGER
    if not file.exists():
        return {}
    return _rows(document.read_file(file, LEDGER.as_posix()))


def _rows(source: Document) -> dict[tuple[str, str], Row]:
    for key in source.value:
        if key != "releases":
            source.wrong((key,), "there is no such key here. Known: releases.")
    entries = source.value.get("releases")
    if not isinstance(entries, list):
        source.wrong(("releases",), "must be a list of releases, [] while there are none.")
        entries = []
    for index, entry in enumerate(entries):
        _check_row(source, ("releases", index), entry)
    source.problems.require_none()
    rows: dict[tuple[str, str], Row] = {}
    for index, entry in enumerate(entries):
        row = Row(**entry, line=source.line(("releases", index)))
        if (row.module, row.version) in rows:
            source.wrong(("releases", index), f"{row.module} {row.version} is a duplicate.")
        rows[row.module, row.version] = row
    source.problems.require_none()
    return rows


def _check_row(source: Document, path: KeyPath, entry: Any) -> None:
    if not isinstance(entry, dict):
        source.wrong(path, f"must be a map with the keys {join_words(_RULES)}.")
        return
    for key, value in entry.items():
        if key not in _RULES:
            source.wrong((*path, key), f"there is no such key.{did_you_mean(key, _RULES)}")
        elif not isinstance(value, str) or not _RULES[key][0].fullmatch(value):
            source.wrong((*path, key), f"{quote(value)} is not {_RULES[key][1]}.")
    for key in _RULES:
        if key not in entry and key not in _OPTIONAL:
            source.wrong(path, f"{key!r} is missing.")


def add_row(root: Path, entry: Row) -> None:
    """Add a row at the end of the ledger; comments and the rows before it stay as they are.

    Raises UserError for a ledger that is wrong, and for a version that is already in it.
    """
    rows = read_ledger(root)
    if (entry.module, entry.version) in rows:
        raise UserError(f"{entry.module} {entry.version} is already in {LEDGER}.", "A released version never changes.")
    file = root / LEDGER
    before = file.read_text(encoding="utf-8").rstrip() if file.exists() else "releases: []"
    after = f"{before.removesuffix(' []')}\n{format_row(entry)}"
    try:
        added = _rows(document.parse_text(after, LEDGER.as_posix()))
    except UserError:
        added = {}
    if added != {**rows, (entry.module, entry.version): entry}:
        raise UserError(
            f"{LEDGER} is written in a way to which no row can be added with certainty. Nothing was changed.",
            "Write its rows one key a line, as they are in git, `releases:` last of the top.",
        )
    files.write_file(file, after)


def format_row(entry: Row) -> str:
    """Return the lines of the ledger for a row."""
    # A JSON string is a YAML string in double quotes.
    lines = [f"    {key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in entry.said.items()]
    return "".join(lines).replace("    ", "  - ", 1)
