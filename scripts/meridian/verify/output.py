"""How a verification is told: a line as each check ends, a table at the end, a report."""

import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from meridian.verify.findings import Finding, Status, worst

COLUMNS = {
    "greet": ("greet", "once"),
    "item": ("item",),
    "message": ("message",),
    "refusals": ("refuse-", "no-trace"),
    "status": ("status",),
}
"""The summary's columns, and what the rules that each stands for begin with."""

_STYLES = {Status.PASS: "green", Status.FAIL: "bold red", Status.UNKNOWN: "yellow", Status.SKIP: "dim"}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Go on in silence when nobody reads any more: rich would end the thread, and things would be left.

        The interpreter flushes stdout once more at its end (Python's signal documentation, SIGPIPE).
        """
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Teller:
    """Prints each finding as it comes, from any thread, and keeps it; never a secret."""

    def __init__(self, *, quiet: bool) -> None:
        self.findings: list[Finding] = []
        self._secrets: set[str] = set()
        self._lock = threading.Lock()
        self._console = None if quiet else _Console(highlight=False, soft_wrap=True)

    def hide(self, secret: str) -> None:
        """Replace this text wherever a finding holds it."""
        with self._lock:
            self._secrets.add(secret)

    def tell(self, finding: Finding) -> None:
        """Keep one finding and print its line."""
        with self._lock:
            sentence = finding.sentence
            for secret in self._secrets:
                sentence = sentence.replace(secret, "[hidden]")
            kept = Finding(finding.status, finding.region, finding.rule, sentence)
            self.findings.append(kept)
            self.print(line(kept))

    def print(self, what: "Text | Table | str") -> None:
        """Print to stdout unless the report itself is to be the only output."""
        if self._console is None:
            return
        self._console.print(what)
        self._console.file.flush()


def line(finding: Finding) -> Text:
    """Return one finding as one line, e.g. `PASS     us-east-1  status  GET /status answered 200.`"""
    words = Text(f"{finding.status:<7}", style=_STYLES[finding.status])
    return words.append(f"  {finding.region:<14}  {finding.rule:<22}  {finding.sentence}", style="not bold default")


def regions(findings: Sequence[Finding], seconds: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return one row per region: the worst status of each column, and how long it took."""
    rows = []
    for region, took in seconds.items():
        row: dict[str, Any] = {"region": region}
        for column, prefixes in COLUMNS.items():
            found = [f for f in findings if f.region == region and f.rule.startswith(prefixes)]
            row[column] = str(worst(found))
        rows.append(row | {"seconds": round(took, 1)})
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the summary table of `regions`."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("region", *COLUMNS):
        made.add_column(name, no_wrap=True)
    made.add_column("seconds", justify="right", no_wrap=True)
    for row in rows:
        cells = [Text(row[name], style=_STYLES[Status(row[name])]) for name in COLUMNS]
        made.add_row(row["region"], *cells, f"{row['seconds']:.1f}")
    return made
