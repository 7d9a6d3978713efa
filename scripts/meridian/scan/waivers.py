"""scripts/policies/waivers.yaml: what does not apply to a module, and what somebody accepts until a day."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from meridian.inventory import document
from meridian.inventory.document import Document
from meridian.inventory.problems import KeyPath, listed, nearest, shown
from meridian.scan.finding import Finding, Place, Severity
from meridian.scan.rule import Rule

FILE = Path("scripts/policies/waivers.yaml")
LONGEST = timedelta(days=366)
EXPIRED = Rule(
    "MRD_WAIVER_001",
    "No waiver is expired",
    Severity.HIGH,
    "What was accepted for a while would be accepted for ever.",
    "Mend the finding, or have its owner accept it anew with a later day.",
)
UNUSED = Rule(
    "MRD_WAIVER_002",
    "Every waiver is used",
    Severity.MEDIUM,
    "It waits for a finding that nobody has seen yet, and will hide it.",
    "Remove it.",
)
RULES = (EXPIRED, UNUSED)

_TEXT = re.compile(r".{10,400}", re.DOTALL)
_FACT = ("check", "module", "resource", "reason", "adr")
_ACCEPTED = ("check", "module", "env", "region", "unit", "resource", "reason", "owner", "expires")
_WHERE = ("env", "region", "unit", "resource")


@dataclass(frozen=True)
class Fact:
    """A check that does not apply to a module (or one resource of it), and the record that says why."""

    check: str
    module: str
    resource: str
    reason: str
    adr: str

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is about this."""
        if finding.check != self.check or finding.module != self.module:
            return False
        return not self.resource or all(_plain(place) == self.resource for place in finding.places)


@dataclass(frozen=True)
class Accepted:
    """A finding that `owner` accepts until `expires`, in the code of a module or in the units that the globs name."""

    check: str
    module: str
    where: Mapping[str, str]
    reason: str
    owner: str
    expires: date
    line: int

    def scanned(self, environments: Collection[str]) -> bool:
        """Whether what it is about was looked at, given the environments whose plans were."""
        return bool(self.module) or any(fnmatchcase(name, self.where.get("env", "*")) for name in environments)

    def takes(self, finding: Finding, place: Place) -> bool:
        """Whether one place of a finding is accepted."""
        if finding.check != self.check:
            return False
        if self.module:
            return not place.environment and finding.module == self.module
        facts = {"env": place.environment, "region": place.region, "unit": place.unit, "resource": place.resource}
        return bool(place.environment) and all(fnmatchcase(facts[key], glob) for key, glob in self.where.items())


@dataclass(frozen=True)
class Sorted:
    """Findings by what the waivers say of them."""

    counting: list[Finding]
    accepted: list[Finding]
    not_applicable: list[Finding]


@dataclass(frozen=True)
class Waivers:
    """All waivers of one file."""

    facts: tuple[Fact, ...]
    accepted: tuple[Accepted, ...]

    def sort(self, findings: Iterable[Finding], today: date, *, environments: Collection[str] | None = None) -> Sorted:
        """Take what is accepted out of each finding, place by place; what is wrong with a waiver is a finding itself.

        `environments` are those whose plans were scanned beside all code: only their waivers can be called
        unused. None: only a part was looked at, so none can.
        """
        result = Sorted([], [], [])
        used: set[int] = set()
        for finding in findings:
            fact = next((one for one in self.facts if one.covers(finding)), None)
            if fact:
                result.not_applicable.append(replace(finding, waiver=f"{fact.reason} ({fact.adr})"))
                continue
            left = []
            for place in finding.places or (Place(),):
                waiver = next((one for one in self.accepted if one.takes(finding, place)), None)
                if waiver is None:
                    left.append(place)
                    continue
                used.add(waiver.line)
                if waiver.expires < today:
                    left.append(place)
                    continue
                days = (waiver.expires - today).days
                said = f"accepted by {waiver.owner} until {waiver.expires}, {days} days left: {waiver.reason}"
                places = (place,) if finding.places else ()
                result.accepted.append(replace(finding, places=places, waiver=said))
            if left:
                result.counting.append(replace(finding, places=tuple(left) if finding.places else ()))
        for waiver in self.accepted:
            name = f"The waiver of {waiver.check}"
            if waiver.expires < today:
                text = f"{name} by {waiver.owner} expired on {waiver.expires}."
                result.counting.append(EXPIRED.finding(text, file=FILE.as_posix(), line=waiver.line))
            elif waiver.line not in used and environments is not None and waiver.scanned(environments):
                text = f"{name} by {waiver.owner} met no finding."
                result.counting.append(UNUSED.finding(text, file=FILE.as_posix(), line=waiver.line))
        return result


