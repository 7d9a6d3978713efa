"""Terragrunt's log, line by line: keeps every line, shows milestones and what runs, collects errors."""

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TextIO

from rich.console import Console

from meridian.console import say
from meridian.running import RunningLines

MILESTONE = re.compile(
    r"^(?:Plan: \d+ to .*|No changes\..*|(?:Apply|Destroy) complete! .*|You can apply this plan to save .*)$",
    re.MULTILINE,
)
STATE = re.compile(
    r"^\S+: (?:Creating|Destroying|Modifying|Reading|Refreshing state|Still \w+).*$|^Plan: .*$", re.MULTILINE
)
"""What Terraform does to one resource, for the line of a unit that runs."""
DONE = re.compile(r"^(?:No changes\.|(?:Apply|Destroy) complete!|Saved the plan to:)", re.MULTILINE)
"""What Terraform prints last in a unit."""
ERROR = re.compile(r"^(?:\x1b\[\d+m)*(?:Error: .*|error: .*)$", re.MULTILINE)


@dataclass
class Progress:
    """Reads the lines of one run in `folder` and writes each to `kept`.

    Shows a milestone as a line of its own and, between `with` and its end, a line for each unit that runs.
    """

    kept: TextIO
    folder: Path
    begun: float = field(default_factory=time.monotonic)
    errors: dict[str, list[str]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _done: set[str] = field(default_factory=set)
    _running: RunningLines = field(default_factory=lambda: RunningLines(Console(stderr=True)))

    def __enter__(self) -> "Progress":
        self._running.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.stop()

    def line(self, raw: str) -> None:
        """Read one line of the log (JSON) or of a hook (plain text)."""
        try:
            entry = json.loads(raw)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            self.kept.write(raw)
            return
        # Until the source is downloaded, Terragrunt prints the unit's whole path.
        unit = str(entry.get("working-dir", "")).removeprefix(f"{self.folder}/")
        message = str(entry.get("msg", "")).strip("\n")
        self.kept.write(f"{entry.get('time', '')} {entry.get('level', '')} [{unit}] {message}\n")
        self._show(unit, message)
        if entry.get("level") in {"error", "stderr"} or ERROR.search(message):
            self.errors.setdefault(unit, []).append(message)

    def _show(self, unit: str, message: str) -> None:
        if not unit:
            return
        if unit not in self._seen:
            self._seen.add(unit)
            if not self._running.shown:
                self._say(unit, "started")
            self._running.set(unit, "started")
        for milestone in MILESTONE.findall(message):
            self._say(unit, milestone)
        if DONE.search(message):
            self._done.add(unit)
            self._running.remove(unit)
        elif unit not in self._done and (states := STATE.findall(message)):
            self._running.set(unit, states[-1])

    def _say(self, unit: str, text: str) -> None:
        say(f"   {time.monotonic() - self.begun:5.1f} s  {unit}: {text}")
