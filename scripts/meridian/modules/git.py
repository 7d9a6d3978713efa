"""Reading files of one commit from the repository, without a checkout."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from meridian.errors import CouldNotTell, UserError

# A hook or an alias may have set them for another repository.
_FOREIGN = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"})


def run(root: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Return the standard output of a git command in the repository.

    Raises CouldNotTell where git is missing, UserError where it refuses.
    """
    environ = {k: v for k, v in os.environ.items() if k not in _FOREIGN} | {
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
    }
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], input=stdin, env=environ, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise CouldNotTell("git is not installed.", "Install git; versions of modules are read from it.") from error
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
        if "not a git repository" in reason:
            raise UserError(
                "This is no git repository, and released versions of modules are read from its history.",
                "Work in a clone of it (git clone URL), not in a copy of its files.",
            )
        raise UserError(f"git {arguments[0]}: {reason}")
    return done.stdout


def objects(root: Path, names: Sequence[str]) -> dict[str, tuple[str, bytes] | None]:
    """Return id and content of each object (`<commit>:<path>`), None for one that is not there; one git process."""
    output = run(root, "cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode())
    found: dict[str, tuple[str, bytes] | None] = {}
    for name in names:
        header, _, output = output.partition(b"\n")
        words = header.decode().split(" ")
        if words[-1] in {"missing", "ambiguous"}:
            found[name] = None
            continue
        size = int(words[2])
        found[name] = (words[0], output[:size])
        output = output[size + 1 :]
    return found


def is_shallow(root: Path) -> bool:
    """Whether the clone lacks a part of the history."""
    return run(root, "rev-parse", "--is-shallow-repository").strip() == b"true"
