"""What a drill found: measured, judged against the inventory's targets, and written down."""

import json
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import jwt

from meridian import files
from meridian.drill.calls import (
    STEADY_SECONDS,
    compare_items,
    compare_messages,
    count_answers,
    lost,
    measure_outage,
    measure_return,
    one_table,
)
from meridian.drill.fault import FAULTS
from meridian.drill.lag import Copied
from meridian.drill.load import Load
from meridian.drill.picture import draw
from meridian.errors import CouldNotTell, Exit
from meridian.inventory.model import Recovery
from meridian.paths import out_dir
from meridian.verify import findings, observe
from meridian.verify.deployment import Regional
from meridian.verify.http import NoAnswer
from meridian.verify.run import Run
from meridian.verify.user import User

FOLDER = "drills"


@dataclass(frozen=True)
class SignIns:
    """Why a sign-in failed while the region was away, and once it was back; empty if it did not."""

    away: str = ""
    back: str = ""
    ends: bool = False
    """Whether nobody could sign in, because the user pool was taken away, too."""


@dataclass(frozen=True)
class Moments:
    """When what happened, in seconds since the load began."""

    fault: float
    put_back: float
    recovered: bool
    """Whether the others answered every call before the region was put back."""
    sign_ins: SignIns = SignIns()
    copied: tuple[Copied, ...] | None = None
    """The items that were followed into the other regions; None if the tables are independent."""


