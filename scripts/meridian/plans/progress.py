"""Terragrunt's log, line by line: keeps every line, shows milestones, collects errors."""

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from meridian.console import say

MILESTONE = re.compile(
    r"^(?:Plan: \d+ to .*|No changes\..*|(?:Apply|Destroy) complete! .*|You can apply this plan to save .*)$",
    re.MULTILINE,
)
ERROR = re.compile(r"^(?:\x1b\[\d+m)*(?:Error: .*|error: .*)$", re.MULTILINE)


@dataclass
class Progress:
    """Reads the lines of one run in `folder` and writes each to `kept`."""

    kept: TextIO
    folder: Path
    begun: float = field(default_factory=time.monotonic)
    errors: dict[str, list[str]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

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
            self._say(unit, "started")
        for milestone in MILESTONE.findall(message):
            self._say(unit, milestone)

    def _say(self, unit: str, text: str) -> None:
        say(f"   {time.monotonic() - self.begun:5.1f} s  {unit}: {text}")
