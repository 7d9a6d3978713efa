"""Finds secrets in files and in the commits of a change by detect-secrets; their values are never shown.

False positives are listed in .secrets.baseline, in detect-secrets' own form, each entry audited.
"""

import hashlib
import importlib.metadata
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from meridian import git
from meridian.errors import CouldNotTell, UserError
from meridian.gate.checkov.engine import HOME
from meridian.gate.finding import Finding, Severity
from meridian.gate.rule import Rule
from meridian.gate.tools.program import file_finding
from meridian.paths import cache_dir

BASELINE = Path(".secrets.baseline")
CANARY = 'aws_secret = "AKIA' + 'IOSFODNN7EXAMPLF"\n'
CAUGHT = "SECRET_AWS_ACCESS_KEY"
WHY = "Every reader of the repository can use it; git keeps it in the history after it is removed."
FIX = f"Revoke it, then remove it from the file; if it is not a secret, run `detect-secrets audit {BASELINE}`."
FIX_MESSAGE = "Revoke it, then write the message anew: `git rebase --interactive`, `reword`."
FETCH = "Fetch the whole history: `git fetch --unshallow`."
# These filters would hide a secret by a comment or by a file's suffix.
SWITCHED_OFF = (
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    "detect_secrets.filters.heuristic.is_non_text_file",
)
# Hashes that npm, Go, the release ledger and the function's build compare with the content they stand for.
HASHES = [
    r'^\S+ v\S+ h1(?::| = ")[A-Za-z0-9+/]{43}="?$',
    r'^\s*"integrity": "sha512-[A-Za-z0-9+/]{86}==",?$',
    r'^\s*(?:commit|tree): "[0-9a-f]{40}"$',
    r'^\s*zip_sha256: "[0-9a-f]{64}"$',
    r'^\s*execute\s*= \[(?:"node", "functions/build\.mjs"|"python", "-I", "functions/build\.py"), "--sha256", '
    r'"[0-9a-f]{64}"(?:, "[^"]*")*\]$',
]
# Forms that detect-secrets does not know.
FORMS = {
    "GitHub Fine-grained Token": r"github_pat_[A-Za-z0-9_]{22,}",
    "Google API Key": r"AIza[0-9A-Za-z_-]{35}",
    "Terraform Cloud Token": r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}",
    "Age Key": r"AGE-SECRET-KEY-1[0-9A-Za-z]{58}",
    "AI Service Key": r"\bsk-(?:ant|proj|svcacct)-[A-Za-z0-9_-]{20,}|\bhf_[A-Za-z]{34}",
    "npm Token": r"\bnpm_[A-Za-z0-9]{36}",
    "Service Token": (
        r"\b(?:GOCSPX-[A-Za-z0-9_-]{28}|dckr_pat_[A-Za-z0-9_-]{27}|pypi-AgE[A-Za-z0-9_-]{50}|dop_v1_[0-9a-f]{64}"
        r"|hvs\.[A-Za-z0-9_-]{24}|shp(?:at|ca|pa|ss)_[0-9a-f]{32}|dapi[0-9a-f]{32}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8})"
    ),
    "Encrypted Private Key": r"-----BEGIN[ ]ENCRYPTED PRIVATE KEY|PuTTY-User-Key-File-[3-9]",
}
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
Key = tuple[str, str, str]
COMMITS, NAMES = "commits/", "names"


@dataclass(frozen=True)
class Secret:
    """One found secret: its place, its kind and its hash in the baseline.

    `file` is COMMITS with an id for the message of a commit, NAMES for a name in the list of files.
    """

    file: str
    line: int
    kind: str
    digest: str
    commit: str = ""

    @property
    def key(self) -> Key:
        """How the baseline identifies it."""
        return self.file, self.kind, self.digest


def find_secrets(root: Path, names: Sequence[str], base: str = "", home: Path = HOME) -> list[Finding]:
    """Return the secrets in files, and with a commit `base` those that were added and removed since.

    Raises CouldNotTell if a commit cannot be read, UserError for a wrong baseline.
    """
    audited = _read_baseline(home / BASELINE)
    # The baseline itself holds hashes only.
    texts = [(name, (root / name).read_bytes()) for name in names if name != BASELINE.as_posix()]
    listed = "\n".join(name.replace("\n", " ") for name in names).encode(errors="surrogateescape")
    found = scan_text(texts) + [replace(one, file=names[one.line - 1], line=0) for one in scan_text([(NAMES, listed)])]
    if base:
        found += _find_removed(root, base, {one.key for one in found})
        found += _find_in_messages(root, base)
    findings = [_finding(one) for one in found if not audited.get(one.key)]
    findings += [BINARY.finding(f"{name} is not text.", file=name) for name, content in texts if b"\0" in content]
    if root.resolve() == home:
        met = {one.key for one in found}
        for key, is_audited in audited.items():
            if key not in met or not is_audited:
                why = "is not audited as a false positive" if key in met else "is no longer in the file"
                findings.append(STALE.finding(f"{key[1]} in {key[0]} {why}.", file=BASELINE.as_posix()))
    return findings


