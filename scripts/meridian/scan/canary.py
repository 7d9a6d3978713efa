"""A violation of each policy, scanned in every run: a gate that misses one of them has said nothing."""

from collections.abc import Sequence
from pathlib import Path

from meridian.errors import CouldNotTell
from meridian.scan.engine import HOME, POLICIES, Job, Result
from policies.checks._catalogue import CATALOGUE

ID = "canary"
FIXTURES = POLICIES.parent / "fixtures"


def job(home: Path = HOME) -> Job:
    """Return the scan of all fixtures."""
    folder = home / FIXTURES
    return Job(ID, "module", folder, folder, frozenset())


def require_caught(results: Sequence[Result], home: Path = HOME) -> None:
    """Raise CouldNotTell unless each policy fails on its own violation and passes its good example."""
    folder = home / FIXTURES
    failed = {(one.check, Path(one.file).relative_to(folder).parts[:2]) for one in results if one.state == "failed"}
    passed = {(one.check, Path(one.file).relative_to(folder).parts[:2]) for one in results if one.state == "passed"}
    for check in CATALOGUE:
        if (check, (check, "fail")) not in failed:
            raise CouldNotTell(f"The canary of {check} was not caught.", f"Look at {FIXTURES}/{check}/fail.")
        if (check, (check, "pass")) not in passed or (check, (check, "pass")) in failed:
            raise CouldNotTell(f"The good example of {check} did not pass.", f"Look at {FIXTURES}/{check}/pass.")
