"""Finds secrets in files and in the commits of a change by detect-secrets; their values are never shown.

False positives are listed in .secrets.baseline, in detect-secrets' own form, each entry audited.
"""

import hashlib
import importlib.metadata
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from meridian import git
from meridian.errors import CouldNotTell, UserError
from meridian.gate.checkov.engine import HOME
from meridian.gate.finding import Finding, Severity
from meridian.gate.rule import Rule
from meridian.gate.tools.found import file_finding
from meridian.paths import cache_dir

BASELINE = Path(".secrets.baseline")
CANARY = 'aws_secret = "AKIA' + 'IOSFODNN7EXAMPLF"\n'
CAUGHT = "SECRET_AWS_ACCESS_KEY"
WHY = "Every reader of the repository can use it; git keeps it in the history after it is removed."
FIX = "Revoke it, then remove it from the file; if it is not a secret, audit it: detect-secrets audit {baseline}."
FETCH = "Fetch the whole history: `git fetch --unshallow`."
# These filters would hide a secret by a comment or by a file's name.
SWITCHED_OFF = (
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    "detect_secrets.filters.heuristic.is_lock_file",
    "detect_secrets.filters.heuristic.is_non_text_file",
    "detect_secrets.filters.heuristic.is_swagger_file",
)
# Hashes that npm, Go, the release ledger and the function's build compare with the content they stand for.
HASHES = [
    r'^\S+ v\S+ h1(?::| = ")[A-Za-z0-9+/]{43}="?$',
    r'^\s*"integrity": "sha512-[A-Za-z0-9+/]{86}==",?$',
    r'^\s*(?:commit|tree): "[0-9a-f]{40}"$',
    r'^\s*zip_sha256: "[0-9a-f]{64}"$',
    r'^\s*execute\s*= \["node", "functions/build\.mjs", "--sha256", "[0-9a-f]{64}"(?:, "[^"]*")*\]$',
]
LINES = {"path": "detect_secrets.filters.regex.should_exclude_line", "pattern": HASHES}
STALE = Rule(
    "MRD_SECRET_001",
    "Entries of the secrets baseline are used and audited",
    Severity.MEDIUM,
    "An unused entry hides the next secret that matches it; an entry without an audit may hide one now.",
    f"Run `.venv/bin/detect-secrets audit {BASELINE}`, or remove the entry.",
)
BINARY = Rule(
    "MRD_SECRET_002",
    "Files are text",
    Severity.MEDIUM,
    "A reviewer cannot read a binary file: it could hold a key or a program.",
    "Keep it outside the repository, or write it as text (a picture as SVG).",
)
RULES = (STALE, BINARY)
PART = 40
SUBMODULE = "160000"
SUFFIX = re.compile(r"[^A-Za-z0-9.]")


@dataclass(frozen=True, order=True)
class Secret:
    """One found secret: its place, its kind and its hash in the baseline."""

    file: str
    line: int
    kind: str
    digest: str
    commit: str = ""


def find_secrets(root: Path, names: Sequence[str], base: str = "", home: Path = HOME) -> list[Finding]:
    """Return the secrets in files, and with a commit `base` those that were added and removed since.

    Raises CouldNotTell if a file or a commit cannot be read, UserError for a wrong baseline.
    """
    entries = _baseline(home / BASELINE)
    # The baseline holds hashes only; _baseline reads it.
    texts = list(_read(root, (name for name in names if name != BASELINE.as_posix())))
    found = scan_text(texts)
    if base:
        found += _of_commits(root, base, {(one.file, one.digest) for one in found})
    audited = {(entry["filename"], entry["type"], entry["hashed_secret"]) for entry in entries if _is_none(entry)}
    met = {(one.file, one.kind, one.digest) for one in found}
    findings = [_finding(one) for one in found if (one.file, one.kind, one.digest) not in audited]
    findings += [BINARY.finding(f"{name} is not text.", file=name) for name, content in texts if b"\0" in content]
    if root.resolve() == home:
        findings += [_stale(entry, met) for entry in entries if not _is_none(entry) or _key(entry) not in met]
    return findings


def scan_text(files: Iterable[tuple[str, bytes]]) -> list[Secret]:
    """Return the secrets in files, given as pairs of name and content.

    A clean file is scanned again only after its content, the tool or its settings change.
    """
    clean = _Clean()
    left = []
    for name, content in files:
        digest = hashlib.sha256(Path(name).suffix.encode(errors="replace") + b"\0" + content).hexdigest()
        if digest not in clean.known:
            left.append((name, content, digest))
    if len(left) <= PART:
        parts = [_scan(left)]
    else:
        with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
            parts = list(pool.map(_scan, [left[start : start + PART] for start in range(0, len(left), PART)]))
    found = [one for part in parts for one in part]
    with_secrets = {one.file for one in found}
    clean.add(digest for name, _, digest in left if name not in with_secrets)
    return sorted(found)


