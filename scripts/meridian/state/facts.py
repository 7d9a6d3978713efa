"""One setting of an AWS resource: its value, the wanted value and the call that sets it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Change:
    """One difference in words: `subject` is the resource, `was` and `becomes` are the setting's values."""

    subject: str
    setting: str
    was: str
    becomes: str

    def __str__(self) -> str:
        """Return one line for the terminal."""
        return f"{self.subject}: {self.setting}: {self.becomes} (was: {self.was})"


@dataclass(frozen=True)
class Setting:
    """A setting that can be read, compared and written; a missing one reads as None."""

    setting: str
    becomes: str
    read: Callable[[], Any]
    wanted: Any
    write: Callable[[], object]
    describe: Callable[[Any], str] = lambda found: "none" if found is None else "something else"


def correct_settings(subject: str, facts: Iterable[Setting], *, exists: bool, dry_run: bool) -> list[Change]:
    """Compare each fact and, unless `dry_run`, write those that differ; return the differences.

    `exists` is False in a dry run for a resource that does not exist yet; nothing is read then.
    """
    changes = []
    for fact in facts:
        found = fact.read() if exists else None
        if found == fact.wanted:
            continue
        changes.append(Change(subject, fact.setting, fact.describe(found), fact.becomes))
        if not dry_run:
            fact.write()
    return changes


def unless_missing(call: Callable[[], Any], *codes: str) -> Any:
    """Return what `call` returns, or None if AWS answers with one of these error codes."""
    try:
        return call()
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return None
        raise
