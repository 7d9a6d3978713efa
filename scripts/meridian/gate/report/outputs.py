"""The files that a scan writes beside its report: SARIF and Markdown, also for a scan that failed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from meridian import files
from meridian.errors import MeridianError, OperationFailed
from meridian.gate.report import markdown, sarif
from meridian.gate.verdict import Verdict


@dataclass(frozen=True)
class Outputs:
    """Where to write each form; None writes nothing. `scope` names what was scanned, e.g. `modules` or `dev`."""

    scope: str
    sarif: Path | None = None
    markdown: Path | None = None

    @contextmanager
    def red_until_written(self) -> Iterator[None]:
        """Write failed files first, so that older green ones never survive; OperationFailed if that fails."""
        self.failed("The scan began and did not end.")
        try:
            yield
        except MeridianError as error:
            self.failed(error.message)
            raise

    def write(self, verdict: Verdict) -> None:
        """Write a verdict; OperationFailed if a file cannot be written."""
        if self.sarif:
            write(self.sarif, json.dumps(sarif.format_sarif(verdict, self.scope), indent=2) + "\n")
        if self.markdown:
            write(self.markdown, "\n".join(markdown.format_report(verdict.body())) + "\n")

    def failed(self, message: str) -> None:
        """Write why the scan has no verdict; OperationFailed if a file cannot be written."""
        if self.sarif:
            write(self.sarif, json.dumps(sarif.format_failure(message, self.scope), indent=2) + "\n")
        if self.markdown:
            write(self.markdown, "\n".join(markdown.format_report({"error": message})) + "\n")


def write(file: Path, text: str) -> None:
    """Replace a file in one step; OperationFailed if it cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write_file(file, text)
    except OSError as error:
        raise OperationFailed(f"{file}: cannot be written: {error.strerror}.") from error