def load(file: Path, known: Collection[str], root: Path, today: date) -> Waivers:
    """Return the waivers of a file; `known` are the ids that a check can have.

    Raises UserError with all that is wrong with it, one line each.
    """
    source = document.read(file, FILE.as_posix())
    for key in source.value:
        if key not in {"not_applicable", "accepted"}:
            source.wrong((key,), f"there is no such key here.{nearest(str(key), ['not_applicable', 'accepted'])}")
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
            source.wrong(path, f"must be a map with the keys {listed(keys)}.")
            continue
        for name, value in entry.items():
            if name not in keys:
                source.wrong((*path, name), f"there is no such key.{nearest(str(name), keys)}")
            elif not isinstance(value, str) or not value.strip():
                source.wrong((*path, name), f"{shown(value)} must be a text that is not empty.")
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
    if check and check not in known:
        sound = False
        source.wrong((*path, "check"), f"{shown(check)} is no check that can run here.{nearest(check, known)}")
    if "reason" in entry and not _TEXT.fullmatch(entry["reason"].strip()):
        sound = False
        source.wrong((*path, "reason"), "is not a reason: say in a sentence why.")
    return sound


def _fact(source: Document, path: KeyPath, entry: Mapping[str, str], known: Collection[str], root: Path) -> Fact | None:
    if not _check(source, path, entry, known, ("check", "module", "reason", "adr")):
        return None
    if not (root / "modules" / entry["module"] / "unit.yaml").is_file():
        source.wrong((*path, "module"), f"there is no module {shown(entry['module'])}.")
    if not re.fullmatch(r"docs/adr/[0-9]{4}-[a-z0-9-]+\.md", entry["adr"]) or not (root / entry["adr"]).is_file():
        source.wrong((*path, "adr"), f"{shown(entry['adr'])} is not the file of a record, e.g. docs/adr/0013-x.md.")
    return Fact(entry["check"], entry["module"], entry.get("resource", ""), entry["reason"], entry["adr"])


def _accepted(
    source: Document, path: KeyPath, entry: Mapping[str, str], known: Collection[str], today: date
) -> Accepted | None:
    if not _check(source, path, entry, known, ("check", "reason", "owner", "expires")):
        return None
    where = {key: entry[key] for key in _WHERE if key in entry}
    if "module" in entry and where:
        source.wrong(path, "names a module (findings in code) and a unit (findings in plans): make two of it.")
    elif "module" not in entry and not where.get("env", "").strip("*?"):
        source.wrong(path, "says for everything: name a module, or at least an environment (env).")
    elif "module" not in entry and not any(where.get(key, "").strip("*?") for key in ("unit", "resource")):
        source.wrong(path, f"says for everything in {where['env']}: name a unit or a resource too.")
    try:
        expires = date.fromisoformat(entry["expires"])
    except ValueError:
        source.wrong((*path, "expires"), f'{shown(entry["expires"])} is not a day, e.g. "2027-01-31".')
        return None
    if expires > today + LONGEST:
        source.wrong((*path, "expires"), f"{expires} is more than a year ahead; at most {today + LONGEST}.")
    line = source.line(path)
    return Accepted(entry["check"], entry.get("module", ""), where, entry["reason"], entry["owner"], expires, line)


def _plain(place: Place) -> str:
    return re.sub(r"\[[^\]]*\]", "", place.resource)
