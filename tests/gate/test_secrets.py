"""Secrets in files and in the commits of a change: findings, and attempts to hide one."""

import json
from pathlib import Path
from typing import Any

import pytest

from meridian.errors import CouldNotTell, UserError
from meridian.gate.finding import Finding
from meridian.gate.tools import files, secrets
from tests.gate.repository import commit, empty, found, git, write

pytestmark = pytest.mark.slow

# In two parts: written whole, this file would be a finding.
KEY = "AKIA" + "IOSFODNN7EXAMPLF"
AWS_KEY = "SECRET_AWS_ACCESS_KEY"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty repository, and keep the cache of clean files out of the user's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return empty(tmp_path / "repository")


def secret(root: Path, base: str = "") -> list[Finding]:
    """Look for secrets with the repository's own baseline."""
    return secrets.find_secrets(root, files.list_files(root).names, base, root)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.md", f"one\n{KEY}\n"),
        ("notes.md", f"one\n{KEY} # pragma: allowlist secret\n"),
        ("picture.png", f"one\n{KEY}\n"),
        ("go.sum", f"one\n{KEY}\n"),
        ("package-lock.json", f'{{\n"a": "{KEY}"}}\n'),
        ("swagger.yaml", f"a: b\nkey: {KEY}\n"),
        ("notes.md", b"one \xff\n" + KEY.encode() + b"\n"),
        ("notes", f"one\n{KEY}\n"),
        ("a b/ü.txt", f"one\n{KEY}\n"),
    ],
    ids=["text", "allowed by a comment", "picture", "sums", "lock", "swagger", "no UTF-8", "no suffix", "odd name"],
)
def test_a_secret_is_found_in(root: Path, name: str, content: str | bytes) -> None:
    write(root, name, content)
    (finding,) = secret(root)
    assert found([finding]) == [(AWS_KEY, name, 2)]
    assert KEY not in str(finding)


def test_a_binary_file_is_a_finding(root: Path) -> None:
    write(root, "program", b"\x7fELF\0\0")
    assert found(secret(root)) == [("MRD_SECRET_002", "program", 0)]


def test_a_secret_that_was_removed_again_is_in_the_commits(root: Path) -> None:
    """It is told with its commit, once, and only for commits since the base."""
    base = commit(root)
    write(root, "notes.md", f"one\ntwo\n{KEY}\n")
    guilty = commit(root)
    (root / "notes.md").unlink()
    commit(root)
    write(root, "notes.md", f"{KEY}\n")
    commit(root)
    (root / "notes.md").unlink()
    after = commit(root)
    (finding,) = secret(root, base)
    assert found([finding]) == [(AWS_KEY, "notes.md", 3)]
    assert f"in commit {guilty[:12]}, though no longer in the tree" in finding.what
    assert secret(root, after) == []
    assert secret(root) == []


def test_scans_changes_that_only_a_merge_brings(root: Path) -> None:
    base = commit(root)
    git(root, "checkout", "--quiet", "-b", "side")
    write(root, "side.md", "side\n")
    commit(root)
    git(root, "checkout", "--quiet", "main")
    commit(root)
    git(root, "merge", "--quiet", "--no-ff", "--no-commit", "side")
    write(root, "evil.md", f"{KEY}\n")
    commit(root)
    (root / "evil.md").unlink()
    commit(root)
    assert found(secret(root, base)) == [(AWS_KEY, "evil.md", 1)]


def test_a_missing_base_is_unknown(root: Path) -> None:
    commit(root)
    with pytest.raises(CouldNotTell, match="The commits since 111111111111 cannot be read"):
        secret(root, "1" * 40)


def audited(root: Path, name: str, **changed: Any) -> None:
    """Write the baseline that takes the key in a file for none."""
    (one,) = secrets.scan_text([(name, (root / name).read_bytes())])
    entry = {"filename": name, "type": one.kind, "hashed_secret": one.digest, "is_secret": False, **changed}
    write(root, ".secrets.baseline", json.dumps({"results": {name: [entry]}}))


def test_accepts_an_audited_false_positive(root: Path) -> None:
    """In that file, and nowhere else."""
    write(root, "notes.md", f"{KEY}\n")
    audited(root, "notes.md")
    assert secret(root) == []
    write(root, "other.md", f"{KEY}\n")
    assert found(secret(root)) == [(AWS_KEY, "other.md", 1)]


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"is_secret": None}, [AWS_KEY, "MRD_SECRET_001"]),
        ({"is_secret": True}, [AWS_KEY, "MRD_SECRET_001"]),
        ({"hashed_secret": "0" * 40}, [AWS_KEY, "MRD_SECRET_001"]),
    ],
    ids=["not audited", "audited as a secret", "about something else"],
)
def test_an_entry_hides_only_its_own_secret(
    root: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], wanted: list[str]
) -> None:
    write(root, "notes.md", f"{KEY}\n")
    audited(root, "notes.md", **changed)
    assert [one.check for one in secret(root)] == wanted


@pytest.mark.parametrize("text", ["", "{", "[]", '{"results": {"a": [1]}}', '{"results": {"a": [{"type": "x"}]}}'])
def test_a_wrong_baseline_is_refused(root: Path, text: str) -> None:
    write(root, ".secrets.baseline", text)
    with pytest.raises(UserError, match=r"\.secrets\.baseline cannot be read"):
        secret(root)


def test_a_changed_file_is_scanned_again(root: Path) -> None:
    """What was clean is remembered by its content."""
    write(root, "notes.md", "one\n")
    assert secret(root) == []
    write(root, "notes.md", f"{KEY}\n")
    assert found(secret(root)) == [(AWS_KEY, "notes.md", 1)]