@dataclass(frozen=True)
class Result:
    """The figures of one drill; seconds count from the fault, `back` from the moment it was put back."""

    environment: str
    target: str
    taken: str
    """What was taken away: a region, or the edge."""
    fault: str
    when: datetime
    calls: int
    """All since the fault."""
    lost: int
    answers: Mapping[str, int]
    """How often the lost calls got which status; `none` is no answer."""
    repeated: int
    """How many of the lost calls succeeded when they were repeated with the same key."""
    switched: float | None
    recovered: float | None
    away: float
    back: float | None
    items: tuple[int, int]
    """Lost and doubled."""
    messages: tuple[int, int]
    """Lost and doubled."""
    copied: tuple[Copied, ...] | None
    """How long items took into the other regions; None if the tables are independent."""
    sign_ins: SignIns
    token_minutes: int
    """How long the tokens of before the fault still last."""
    targets: Recovery
    picture: str

    @property
    def named(self) -> str:
        """What a sentence calls what was taken away."""
        return FAULTS[self.fault].name_of(self.taken)

    @property
    def others(self) -> str:
        """What had to take over."""
        return FAULTS[self.fault].others

    @property
    def missed(self) -> list[str]:
        """A sentence for each thing that is not as it should be."""
        return list(self._missed())

    def _missed(self) -> Iterator[str]:
        longest, most = self.targets.time_seconds, self.targets.lost_calls
        if self.recovered is None:
            yield f"Not every call was answered by {self.others}."
        elif longest is not None and self.recovered > longest:
            yield f"Every call succeeded after {self.recovered:.1f} s; the target is {longest} s."
        if most is not None and self.lost > most:
            yield f"{self.lost} calls were lost; the target is {most}."
        if self.back is None:
            yield f"Not every call was answered by {self.named} again."
        if self.sign_ins.away and not self.sign_ins.ends:
            yield f"A sign-in failed although the user pool was there: {self.sign_ins.away}."
        if self.sign_ins.back:
            yield f"Sign-in did not work again: {self.sign_ins.back}."
        if any(self.items):
            yield f"{self.items[0]} items of answered calls were lost, {self.items[1]} doubled."
        if self.messages[0]:
            yield f"{self.messages[0]} messages of answered calls were lost."

    @property
    def code(self) -> Exit:
        """FINDINGS if a target was missed or something was lost that had been answered."""
        return Exit.FINDINGS if self.missed else Exit.OK

    def facts(self) -> dict[str, Any]:
        """Return the figures as they stand in the JSON report."""
        return {
            "environment": self.environment,
            "target": self.target,
            "taken_away": self.taken,
            "fault": self.fault,
            "began": self.when.isoformat(timespec="seconds"),
            "calls": {
                "made": self.calls,
                "lost": self.lost,
                "answers_of_lost": dict(self.answers),
                "succeeded_when_repeated": self.repeated,
            },
            "seconds": {
                "away": round(self.away, 1),
                "until_switched": _rounded(self.switched),
                "until_every_call_succeeds": _rounded(self.recovered),
                "until_back": _rounded(self.back),
            },
            "items": dict(zip(("lost", "doubled"), self.items, strict=True)),
            "messages": dict(zip(("lost", "doubled"), self.messages, strict=True)),
            "replication": self._replication(),
            "sign_in": {"away": self.sign_ins.away or "ok", "back": self.sign_ins.back or "ok"},
            "token_minutes": self.token_minutes,
            "targets": {"time_seconds": self.targets.time_seconds, "lost_calls": self.targets.lost_calls},
            "missed": self.missed,
        }

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield what was measured, its figure, and its target or what it means."""
        time_target, call_target = (
            "" if value is None else f"target: {value}{unit}"
            for value, unit in ((self.targets.time_seconds, " s"), (self.targets.lost_calls, ""))
        )
        yield "the switch took effect after", _seconds(self.switched), f"{self.others} answered"
        yield "every call succeeded after", _seconds(self.recovered), time_target
        yield "calls lost", f"{self.lost} of {self.calls}", call_target
        if self.answers:
            answers = ", ".join(f"{name}: {count}" for name, count in self.answers.items())
            yield "of these, answered with", answers, "a status, or none"
        yield "of these, repeated with the same key", f"{self.repeated} succeeded", ""
        yield "items lost, doubled", f"{self.items[0]}, {self.items[1]}", "of answered calls"
        yield (
            "messages lost, doubled",
            f"{self.messages[0]}, {self.messages[1]}",
            "a repeated call may send twice",
        )
        if found := self._replication():
            at_once = "; the local AWS copies at once" if self.target == "local" else ""
            unseen = f", {found['not_seen']} not seen in time" if found["not_seen"] else ""
            note = f"median of {found['measured']}; longest: {_lag(found['longest_seconds'])}{unseen}{at_once}"
            yield "an item was in all regions after", _lag(found["median_seconds"]), note
        yield "a sign-in meanwhile", *self._sign_in()
        yield "tokens of before the fault last", f"{self.token_minutes} min", "no sign-in is needed until then"
        yield f"{self.named} answers every call after", _seconds(self.back), f"it was away for {self.away:.0f} s"

    def _replication(self) -> dict[str, Any] | None:
        if self.copied is None:
            return None
        seconds = [one.seconds for one in self.copied if one.seconds is not None]
        return {
            "measured": len(seconds),
            "median_seconds": round(median(seconds), 2) if seconds else None,
            "longest_seconds": round(max(seconds), 2) if seconds else None,
            "not_seen": len(self.copied) - len(seconds),
        }

    def _sign_in(self) -> tuple[str, str]:
        if not self.sign_ins.away:
            return "succeeded", ""
        if not self.sign_ins.ends:
            return "failed", ""
        return "failed", f"{self.taken} has the user pool; {'not yet' if self.sign_ins.back else 'it works'} again"

    def text(self) -> str:
        """Return the result for a terminal."""
        widths = [max(len(row[column]) for row in self.rows()) for column in (0, 1)]
        lines = [f"  {what:<{widths[0]}}  {figure:>{widths[1]}}  {note}".rstrip() for what, figure, note in self.rows()]
        end = self.missed or ["The calls went on without it, and nothing that was answered is lost."]
        return "\n".join(["", *lines, "", *end])

    def page(self, picture: str) -> str:
        """Return the result as Markdown with the picture's file."""
        rows = [f"| {what} | {figure} | {note} |" for what, figure, note in self.rows()]
        heading = f"# Drill: {self.named} of {self.environment}, {self.when:%Y-%m-%d %H:%M} UTC"
        about = f"Target {self.target}, fault {self.fault}: {FAULTS[self.fault].effect}."
        verdict = self.missed or ["No target was missed."]
        table = ["| what | figure | |", "|---|---|---|", *rows]
        return "\n".join([heading, "", about, *verdict, "", *table, "", f"![calls]({picture})", ""])