def scan_text(files: Iterable[tuple[str, bytes]]) -> list[Secret]:
    """Return the secrets in files, given as pairs of name and content.

    A clean file is scanned again only after its content, the tool or its settings change: the user's cache,
    which a change cannot bring along, holds the hashes of clean contents.
    """
    settings = json.dumps([importlib.metadata.version("detect-secrets"), SWITCHED_OFF, HASHES, FORMS])
    cache = cache_dir() / f"clean-{hashlib.sha256(settings.encode()).hexdigest()[:12]}.txt"
    clean = set(cache.read_text(encoding="utf-8").split()) if cache.is_file() else set()
    left = {}
    for name, content in files:
        digest = hashlib.sha256(Path(name).suffix.encode(errors="replace") + b"\0" + content).hexdigest()
        if digest not in clean:
            left[name] = (content, digest)
    found = _scan({name: content for name, (content, _) in left.items()})
    with_secrets = {one.file for one in found}
    cache.parent.mkdir(parents=True, exist_ok=True)
    with cache.open("a", encoding="utf-8") as kept:
        kept.writelines(f"{digest}\n" for name, (_, digest) in left.items() if name not in with_secrets)
    return found


def _scan(files: Mapping[str, bytes]) -> list[Secret]:
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import default_settings

    found: list[Secret] = []
    with tempfile.TemporaryDirectory(prefix="meridian-secrets-") as folder, default_settings() as settings:
        settings.configure_filters([{"path": path} | options for path, options in settings.filters.items()] + [LINES])
        settings.disable_filters(*SWITCHED_OFF)
        for name, content in files.items():
            # detect-secrets silently skips files that are not UTF-8 or have some names; it needs the suffix only.
            copy = Path(folder) / f"copy{re.sub(r'[^A-Za-z0-9.]', '', Path(name).suffix)}"
            text = content.decode("utf-8", "replace")
            copy.write_text(text, encoding="utf-8")
            found += _find_forms(name, text)
            found += [Secret(name, one.line_number, one.type, one.secret_hash) for one in scan_file(str(copy))]
    return found


def _find_forms(name: str, text: str) -> Iterator[Secret]:
    for number, line in enumerate(text.split("\n"), 1):
        for kind, form in FORMS.items():
            for match in re.finditer(form, line):
                # The hash that the baseline of detect-secrets holds; it protects nothing.
                digest = hashlib.sha1(match[0].encode(), usedforsecurity=False).hexdigest()
                yield Secret(name, number, kind, digest)


def _find_removed(root: Path, base: str, known: set[Key]) -> Iterator[Secret]:
    """Yield the secrets that a commit since `base` added and that the tree no longer holds."""
    since = f"{base}..HEAD"
    try:
        listed = git.run_git(root, "rev-list", "--objects", "--filter=object:type=blob", since)
    except UserError as error:
        raise CouldNotTell(f"The commits since {base[:12]} cannot be read: {error.message}", FETCH) from error
    lines = listed.decode("utf-8", "surrogateescape").split("\n")
    blobs = dict(line.split(" ", 1) for line in reversed(lines) if " " in line)
    blobs = {blob: name for blob, name in blobs.items() if name != BASELINE.as_posix()}
    texts = []
    for blob, found in git.read_objects(root, list(blobs)).items():
        if found is None:
            raise CouldNotTell(f"{blobs[blob]}: an earlier version of it cannot be read.", FETCH)
        texts.append((f"{blob}/{blobs[blob]}", found[1]))
    for one in scan_text(texts):
        blob, name = one.file.split("/", 1)
        removed = replace(one, file=name)
        if removed.key not in known:
            known.add(removed.key)
            commits = git.run_git(root, "log", "-m", "--reverse", "--format=%H", f"--find-object={blob}", since)
            yield replace(removed, commit=commits.decode().split()[0])


def _find_in_messages(root: Path, base: str) -> list[Secret]:
    """Return the secrets in the messages of the commits since `base`."""
    listed = git.run_git(root, "log", "-z", "--format=%H%n%an%n%B", f"{base}..HEAD")
    commits = (one.split(b"\n", 1) for one in listed.split(b"\0") if one)
    return scan_text([(f"{COMMITS}{commit.decode()[:12]}", message) for commit, message in commits])


def _finding(one: Secret) -> Finding:
    where = f" in commit {one.commit[:12]}, though no longer in the tree" if one.commit else ""
    fix = FIX
    if one.file.startswith(COMMITS):
        fix = FIX_MESSAGE
        where = f" in the message of commit {one.file.removeprefix(COMMITS)}"
    return file_finding(
        f"SECRET_{one.kind.upper().replace(' ', '_').replace('-', '_')}",
        f"This looks like a secret ({one.kind}){where}.",
        one.file,
        one.line,
        why=WHY,
        fix=fix,
        title="The repository holds no secrets",
        severity=Severity.CRITICAL,
    )


def _read_baseline(file: Path) -> dict[Key, bool]:
    """Return each entry of the baseline, and whether it is audited as a false positive."""
    try:
        entries = [one for some in json.loads(file.read_text(encoding="utf-8"))["results"].values() for one in some]
        return {(one["filename"], one["type"], one["hashed_secret"]): one.get("is_secret") is False for one in entries}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file.name} cannot be read: {error}.", f"`git checkout {file.name}` restores it.") from error
