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
        ("notes", f"one\n{KEY}\n"),
        ("notes.md", f"one\n{KEY} # pragma: allowlist secret\n"),
        ("package-lock.json", f'{{\n"a": "{KEY}"}}\n'),
        ("ü a/picture.png", b"one \xff\n" + KEY.encode() + b"\n"),
    ],
    ids=["no suffix", "allowed by a comment", "lock", "picture, no UTF-8"],
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
    """The finding names the first commit since the base that added it."""
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


def test_a_secret_in_a_message_is_found(root: Path) -> None:
    """Of the commits since the base only."""
    git(root, "commit", "--quiet", "--allow-empty", "--message", f"docs: {KEY}")
    base = commit(root)
    assert secret(root, base) == []
    git(root, "commit", "--quiet", "--allow-empty", "--message", f"docs: more\n\nThe key is {KEY}.")
    guilty = git(root, "rev-parse", "HEAD")[:12]
    commit(root)
    (finding,) = secret(root, base)
    assert (finding.check, finding.file) == (AWS_KEY, f"commits/{guilty}")
    assert f"in the message of commit {guilty}" in finding.what
    assert "git rebase" in finding.fix
    assert KEY not in str(finding)


def test_a_secret_in_the_name_of_a_file_is_found(root: Path) -> None:
    write(root, f"docs/{KEY}.md", "text\n")
    assert found(secret(root)) == [(AWS_KEY, f"docs/{KEY}.md", 0)]


# In parts, as above.
FORMS = {
    "GITHUB_FINE_GRAINED_TOKEN": ("github", "_pat_", "11ABCDEFG0", "a1B2" * 5, "_", "c3D4" * 14),
    "GOOGLE_API_KEY": ("AI", "zaSy", "A1b2-_" * 5, "abc"),
    "TERRAFORM_CLOUD_TOKEN": ("A1b2C3d4", "E5f6G7", ".atlasv1.", "x1Y2" * 16),
    "AGE_KEY": ("AGE-SECRET-", "KEY-1", "Q9" * 29),
    "AI_SERVICE_KEY": ("sk-", "ant-api03-", "a1B2" * 8),
    "NPM_TOKEN": ("npm", "_", "a1B2" * 9),
    "SERVICE_TOKEN": ("dop", "_v1_", "a1b2" * 16),
    "ENCRYPTED_PRIVATE_KEY": ("-----BEGIN ", "ENCRYPTED ", "PRIVATE ", "KEY-----"),
}


@pytest.mark.parametrize("kind", FORMS)
def test_a_newer_form_is_found(root: Path, kind: str) -> None:
    value = "".join(FORMS[kind])
    write(root, "notes.md", f"one\ntoken: {value}\n")
    assert (f"SECRET_{kind}", "notes.md", 2) in found(secret(root))
    assert value not in str(secret(root))


SERVICES = (
    ("GOCSPX", "-", "a1B2" * 7),
    ("dckr", "_pat_", "a1B" * 9),
    ("pypi", "-AgE", "a1B2c" * 10),
    ("dop", "_v1_", "a1b2" * 16),
    ("hvs", ".", "a1B2" * 6),
    ("shp", "at_", "a1b2" * 8),
    ("da", "pi", "a1b2" * 8),
    ("gl", "sa_", "a1B2" * 8, "_a1b2c3d4"),
)


@pytest.mark.parametrize("parts", SERVICES, ids=[one[0] for one in SERVICES])
def test_a_token_of_a_service_is_found(root: Path, parts: tuple[str, ...]) -> None:
    write(root, "notes.md", f"token: {''.join(parts)}\n")
    assert ("SECRET_SERVICE_TOKEN", "notes.md", 1) in found(secret(root))
    write(root, "notes.md", f"token: {''.join(parts[:-1])}X\n")
    assert secret(root) == []


@pytest.mark.parametrize("text", ["github_pat_EXAMPLE", "AIzaX", "the sk-ant file", "npm_config_registry", "atlasv1."])
def test_a_word_in_such_a_form_passes(root: Path, text: str) -> None:
    write(root, "notes.md", f"{text}\n")
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
    """Write a baseline with the key in a file as a false positive."""
    (one,) = secrets.scan_text([(name, (root / name).read_bytes())])
    entry = {"filename": name, "type": one.kind, "hashed_secret": one.digest, "is_secret": False, **changed}
    write(root, ".secrets.baseline", json.dumps({"results": {name: [entry]}}))


def test_accepts_an_audited_false_positive(root: Path) -> None:
    """In that file only; the commit of the audit is not a finding itself."""
    base = commit(root)
    write(root, "notes.md", f"{KEY}\n")
    audited(root, "notes.md")
    commit(root)
    assert secret(root, base) == []
    write(root, "other.md", f"{KEY}\n")
    assert found(secret(root)) == [(AWS_KEY, "other.md", 1)]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"is_secret": None}, "is not audited as a false positive"),
        ({"is_secret": True}, "is not audited as a false positive"),
        ({"hashed_secret": "0" * 40}, "is no longer in the file"),
    ],
)
def test_an_entry_hides_only_its_own_audited_secret(root: Path, changed: dict[str, Any], says: str) -> None:
    write(root, "notes.md", f"{KEY}\n")
    audited(root, "notes.md", **changed)
    found, entry = secret(root)
    assert (found.check, entry.check) == (AWS_KEY, "MRD_SECRET_001")
    assert says in entry.what


@pytest.mark.parametrize("text", ["", "[]", '{"results": {"a": [{"type": "x"}]}}'])
def test_a_wrong_baseline_is_refused(root: Path, text: str) -> None:
    write(root, ".secrets.baseline", text)
    with pytest.raises(UserError, match=r"\.secrets\.baseline cannot be read"):
        secret(root)


def test_a_changed_file_is_scanned_again(root: Path) -> None:
    """Clean files are remembered by their content."""
    write(root, "notes.md", "one\n")
    assert secret(root) == []
    write(root, "notes.md", f"{KEY}\n")
    assert found(secret(root)) == [(AWS_KEY, "notes.md", 1)]
