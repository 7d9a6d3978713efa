"""What the files of this checkout say: the last reports in out/, the waivers and the last drill."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from meridian import report
from meridian.deploy.summary.stored import restore_summary
from meridian.gate import waivers as kept_waivers
from meridian.inventory.model import Environment
from meridian.page.facts import Change, Fact, Finding, LastDrill, LastPlan, LastScan, State, Waiver, Waivers
from meridian.verify.deployment import EDGE
from meridian.verify.findings import COLUMNS, Status

Made = TypeVar("Made")
DRILLS = "out/drills"
LARGEST_PICTURE = 2_000_000
SOON_DAYS = 14
VERIFIED: dict[str, State] = {Status.FAIL: "bad", Status.UNKNOWN: "unknown", Status.PASS: "good"}


def format_time(when: datetime) -> str:
    """Return a time as the page shows it, e.g. `2026-01-31 09:05 UTC`."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def read_plan(root: Path, environment: str, target: str) -> LastPlan:
    """Return the last plan of an environment on a target."""
    return _read(root, "plan", environment, target, LastPlan, _plan)


def _plan(found: Mapping[str, Any], when: str, _: str) -> LastPlan:
    summary = restore_summary(found["summary"])
    dangers = [Change(summary.where(one.regions, one.unit), one.check, one.sentence) for one in summary.dangers]
    changes = [Change(summary.where(one.regions, one.unit), one.action, one.address) for one in summary.rows]
    sentence = " ".join(filter(None, (summary.total, summary.left_out)))
    if dangers:
        sentence += f" {_count(len(dangers), 'change is', 'changes are')} dangerous."
    return LastPlan(Fact("bad" if dangers else "note", sentence, when), tuple(dangers), tuple(changes))


def read_scan(root: Path, environment: str) -> LastScan:
    """Return what the last run of the gate found in code, and in the plans of an environment."""
    return _read(root, "scan", environment, "", LastScan, _scan)


def _scan(found: Mapping[str, Any], when: str, environment: str) -> LastScan:
    planned = any(str(one["name"]).startswith(f"{environment}/") for one in found["scanned"])
    findings = tuple(_findings(found["findings"], environment))
    seen = "code and plans" if planned else f"code; the plans of {environment} were not scanned"
    if findings:
        failing = found["verdict"] != "ok"
        sentence = f"{_count(len(findings), 'finding', 'findings')} in {seen}."
        return LastScan(Fact("bad" if failing else "note", sentence, when), findings)
    return LastScan(Fact("good" if planned else "note", f"No finding in {seen}.", when))


def _findings(rows: Iterable[Mapping[str, Any]], environment: str) -> Iterator[Finding]:
    for row in rows:
        named = {place["environment"] for place in row["places"]} - {""}
        if named and environment not in named:
            continue
        file = f"{row['file']}:{row['line']}" if row["line"] else row["file"]
        own = sorted({_unit(place) for place in row["places"] if place["environment"] == environment})
        where = ", ".join([str(file), *own])
        severity, check, what, fix = (str(row[key]) for key in ("severity", "check", "what", "fix"))
        yield Finding(severity, check, what, where, fix)


def _unit(place: Mapping[str, Any]) -> str:
    return f"{place['region']}/{place['unit']}"


def read_verified(root: Path, environment: str, target: str, region: str) -> Fact:
    """Return what the last verification said of a region."""

    def parse(found: Mapping[str, Any], when: str, _: str) -> Fact:
        return _verified(found, when, region)

    return _read(root, "verify", environment, target, lambda fact: fact, parse)


def _verified(found: Mapping[str, Any], when: str, region: str) -> Fact:
    row = next((one for one in found["regions"] if one["region"] == region), None)
    if row is None:
        return Fact("note", "Not part of the last verification.", when)
    results = {column: row[column] for column in COLUMNS if row.get(column, Status.SKIP) != Status.SKIP}
    for status, state in VERIFIED.items():
        columns = [column for column, result in results.items() if result == status]
        if columns:
            return Fact(state, f"{status}: {', '.join(columns)}.", when)
    return Fact("unknown", "out/verify.json has no result of it.", when)


def read_drill(root: Path, environment: Environment, target: str) -> LastDrill:
    """Return the last drill of an environment on a target, and the newest picture of one."""
    found = _read(root, "drill", environment.name, target, LastDrill, _drill)
    picture = find_picture(root, environment, target)
    if picture and not found.figures:
        return LastDrill(found.fact, picture=picture)
    return LastDrill(found.fact, found.figures, picture)


