"""A small repository for the hygiene tools to look at."""

import subprocess
from pathlib import Path

from meridian.gate.finding import Finding


def empty(folder: Path) -> Path:
    """Make a repository that holds nothing but an empty baseline of secrets."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    write(folder, ".secrets.baseline", '{"results": {}}')
    return folder


def git(root: Path, *words: str) -> str:
    """Run git in a repository."""
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *settings, *words], cwd=root, check=True, capture_output=True, text=True).stdout


def commit(root: Path) -> str:
    """Commit everything and return the commit."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "a change")
    return git(root, "rev-parse", "HEAD").strip()


def write(root: Path, name: str, content: str | bytes) -> None:
    """Write a file and its folder."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def found(findings: list[Finding]) -> list[tuple[str, str, int]]:
    """Return check and place of each finding."""
    return [(one.check, one.file, one.line) for one in findings]