def _scan(files: Sequence[tuple[str, bytes, str]]) -> list[Secret]:
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import default_settings

    found = []
    with tempfile.TemporaryDirectory(prefix="meridian-secrets-") as folder, default_settings() as settings:
        settings.configure_filters([{"path": path} | options for path, options in settings.filters.items()] + [LINES])
        settings.disable_filters(*SWITCHED_OFF)
        for name, content, _ in files:
            # detect-secrets silently skips files that are not UTF-8; it chooses a language by the suffix.
            copy = Path(folder) / f"copy{SUFFIX.sub('', Path(name).suffix)}"
            copy.write_text(content.decode("utf-8", "replace"), encoding="utf-8")
            found += [Secret(name, one.line_number, one.type, one.secret_hash) for one in scan_file(str(copy))]
    return found


def _read(root: Path, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        try:
            yield name, (root / name).read_bytes()
        except OSError as error:
            raise CouldNotTell(f"{name}: it cannot be read: {error.strerror}.") from error


def _of_commits(root: Path, base: str, known: set[tuple[str, str]]) -> Iterator[Secret]:
    """Yield the secrets that a commit since `base` added and that the tree no longer holds."""
    try:
        commits = git.run_git(root, "rev-list", "--reverse", f"{base}..HEAD").decode().split()
    except UserError as error:
        raise CouldNotTell(f"The commits since {base[:12]} cannot be read: {error.message}", FETCH) from error
    for commit in commits:
        raw = git.run_git(root, "diff-tree", "-r", "-z", "-m", "--root", "--no-commit-id", "--no-renames", commit)
        fields = raw.decode("utf-8", "surrogateescape").split("\0")
        changed = [(meta.split(), name) for meta, name in zip(fields[::2], fields[1::2], strict=False)]
        blobs = [(meta[3], name) for meta, name in changed if meta[3].strip("0") and meta[1] != SUBMODULE]
        for one in scan_text(_blobs(root, commit, blobs)):
            if (one.file, one.digest) not in known:
                known.add((one.file, one.digest))
                yield replace(one, commit=commit)


def _blobs(root: Path, commit: str, blobs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    contents = git.read_objects(root, [blob for blob, _ in blobs])
    for blob, name in blobs:
        content = contents[blob]
        if content is None:
            raise CouldNotTell(f"{commit[:12]}: {name} cannot be read.", FETCH)
        yield name, content[1]


def _finding(one: Secret) -> Finding:
    where = f" in commit {one.commit[:12]}, though no longer in the tree" if one.commit else ""
    return file_finding(
        f"SECRET_{one.kind.upper().replace(' ', '_').replace('-', '_')}",
        f"This looks like a secret ({one.kind}){where}.",
        one.file,
        one.line,
        why=WHY,
        fix=FIX.format(baseline=BASELINE),
        title="The repository holds no secrets",
        severity=Severity.CRITICAL,
    )


def _stale(entry: dict[str, Any], met: set[tuple[str, str, str]]) -> Finding:
    name = f"{entry['type']} in {entry['filename']}"
    text = "is no longer in the file" if _key(entry) not in met else "is not audited as a false positive"
    return STALE.finding(f"{name} {text}.", file=BASELINE.as_posix())


def _baseline(file: Path) -> list[dict[str, Any]]:
    try:
        results = json.loads(file.read_text(encoding="utf-8"))["results"]
        found = [entry for entries in results.values() for entry in entries]
        if not all(_key(entry) for entry in found):
            raise ValueError("an entry is not a map")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file.name} cannot be read: {error}.", f"`git checkout {file.name}` restores it.") from error
    return found


def _key(entry: dict[str, Any]) -> tuple[str, str, str]:
    return entry["filename"], entry["type"], entry["hashed_secret"]


def _is_none(entry: dict[str, Any]) -> bool:
    return entry.get("is_secret") is False


class _Clean:
    """The hashes of clean contents, in the user's cache, which a change cannot bring along."""

    def __init__(self) -> None:
        settings = json.dumps([importlib.metadata.version("detect-secrets"), SWITCHED_OFF, HASHES])
        self.file = cache_dir() / f"clean-{hashlib.sha256(settings.encode()).hexdigest()[:12]}.txt"
        self.known = set(self.file.read_text(encoding="utf-8").split()) if self.file.is_file() else set()

    def add(self, digests: Iterable[str]) -> None:
        """Remember contents."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as kept:
            kept.write("".join(f"{digest}\n" for digest in digests))
