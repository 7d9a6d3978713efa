"""Collects the problems of one file and reports them together, in the order of lines."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from meridian.errors import UserError

KeyPath = tuple[str | int, ...]


@dataclass
class Problems:
    """The problems of `file`, each with its line and the path of its key."""

    file: str
    found: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, line: int, path: KeyPath, text: str) -> None:
        """Record one problem at a line (counted from 1); `text` ends with a period or a question mark."""
        self.found.append((line, format_path(path), text))

    def require_none(self) -> None:
        """Raise UserError if a problem was recorded."""
        if self.found:
            raise self.error()

    def error(self) -> UserError:
        """Return a UserError with one line for each problem, sorted by line."""
        return UserError("\n".join(self._sentence(*problem) for problem in sorted(set(self.found))))

    def _sentence(self, line: int, path: str, text: str) -> str:
        return f"{self.file}:{line}: {path}: {text}" if path else f"{self.file}:{line}: {text}"


def format_path(path: KeyPath) -> str:
    """Return a key path in dots and brackets: `environments.dev.regions`, `cors_origins[0]`."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += f".{_plain(key)}" if text else _plain(key)
    return text


def quote(value: object) -> str:
    """Return a value for a message: quoted, on one line, at most 60 characters."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the known word most like `word`, or nothing."""
    # Only needed once something is wrong; start-up counts.
    from difflib import get_close_matches

    matches = get_close_matches(word[:60], list(known), n=1, cutoff=0.6)
    return f" Did you mean {matches[0]!r}?" if matches else ""


def join_words(words: Iterable[str]) -> str:
    """Return the words as `a, b, c`, or `none`."""
    return ", ".join(map(_plain, words)) or "none"


def _plain(word: str) -> str:
    """Return a word for a message, in quotes only where it is long or has characters that do not print."""
    return word if word.isprintable() and len(word) <= 60 else quote(word)