def measure(
    run: Run,
    place: Regional,
    user: User,
    load: Load,
    moments: Moments,
    queues: Mapping[str, str | findings.Result],
    fault: str,
) -> Result:
    """Return what the drill found; the lost calls are repeated first, once, with their keys.

    Raises CouldNotTell if a table or a queue cannot be read.
    """
    calls, taken = load.calls, load.ways[0].name or place.region
    # What a cold start lost before is not this fault's.
    since = [call for call in calls if call.began >= moments.fault]
    failed = lost(since)
    repeated = [load.call(call.key) for call in failed]
    tables = _read_tables(run, user)
    if place.replicates:
        tables = one_table(tables)
    sent = {region: _count_messages(run, region, queue, user) for region, queue in queues.items()}
    outage = measure_outage(calls, taken, moments.fault, moments.put_back)
    back = measure_return(calls, taken, moments.put_back)
    lines = {"taken away": 0.0, "put back": moments.put_back - moments.fault}
    if outage.recovered is not None:
        lines["all well"] = outage.recovered
    if back is not None:
        lines["back"] = moments.put_back - moments.fault + back
    # From the last seconds before the fault, which count as the ones before 0.
    shown = [
        replace(one, began=one.began - moments.fault) for one in calls if one.began > moments.fault - STEADY_SECONDS
    ]
    lags = [(one.began - moments.fault, one.seconds) for one in moments.copied or () if one.seconds is not None]
    title = f"{FAULTS[fault].name_of(taken)} of {run.target.environment.name}: {FAULTS[fault].effect}"
    names = [way.name for way in load.ways if way.name] or [one.region for one in run.deployment.regions]
    expires = jwt.decode(user.tokens.id, options={"verify_signature": False})["exp"]
    return Result(
        environment=run.target.environment.name,
        target=run.target.kind,
        taken=taken,
        fault=fault,
        when=datetime.fromtimestamp(run.began, UTC),
        calls=len(since),
        lost=len(failed),
        answers=count_answers(since),
        repeated=sum(call.region is not None for call in repeated),
        switched=outage.switched,
        recovered=outage.recovered if moments.recovered else None,
        away=moments.put_back - moments.fault,
        back=back,
        items=compare_items(load.calls, tables),
        messages=compare_messages(load.calls, {region: len(found) for region, found in tables.items()}, sent),
        copied=moments.copied,
        sign_ins=moments.sign_ins,
        token_minutes=int(expires - time.time()) // 60,
        targets=run.target.environment.recovery,
        picture=draw(title, shown, names, dict(sorted(lines.items(), key=lambda one: one[1])), lags),
    )


def _read_tables(run: Run, user: User) -> dict[str, Collection[str]]:
    found: dict[str, Collection[str]] = {}
    for region, items in observe.read_tables(run, user.subject).items():
        if isinstance(items, NoAnswer):
            raise _unreadable(run, region, items.reason)
        found[region] = {str(item["greeting_id"]) for item in items}
    return found


def _count_messages(run: Run, region: str, queue: str | findings.Result, user: User) -> int:
    if not isinstance(queue, str):
        raise _unreadable(run, region, queue[1])
    heard = observe.receive_messages(run, region, queue, user.address)
    if isinstance(heard, NoAnswer):
        raise _unreadable(run, region, heard.reason)
    return sum(message.get("email") == user.address for message in heard)


def _unreadable(run: Run, region: str, reason: str) -> CouldNotTell:
    return CouldNotTell(
        f"{region}: what the drill left could not be read: {reason.rstrip('.')}. The region is back.",
        f"`meridian verify {run.target.arguments}` says what is missing; then run the drill again.",
    )


def write_files(root: Path, result: Result) -> list[Path]:
    """Write the page, the picture and the figures to out/drills/ and return their paths."""
    folder = out_dir(root) / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    name = f"{result.when:%Y-%m-%dT%H%M%SZ}-{result.environment}-{result.target}-{result.taken}"
    page, picture, figures = (folder / f"{name}.{ending}" for ending in ("md", "svg", "json"))
    files.write_file(picture, result.picture, 0o600)
    files.write_file(page, result.page(picture.name), 0o600)
    files.write_file(figures, json.dumps(result.facts(), indent=2) + "\n", 0o600)
    return [page, picture, figures]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _lag(value: float | None) -> str:
    return "not seen" if value is None else f"{value:.2f} s"


def _seconds(value: float | None) -> str:
    return "not seen" if value is None else f"{value:.1f} s"
