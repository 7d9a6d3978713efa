"""Versions as tuples of numbers, and the rules that say which one fits."""

import re
from collections.abc import Callable

Version = tuple[int, ...]
Rule = Callable[[Version], bool]

NUMBER = re.compile(r"(?<![\w.])(?:v|go)?(\d+(?:\.\d+)+)(-?(?:alpha|beta|rc|dev)[\w.]*)?")


def parse(text: str) -> Version | None:
    """Return the first version in a tool's answer, e.g. "terragrunt version v1.1.3" -> (1, 1, 3).

    A pre-release is none: it counts as older than its number says, and no rule admits it.
    """
    match = NUMBER.search(text)
    if match is None or match[2]:
        return None
    return tuple(int(part) for part in match[1].split("."))


def at_least(version: str) -> Rule:
    """Return the rule that admits this version and every later one."""
    floor = _known(version)
    return lambda found: found >= floor


def same(version: str, parts: int) -> Rule:
    """Return the rule that admits versions whose first `parts` numbers are those of `version`."""
    wanted = _known(version)[:parts]
    return lambda found: found[:parts] == wanted


def _known(version: str) -> Version:
    parsed = parse(version)
    if parsed is None:
        raise ValueError(f"{version!r} is not a version, e.g. 1.2.3")
    return parsed
