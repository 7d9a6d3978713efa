"""The result of every check, as a line, a summary table and the verdict of all of them."""

import os
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from meridian.errors import Exit


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
    "status": ("status",),
}
"""The columns of the summary, each with the first letters of its rules."""

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
    """Collects findings from all threads and prints each at once, without secrets."""

    def __init__(self, *, quiet: bool) -> None:
        self.findings: list[Finding] = []
        self._secrets: set[str] = set()
        self._lock = threading.Lock()
        self._console = None if quiet else _Console(highlight=False, soft_wrap=True)

    def hide(self, *secrets: str) -> None:
        """Replace these texts in all later findings."""
        with self._lock:
            self._secrets.update(secrets)

    def report(self, region: str, rule: str, status: Status, sentence: str) -> None:
        """Keep a finding and print its line, e.g. `PASS     us-east-1  status  GET /status answered 200.`"""
        with self._lock:
            for secret in self._secrets:
                sentence = sentence.replace(secret, "[hidden]")
            self.findings.append(Finding(status, region, rule, sentence))
            line = Text(f"{status:<7}", style=_STYLES[status])
            self.print(line.append(f"  {region:<14}  {rule:<22}  {sentence}", style="not bold default"))

    def print(self, what: "Text | Table | str") -> None:
        """Print to stdout, unless only the JSON report belongs there."""
        if self._console is not None:
            self._console.print(what)
            self._console.file.flush()


def summarize(findings: Sequence[Finding], seconds: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return one row per region: the worst status of each column, and the region's duration."""
    rows = []
    for region, took in seconds.items():
        row: dict[str, Any] = {"region": region}
        for column, prefixes in COLUMNS.items():
            found = [f for f in findings if f.region == region and f.rule.startswith(prefixes)]
            row[column] = str(worst(found))
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
