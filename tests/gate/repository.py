"""A small git repository for a test."""

import subprocess
from pathlib import Path

from meridian.gate.finding import Finding


def empty(folder: Path) -> Path:
    """Make a repository with an empty baseline of secrets and no other file."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    write(folder, ".secrets.baseline", '{"results": {}}')
    return folder


def git(root: Path, *words: str) -> str:
    """Run git in a repository with a test identity; return its output."""
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *settings, *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, *options: str) -> str:
    """Commit everything and return the commit; `options` are those of `git add`."""
    git(root, "add", "--all", *options)
    git(root, "commit", "--quiet", "--allow-empty", "--message", "a change")
    return git(root, "rev-parse", "HEAD")


def write(root: Path, name: str, content: str | bytes) -> None:
    """Write a file and its folder."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def found(findings: list[Finding]) -> list[tuple[str, str, int]]:
    """Return check and place of each finding."""
    return [(one.check, one.file, one.line) for one in findings]
