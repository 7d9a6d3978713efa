"""The files that a scan writes for others: SARIF, JUnit and Markdown, red ones too where it could not tell."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from meridian import files
from meridian.errors import MeridianError, OperationFailed
from meridian.scan import junit, markdown, sarif
from meridian.scan.verdict import Verdict


@dataclass(frozen=True)
class Outputs:
    """Where each form goes; None: not wanted. `scope` tells runs apart, e.g. `modules` or `dev`."""

    scope: str
    sarif: Path | None = None
    junit: Path | None = None
    markdown: Path | None = None

    @contextmanager
    def red_until_written(self) -> Iterator[None]:
        """Let the files say that the scan could not tell, until a verdict is written; OperationFailed where not."""
        self.failed("The scan began and did not end.")
        try:
            yield
        except MeridianError as error:
            self.failed(error.message)
            raise

    def write(self, verdict: Verdict) -> None:
        """Write a verdict; OperationFailed where a file cannot be written."""
        if self.sarif:
            write(self.sarif, json.dumps(sarif.document(verdict, self.scope), indent=2) + "\n")
        if self.junit:
            write(self.junit, junit.document(verdict))
        if self.markdown:
            write(self.markdown, "\n".join(markdown.report(verdict.body())) + "\n")

    def failed(self, message: str) -> None:
        """Write that the scan could not tell, and why; OperationFailed where a file cannot be written."""
        if self.sarif:
            write(self.sarif, json.dumps(sarif.failed(message, self.scope), indent=2) + "\n")
        if self.junit:
            write(self.junit, junit.failed(message))
        if self.markdown:
            write(self.markdown, "\n".join(markdown.report({"error": message})) + "\n")


def write(file: Path, text: str) -> None:
    """Write a file at once and whole; OperationFailed where that cannot be."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write(file, text)
    except OSError as error:
        raise OperationFailed(f"{file}: cannot be written: {error.strerror}.") from error
