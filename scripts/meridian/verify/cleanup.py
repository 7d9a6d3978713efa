"""The removal of all that a verification made, whatever happened before."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from meridian.verify.faults import FAULTS, explain, is_absent
from meridian.verify.findings import Finding, failed, passed


@dataclass(frozen=True)
class Undo:
    """One thing to remove: `what` names it for a person, without a secret."""

    region: str
    what: str
    remove: Callable[[], None]
    last: bool = False


class Cleanup:
    """What was made so far. Add a thing before it is made: removing what is not there is fine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._undo: list[Undo] = []

    def add(self, region: str, what: str, remove: Callable[[], None], *, last: bool = False) -> None:
        """Remember one thing; `last` is removed only after everything else was."""
        with self._lock:
            self._undo.append(Undo(region, what, remove, last))

    def run(self) -> list[Finding]:
        """Remove everything, newest first within a region, regions side by side."""
        with self._lock:
            todo, self._undo = self._undo[::-1], []
        findings: list[Finding] = []
        for final in (False, True):
            by_region: dict[str, list[Undo]] = {}
            for undo in todo:
                if undo.last is final:
                    by_region.setdefault(undo.region, []).append(undo)
            if by_region:
                with ThreadPoolExecutor(len(by_region)) as pool:
                    findings += [finding for found in pool.map(_remove_all, by_region.values()) for finding in found]
        if not findings and todo:
            findings.append(passed("-", "clean-up", f"All that was made is removed ({len(todo)} things)."))
        return findings


def _remove_all(undos: list[Undo]) -> list[Finding]:
    return [finding for undo in undos if (finding := _remove(undo)) is not None]


def _remove(undo: Undo) -> Finding | None:
    try:
        undo.remove()
    except FAULTS as error:
        if is_absent(error):
            return None
        return failed(
            undo.region,
            "clean-up",
            f"{undo.what} is left: {explain(error)}. A run an hour from now removes it, or remove it by hand.",
        )
    return None
