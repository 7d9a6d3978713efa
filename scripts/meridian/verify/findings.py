"""The result of every check, as a line, a summary table and the verdict of all of them."""

import os
import sys
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from meridian.errors import Exit
from meridian.running import RunningLines


class Status(StrEnum):
    """The result of a check; SKIP is a check that is left out on purpose."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    SKIP = "SKIP"


Result = tuple[Status, str]
"""The status of a check, and a sentence that describes what was observed."""

COLUMNS = {
    "greet": ("greet", "once"),
    "item": ("item",),
    "message": ("message",),
    "refusals": ("refuse-", "no-trace"),
    "routes": ("routes", "call-"),
    "status": ("status", "own-address", "shared-name"),
}
"""The columns of the summary, each with the first letters of its rules."""
OTHERS = "status"
"""The column of problems that belong to no other."""

NOWHERE = "-"
"""The region of a finding that is about no region."""

_STYLES = {Status.PASS: "green", Status.FAIL: "bold red", Status.UNKNOWN: "yellow", Status.SKIP: "dim"}


@dataclass(frozen=True)
class Finding:
    """The result of one rule in one region."""

    status: Status
    region: str
    rule: str
    sentence: str


def worst(findings: Collection[Finding]) -> Status:
    """Return the worst status of several findings, UNKNOWN for none."""
    found = {finding.status for finding in findings}
    order = (Status.FAIL, Status.UNKNOWN, Status.PASS, Status.SKIP)
    return next((status for status in order if status in found), Status.UNKNOWN)


def verdict(findings: Collection[Finding]) -> Exit:
    """Return FINDINGS if a rule is broken, UNKNOWN if one was not observed or none passed, else OK."""
    return {Status.FAIL: Exit.FINDINGS, Status.PASS: Exit.OK}.get(worst(findings), Exit.UNKNOWN)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Continue without output after the reader has left: rich would end the thread before its clean-up.

        The interpreter flushes stdout once more at its end (Python's signal documentation, SIGPIPE).
        """
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Reporter:
    """Collects findings from all threads and prints them without secrets.

    A check that passed in a region is only counted, in the region's line; with `verbose` it is printed too.
    """

    def __init__(self, *, quiet: bool, verbose: bool = False) -> None:
        self.findings: list[Finding] = []
        self._verbose = verbose
        self._secrets: set[str] = set()
        self._lock = threading.Lock()
        self._console = None if quiet else _Console(highlight=False, soft_wrap=True)
        self._running = RunningLines(self._console) if self._console else None

    def hide(self, *secrets: str) -> None:
        """Replace these texts in all later findings."""
        with self._lock:
            self._secrets.update(secrets)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Show a line for each region that is being checked, on a terminal."""
        if self._running is None or self._verbose:
            yield
            return
        self._running.start()
        try:
            yield
        finally:
            self._running.stop()

    def report(self, region: str, rule: str, status: Status, sentence: str) -> None:
        """Keep a finding; print its line, e.g. `FAIL     us-east-1  status  GET /status answered 500.`, or count it."""
        with self._lock:
            for secret in self._secrets:
                sentence = sentence.replace(secret, "[hidden]")
            self.findings.append(Finding(status, region, rule, sentence))
            if self._verbose or status is not Status.PASS or region == NOWHERE:
                self._print_line(status, region, f"{rule:<22}  {sentence}")
            if self._running and region != NOWHERE:
                self._running.set(region, self._count(region))

    def finish(self, region: str, seconds: float) -> None:
        """Print the line of a region in which every check was made."""
        with self._lock:
            if self._running:
                self._running.remove(region)
            if not self._verbose:
                found = [one for one in self.findings if one.region == region]
                self._print_line(worst(found), region, f"{self._count(region)} in {seconds:.1f} s.")

    def _count(self, region: str) -> str:
        found = [one.status for one in self.findings if one.region == region]
        passed = found.count(Status.PASS)
        return f"{passed} of {len(found)} checks passed"

    def _print_line(self, status: Status, region: str, text: str) -> None:
        line = Text(f"{status:<7}", style=_STYLES[status])
        self.print(line.append(f"  {region:<14}  {text}", style="not bold default"))

    def print(self, what: "Text | Table | str") -> None:
        """Print to stdout, unless only the JSON report belongs there."""
        if self._console is not None:
            self._console.print(what)
            self._console.file.flush()


def summarize(findings: Sequence[Finding], seconds: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return one row per region: the worst status of each column, and the region's duration."""
    rows = []
    known = tuple(prefix for prefixes in COLUMNS.values() for prefix in prefixes)
    problems = (Status.FAIL, Status.UNKNOWN)
    for region, took in seconds.items():
        row: dict[str, Any] = {"region": region}
        here = [one for one in findings if one.region == region]
        others = [one for one in here if one.status in problems and not one.rule.startswith(known)]
        for column, prefixes in COLUMNS.items():
            found = [one for one in here if one.rule.startswith(prefixes)]
            row[column] = str(worst(found + others if column == OTHERS else found))
        rows.append(row | {"seconds": round(took, 1)})
    return rows


def format_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the table of the rows of `summarize`."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("region", *COLUMNS):
        made.add_column(name, no_wrap=True)
    made.add_column("seconds", justify="right", no_wrap=True)
    for row in rows:
        cells = [Text(row[name], style=_STYLES[Status(row[name])]) for name in COLUMNS]
        made.add_row(row["region"], *cells, f"{row['seconds']:.1f}")
    return made
