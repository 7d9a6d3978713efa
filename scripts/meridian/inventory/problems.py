"""Everything wrong with one file, collected and told at once, in the order of its lines."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from meridian.errors import UserError

KeyPath = tuple[str | int, ...]

# What nobody reads to its end: the first ones are told, the others counted.
MOST_PROBLEMS = 1000
MOST_WORDS = 50


@dataclass
class Problems:
    """What is wrong with `file`, each with its line and the path of its key."""

    file: str
    found: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, line: int, path: KeyPath, text: str) -> None:
        """Record one problem at a line (counted from 1); `text` ends with a period or a question mark."""
        self.found.append((line, dotted(path), text))

    def require_none(self) -> None:
        """Raise the error about what was found, if there is any."""
        if self.found:
            raise self.error()

    def error(self) -> UserError:
        """Return a UserError with one line for each problem, sorted by line."""
        found = sorted(set(self.found))
        lines = [self._sentence(*problem) for problem in found[:MOST_PROBLEMS]]
        if len(found) > MOST_PROBLEMS:
            lines.append(f"{self.file}: and {len(found) - MOST_PROBLEMS} problems more.")
        return UserError("\n".join(lines))

    def _sentence(self, line: int, path: str, text: str) -> str:
        return f"{self.file}:{line}: {path}: {text}" if path else f"{self.file}:{line}: {text}"


def dotted(path: KeyPath) -> str:
    """Return a key path as people write it: `environments.dev.regions`, `cors_origins[0]`."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += f".{_plain(key)}" if text else _plain(key)
    return text


def shown(value: object) -> str:
    """Return a value as it may stand in a message: quoted, on one line, not longer than a line."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the known word most like `word`, or nothing."""
    # Only needed once something is wrong; start-up counts.
    from difflib import get_close_matches

    matches = get_close_matches(word[:60], list(known), n=1, cutoff=0.6)
    return f" Did you mean {matches[0]!r}?" if matches else ""


def listed(words: Iterable[str]) -> str:
    """Return the words as `a, b, c`, or `none`; long lists end with how many more there are."""
    found = [_plain(word) for word in words]
    more = f" and {len(found) - MOST_WORDS} more" if len(found) > MOST_WORDS else ""
    return (", ".join(found[:MOST_WORDS]) or "none") + more


def _plain(word: str) -> str:
    """Return a word as it may stand in a message without quotes; with them where it could be misread."""
    return word if word.isprintable() and len(word) <= 60 else shown(word)
