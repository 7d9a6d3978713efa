"""Rules over the text of tracked files: hidden characters, function sources, locked npm packages."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from meridian.gate.finding import Finding, Severity
from meridian.gate.rule import Rule

HIDDEN = Rule(
    "MRD_TEXT_001",
    "Files read as they run",
    Severity.HIGH,
    "Characters that turn the direction of text around, and other encodings, show a reviewer other code than runs.",
    "Remove the characters, or write them as escapes; save the file as UTF-8.",
)
RUNS = Rule(
    "MRD_TEXT_002",
    "Functions run only their own source and never see the token",
    Severity.HIGH,
    "A review does not see text that runs as code, or other programs. Readers of a log can use a logged token.",
    "Call a library instead, and read the caller from requestContext.authorizer. If it has to stay, an owner accepts "
    "it in scripts/policies/waivers.yaml, by `file`.",
)
LOCKED = Rule(
    "MRD_TEXT_003",
    "Every npm package is locked by its content",
    Severity.HIGH,
    "Without a hash, or from another address, the next build can install another program.",
    "Write the lock again: `npm install --package-lock-only`, with omit-lockfile-registry-resolved=true in .npmrc.",
)
RULES = (HIDDEN, RUNS, LOCKED)

TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Unicode's embeddings, overrides and isolates of direction."""
SOURCE = re.compile(r"modules/[^/]+/functions/src/.+")
PYTHON = re.compile(r".+\.pyi?")
NODE_MODULES = "(?:child_process|cluster|inspector(?:/promises)?|module|repl|vm|wasi|worker_threads)"
HEADER_READ = (
    r"(?i:(?:\??\.|\[\s*[\"'`]|\bget\(\s*[\"'`])authorization\b(?![\"'`]?\s*\]?\s*=[^=])"
    r"|\{[^{}:]*\bauthorization\b[^{}:]*\}\s*=)"
)
"""Reads the header of a request; a key of a request of one's own passes."""
RUNNING: Mapping[str, str] = {
    "runs text as code": r"\beval\b|\bnew\s+Function\b|\bFunction\s*\(",
    "loads a module by a computed name": r"\b(?:import|require)\s*\(\s*(?![\"'][^\"']+[\"']\s*[,)])|\b__import__\b",
    "starts programs or threads, or loads code": (
        rf"[\"'`]node:{NODE_MODULES}[\"'`]|\b(?:from|import|require)\b[\s(]*[\"']{NODE_MODULES}[\"']"
        r"|\bchild_process\b|\bprocess\.(?:binding|dlopen)\b|\bgetBuiltinModule\b"
    ),
    "reads the Authorization header": HEADER_READ,
    "logs a whole request": r"\bconsole\.\w+\s*\(.*\b(?:event|headers|authorizer|claims)\b(?!\s*\??\.\s*\w)",
}
IN_PYTHON: Mapping[str, str] = {
    "runs text as code": r"\b(?:eval|exec|compile)\s*\(|\b__import__\b|\bimportlib\b",
    "starts programs or loads code": (
        r"\b(?:subprocess|ctypes|multiprocessing|pty)\b|\bos\.(?:exec|fork|popen|posix_spawn|spawn|system)"
    ),
    "reads the Authorization header": HEADER_READ,
    "logs a whole request": (
        r"\b(?:print|log(?:ger|ging)?\.\w+)\s*\(.*\b(?:event|headers|authorizer|claims)\b(?!\s*(?:\[|\.))"
    ),
}
LOCKS = {"package-lock.json", "npm-shrinkwrap.json"}
SCRIPTS = {"esbuild"}
"""Packages that work although their install scripts do not run (`npm ci --ignore-scripts`)."""


def find_in_texts(root: Path, names: Sequence[str]) -> list[Finding]:
    """Return the findings in the text of files, named relative to `root`."""
    found: list[Finding] = []
    for name in names:
        content = (root / name).read_bytes()
        if b"\0" in content:  # a finding of its own: MRD_SECRET_002
            continue
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            found.append(HIDDEN.finding(f"{name} is not UTF-8.", file=name, line=line))
            continue
        found += [HIDDEN.finding(f"{name} {what}.", file=name, line=line) for line, what in _hidden(text)]
        if SOURCE.fullmatch(name):
            module = name.split("/")[1]
            patterns = IN_PYTHON if PYTHON.fullmatch(name) else RUNNING
            for line, what in _running(text, patterns):
                found.append(RUNS.finding(f"{name} {what}.", file=name, line=line, module=module))
        if Path(name).name in LOCKS:
            found += [LOCKED.finding(f"{name}: {what}.", file=name, line=line) for line, what in _unlocked(text)]
    return found


def _hidden(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if turn := TURNS.search(line):
            yield number, f"holds U+{ord(turn[0]):04X}, which turns the direction of text around"


def _running(text: str, patterns: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        yield from ((number, what) for what, pattern in patterns.items() if re.search(pattern, line))


def _unlocked(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and sentence for each package of a lock that is not pinned to one content."""
    try:
        packages = json.loads(text)["packages"]
        rows = {name: row for name, row in packages.items() if name}
        sentences = [(name, what) for name, row in rows.items() for what in _loose(name, row)]
    except (ValueError, KeyError, TypeError, AttributeError):
        yield 0, "it is not a lock of npm 7 or later"
        return
    for name, what in sentences:
        yield text[: text.find(f'"{name}"')].count("\n") + 1, f"{name.rpartition('node_modules/')[2]} {what}"


def _loose(name: str, row: Mapping[str, Any]) -> Iterator[str]:
    address = row.get("resolved", "")
    if row.get("link"):
        if ":" in address or ".." in address:
            yield f"is a link to {address}"
        return
    if address:
        yield f"comes from {address}"
    if not row.get("inBundle") and not str(row.get("integrity", "")).startswith("sha512-"):
        yield "has no sha512"
    if row.get("hasInstallScript") and name.rpartition("node_modules/")[2] not in SCRIPTS:
        yield "has an install script"