def _drill(found: Mapping[str, Any], when: str, _: str) -> LastDrill:
    seconds, calls, targets = found["seconds"], found["calls"], found["targets"]
    missed = [str(one) for one in found["missed"]]
    taken = "the edge" if found["taken_away"] == EDGE else found["taken_away"]
    sentence = f"Taken away: {taken} (fault: {found['fault']}). "
    sentence += " ".join(missed) or "The calls went on without it."
    figures = (
        ("others answered after", _seconds(seconds["until_switched"])),
        ("every call succeeded after", _seconds(seconds["until_every_call_succeeds"], targets["time_seconds"])),
        ("calls lost", _figure(f"{calls['lost']} of {calls['made']}", targets["lost_calls"])),
        ("these were answered with", ", ".join(f"{k}: {v}" for k, v in calls["answers_of_lost"].items()) or "-"),
        ("items lost, doubled", _lost(found["items"])),
        ("messages lost, doubled", _lost(found["messages"])),
        *_replication(found["replication"]),
        ("a sign-in meanwhile", "succeeded" if found["sign_in"]["away"] == "ok" else "failed"),
        (f"{taken} answers every call after", _seconds(seconds["until_back"])),
    )
    return LastDrill(Fact("bad" if missed or found["verdict"] != "ok" else "good", sentence, when), figures)


def _replication(found: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if found:
        yield "an item was in all regions after", f"{_seconds(found['median_seconds'])} (median of {found['measured']})"


def _lost(found: Mapping[str, Any]) -> str:
    return f"{found['lost']}, {found['doubled']}"


def _seconds(value: float | None, target: float | None = None) -> str:
    return "not seen" if value is None else _figure(f"{value} s", None if target is None else f"{target} s")


def _figure(text: str, target: object) -> str:
    return text if target is None else f"{text} (target: {target})"


def find_picture(root: Path, environment: Environment, target: str) -> str:
    """Return the file of the newest picture of a drill of an environment on a target; empty if there is none."""
    # Whole names: the environment `qa` has no drill of an environment `x-qa`.
    taken = "|".join(map(re.escape, (*environment.region_names, EDGE)))
    name = re.compile(rf"\d{{4}}-\d\d-\d\dT\d{{6}}Z-{re.escape(environment.name)}-{target}-({taken})\.svg")
    files = [one for one in (root / DRILLS).glob("*.svg") if name.fullmatch(one.name) and one.is_file()]
    found = [one.name for one in files if one.stat().st_size <= LARGEST_PICTURE]
    return f"{DRILLS}/{max(found)}" if found else ""


def read_waivers(root: Path, environment: str, today: date) -> Waivers:
    """Return the waivers that concern an environment, the one that ends first first; UserError for a wrong file."""
    found = kept_waivers.read_waivers(root / kept_waivers.FILE, None, root, today)
    concern = [one for one in found if fnmatchcase(environment, one.places.get("env", "*"))]
    accepted = [_waiver(one, today) for one in concern if not one.adr]
    accepted.sort(key=lambda one: (one.days_left, one.check))
    expired = sum(one.days_left < 0 for one in accepted)
    soon = sum(0 <= one.days_left < SOON_DAYS for one in accepted)
    text = f"{_count(len(accepted), 'finding is', 'findings are')} accepted" if accepted else "No finding is accepted"
    parts = [text]
    if expired:
        parts.append(f"{expired} of the waivers expired")
    if soon:
        parts.append(f"{soon} for less than {SOON_DAYS} days")
    state: State = "bad" if expired else "note" if accepted else "good"
    fact = Fact(state, f"{'; '.join(parts)}.")
    return Waivers(fact, tuple(accepted), sum(bool(one.adr) for one in concern))


def _waiver(one: kept_waivers.Waiver, today: date) -> Waiver:
    subject = f"modules/{one.module}" if one.module else one.file
    subject = subject or " ".join(f"{key} {value}" for key, value in one.places.items())
    return Waiver(one.check, subject, one.owner, one.reason, one.expires.isoformat(), (one.expires - today).days)


def _read(
    root: Path,
    command: str,
    environment: str,
    target: str,
    empty: Callable[[Fact], Made],
    parse: Callable[[Mapping[str, Any], str, str], Made],
) -> Made:
    """Return the last report of a command as `parse` reads it; a fact alone where it is missing, broken or another's.

    A report without an environment, or a `target` of "", is about any.
    """
    file = root / "out" / f"{command}.json"
    if not file.is_file():
        return empty(Fact("note", f"meridian {command} was not run in this checkout."))
    when = format_time(datetime.fromtimestamp(file.stat().st_mtime, UTC))
    found = report.read_report(root, command)
    about = [found.get("environment", environment), found.get("target", target) if target else ""]
    if about != [environment, target]:
        here = " ".join(filter(None, (str(about[0]), f"on target {about[1]}" if about[1] else "")))
        return empty(Fact("note", f"The last meridian {command} in this checkout was one of {here}.", when))
    if "error" in found:
        return empty(Fact("unknown", f"meridian {command} did not finish: {found['error']}", when))
    try:
        return parse(found, when, environment)
    except (AttributeError, LookupError, TypeError, ValueError):
        return empty(Fact("unknown", f"out/{command}.json is no report that this version writes.", when))


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
