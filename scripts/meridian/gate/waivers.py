"""scripts/policies/waivers.yaml: checks that do not apply, and findings that an owner accepts until a date."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from meridian.gate.checkov.engine import plain_address
from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.rule import Rule
from meridian.gate.tools import FILE_CHECK
from meridian.yamlfile import document
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

FILE = Path("scripts/policies/waivers.yaml")
EXPIRED = Rule(
    "MRD_WAIVER_001",
    "Waivers are not expired",
    Severity.HIGH,
    "Otherwise a temporary exception becomes permanent.",
    "Fix the finding, or have its owner accept it again with a later date.",
)
UNUSED = Rule(
    "MRD_WAIVER_002",
    "Waivers are used",
    Severity.MEDIUM,
    "An unused waiver hides the next finding that matches it.",
    "Remove the waiver.",
)
RULES = (EXPIRED, UNUSED)
LONGEST = timedelta(days=366)
EVERY = "*"
"""The module of a fact about every module."""
PLACE = ("env", "region", "unit", "resource")
KEYS = {
    "not_applicable": ("check", "module", "file", "resource", "reason", "adr"),
    "accepted": ("check", "module", "file", *PLACE, "reason", "owner", "expires"),
}
NEEDED = {"not_applicable": ("check", "reason", "adr"), "accepted": ("check", "reason", "owner", "expires")}


@dataclass(frozen=True, eq=False)
class Waiver:
    """Findings of one check that do not count: in a module, in files, or in the plans of units, by globs.

    With an `adr` the check does not apply; with `owner` and `expires` the finding is accepted until that day.
    """

    check: str
    reason: str
    line: int
    module: str = ""
    file: str = ""
    places: Mapping[str, str] = field(default_factory=dict)
    adr: str = ""
    owner: str = ""
    expires: date = date.max

    def matches(self, finding: Finding, place: Place) -> bool:
        """Whether it is about one place of a finding."""
        if finding.check != self.check:
            return False
        if self.file:
            return not place.environment and fnmatchcase(finding.file, self.file)
        if self.module not in {"", EVERY, finding.module}:
            return False
        # A fact about a module holds in its code and in plans; an owner accepts findings in one of them.
        if not self.adr and bool(self.module) == bool(place.environment):
            return False
        resource = plain_address(place.resource) if self.adr else place.resource
        facts = {"env": place.environment, "region": place.region, "unit": place.unit, "resource": resource}
        return all(fnmatchcase(facts[key], glob) for key, glob in self.places.items())

    def is_covered(self, environments: Collection[str]) -> bool:
        """Whether a scan covered its subject, given the environments whose plans were scanned."""
        return bool(self.module or self.file) or any(fnmatchcase(one, self.places["env"]) for one in environments)

    def describe(self, today: date) -> str:
        """Return why a finding does not count, as reports show it."""
        if self.adr:
            return f"{self.reason} ({self.adr})"
        days = (self.expires - today).days
        return f"accepted by {self.owner} until {self.expires}, {days} days left: {self.reason}"


@dataclass(frozen=True)
class Sorted:
    """Findings that count, and those that a waiver covers."""

    counting: list[Finding]
    accepted: list[Finding]
    not_applicable: list[Finding]


def sort_findings(
    findings: Iterable[Finding],
    waivers: Sequence[Waiver],
    today: date,
    *,
    environments: Collection[str] | None = None,
) -> Sorted:
    """Split findings place by place into counting, accepted and not applicable; a bad waiver is a finding itself.

    `environments` are those whose plans were scanned beside all code: only their waivers are reported as
    unused. None: the scan covered a part, so no waiver is.
    """
    result = Sorted([], [], [])
    used: set[Waiver] = set()
    for finding in findings:
        places: dict[Waiver | None, list[Place]] = {}
        for place in finding.places or (Place(),):
            waiver = next((one for one in waivers if one.matches(finding, place)), None)
            if waiver:
                used.add(waiver)
            places.setdefault(waiver if waiver and waiver.expires >= today else None, []).append(place)
        for waiver, covered in places.items():
            part = replace(finding, places=tuple(covered) if finding.places else ())
            if waiver is None:
                result.counting.append(part)
            else:
                kept = result.not_applicable if waiver.adr else result.accepted
                kept.append(replace(part, waiver=waiver.describe(today)))
    for one in waivers:
        name = f"The waiver of {one.check} by {one.owner}"
        if one.expires < today:
            text = f"{name} expired on {one.expires}."
            result.counting.append(EXPIRED.finding(text, file=FILE.as_posix(), line=one.line))
        elif not one.adr and one not in used and environments is not None and one.is_covered(environments):
            text = f"{name} matches no finding."
            result.counting.append(UNUSED.finding(text, file=FILE.as_posix(), line=one.line))
    return result


def read_waivers(file: Path, known: Collection[str] | None, root: Path, today: date) -> list[Waiver]:
    """Return the waivers of a file; `known` are the ids that a check can have, None to check no id.

    Raises UserError with all mistakes, one line each.
    """
    source = document.read_file(file, FILE.as_posix())
    for key in source.value:
        if key not in KEYS:
            source.wrong((key,), f"there is no such key here.{did_you_mean(str(key), KEYS)}")
    found = []
    for kind in KEYS:
        for path, entry in _entries(source, kind):
            _check_entry(source, path, entry, known)
            _check_subject(source, path, entry, root)
            if "adr" in entry:
                _check_record(source, path, entry["adr"], root)
            waiver: dict[str, Any] = {key: value for key, value in entry.items() if key not in {*PLACE, "expires"}}
            waiver["places"] = {key: value for key, value in entry.items() if key in PLACE}
            if "expires" in entry:
                waiver["expires"] = _day(source, path, entry["expires"], today)
            found.append({**waiver, "line": source.line(path)})
    source.problems.require_none()
    return [Waiver(**one) for one in found]


def _entries(source: Document, kind: str) -> list[tuple[KeyPath, dict[str, Any]]]:
    entries, keys = source.value.get(kind, []), KEYS[kind]
    if not isinstance(entries, list):
        source.wrong((kind,), "must be a list, [] while there are none.")
        return []
    found = []
    for index, entry in enumerate(entries):
        path: KeyPath = (kind, index)
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


def _check_entry(source: Document, path: KeyPath, entry: Mapping[str, str], known: Collection[str] | None) -> None:
    for key in NEEDED[str(path[0])]:
        if key not in entry:
            source.wrong(path, f"{key!r} is missing.")
    check = entry.get("check", "")
    if check and known is not None and check not in known and not FILE_CHECK.fullmatch(check):
        source.wrong((*path, "check"), f"{quote(check)} is not a check of this gate.{did_you_mean(check, known)}")
    if len(entry.get("reason", "a good reason").strip()) < 10:
        source.wrong((*path, "reason"), "is not a reason: write a sentence of at least 10 characters.")


def _check_subject(source: Document, path: KeyPath, entry: Mapping[str, str], root: Path) -> None:
    """Refuse a waiver without a subject, with two, or with one that is as good as everything."""
    fact, module, file, env = path[0] == "not_applicable", *(entry.get(key, "") for key in ("module", "file", "env"))
    if bool(module) + bool(file) + (not fact and any(key in entry for key in PLACE)) > 1:
        source.wrong(path, "names a module or a file (findings in code) and a unit (in plans): write two waivers.")
    elif file:
        if not FILE_CHECK.fullmatch(check := entry.get("check", "")):
            source.wrong((*path, "file"), f"{check} checks modules and plans: name a module or a unit.")
        if re.search(r"[*?[]", file.partition("/")[0]):
            text = "matches files everywhere: name a file, or begin with a folder."
            source.wrong((*path, "file"), f"{quote(file)} {text}")
    elif module or fact:
        if not (fact and module == EVERY) and not (root / "modules" / module / "unit.yaml").is_file():
            source.wrong((*path, "module"), f"there is no module {quote(module)}." if module else "is missing.")
    elif not _literal(env):
        source.wrong(path, "matches everything: name a module, a file, or at least an environment (env).")
    elif not any(_literal(entry.get(key, "")) for key in ("unit", "resource")):
        source.wrong(path, f"matches everything in {env}: name a unit or a resource too.")


def _literal(glob: str) -> str:
    """Return the text of a glob without stars, question marks and sets of letters."""
    return re.sub(r"\[!?\]?[^\]]*\]", "", glob).strip("*?")


def _check_record(source: Document, path: KeyPath, adr: str, root: Path) -> None:
    if not re.fullmatch(r"docs/adr/[0-9]{4}-[a-z0-9-]+\.md", adr) or not (root / adr).is_file():
        source.wrong((*path, "adr"), f"{quote(adr)} is not the file of an ADR, e.g. docs/adr/0013-x.md.")


def _day(source: Document, path: KeyPath, text: str, today: date) -> date:
    try:
        expires = date.fromisoformat(text)
    except ValueError:
        source.wrong((*path, "expires"), f'{quote(text)} is not a date, e.g. "2027-01-31".')
        return today
    if expires > today + LONGEST:
        source.wrong((*path, "expires"), f"{expires} is more than a year ahead; at most {today + LONGEST}.")
    return expires
