"""The settings of an AWS resource: read, compared and written."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from meridian.aws import error_code


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
    """A setting, its wanted value in words and as data, and the calls that read and write it.

    A missing setting reads as None.
    """

    name: str
    becomes: str
    wanted: Any
    read: Callable[[], Any]
    write: Callable[[], object]


def correct_settings(subject: str, settings: Iterable[Setting], *, exists: bool, dry_run: bool) -> list[Change]:
    """Compare each setting and, unless `dry_run`, write those that differ; return the differences.

    `exists` is False in a dry run for a resource that does not exist yet; nothing is read then.
    """
    changes = []
    for setting in settings:
        found = setting.read() if exists else None
        if found == setting.wanted:
            continue
        was = found if isinstance(found, str) else json.dumps(found) if found else "none"
        changes.append(Change(subject, setting.name, was, setting.becomes))
        if not dry_run:
            setting.write()
    return changes


def unless_missing(call: Callable[[], Any], *codes: str) -> Any:
    """Return what `call` returns, or None if AWS answers with one of these error codes."""
    try:
        return call()
    except ClientError as error:
        if error_code(error) in codes:
            return None
        raise
