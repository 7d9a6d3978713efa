"""Rules over the text of tracked files: what they find, and what passes."""

import json
from pathlib import Path
from typing import Any

import pytest

from meridian.gate.rules.text import find_in_texts
from meridian.gate.tools import files
from tests.conftest import ROOT
from tests.gate.repository import found, write

SOURCE = "modules/compute/functions/src/a.mjs"
# Written as escapes: the characters themselves would be findings here.
TURNED = "ok\n// \u202e } \u2066if (admin)\u2069\n"
JAVASCRIPT = {
    "eval": "export const run = (text) => eval(text);",
    "an indirect eval": "(0, eval)(text);",
    "a new function": 'new Function("a", text)();',
    "a program": 'import { execSync } from "node:child_process";',
    "a program by its short name": "const { spawn } = require('child_process');",
    "a module in a template": "load(`node:vm`);",
    "a thread": 'import { Worker } from "worker_threads";',
    "a computed import": "await import(name);",
    "a computed part of an import": 'await import("node:" + name);',
    "another way to a module": "process.getBuiltinModule(name);",
    "a binding": 'process.binding("spawn_sync");',
    "the token": "console.log(event.headers.authorization);",
    "the token by another name": 'const token = headers["Authorization"];',
    "the token with others": "const { host, authorization } = event.headers;",
    "the token of a map": 'const token = headers.get("authorization");',
    "the token if there is one": "send(event.headers?.authorization);",
    "the whole request": "console.log(JSON.stringify(event));",
    "all headers": "console.error(event.headers);",
    "all claims": "console.info({ claims: event.requestContext.authorizer.jwt.claims });",
}
ALLOWED = {
    "a search": "const found = /a(b)/.exec(text);",
    "a part of the request": "console.log(event.routeKey, event.requestContext?.requestId);",
    "a literal import": 'const { a } = await import("./a.mjs");',
    "a word": "// Evaluates the cluster and the module of this function.",
    "a header": 'const key = event.headers?.["idempotency-key"];',
    "a module's name as a value": 'const kind = "module";',
    "a request of its own": "await fetch(url, { headers: { authorization: `Bearer ${key}` } });",
    "a header of its own": 'headers["Authorization"] = key;',
    "a word of a comment": "// The authorizer has read the Authorization header.",
}
PYTHON = {
    "eval": "eval(text)",
    "a program": "import subprocess",
    "a shell": "os.system(text)",
    "an import by name": "importlib.import_module(name)",
    "the token": 'event["headers"]["authorization"]',
    "the whole request": "print(event)",
    "all headers": 'logger.info("%s", headers)',
}
PYTHON_ALLOWED = {
    "a part of the request": 'print(event["routeKey"])',
    "a pattern": "re.match(pattern, text)",
    "a header of its own": 'headers["Authorization"] = key',
}


def findings(root: Path, name: str, content: str | bytes) -> list[tuple[str, str, int]]:
    """Return the findings in one file."""
    write(root, name, content)
    return found(find_in_texts(root, [name]))


def test_our_own_files_pass() -> None:
    assert find_in_texts(ROOT, files.list_files(ROOT).names) == []


@pytest.mark.parametrize("name", ["docs/a.md", "modules/data/key.tf", SOURCE, "Makefile"])
def test_text_that_turns_around_is_found_in_any_file(tmp_path: Path, name: str) -> None:
    assert findings(tmp_path, name, TURNED) == [("MRD_TEXT_001", name, 2)]


def test_a_file_in_another_encoding_is_found(tmp_path: Path) -> None:
    assert findings(tmp_path, "a.py", "x = 1\ny = 'ä'\n".encode("latin-1")) == [("MRD_TEXT_001", "a.py", 2)]
    assert findings(tmp_path, "b.py", "x = 'ä \u200f\u05d0'\n") == []


@pytest.mark.parametrize("case", JAVASCRIPT)
def test_a_function_that_runs_more_or_shows_the_token_is_found(tmp_path: Path, case: str) -> None:
    assert set(findings(tmp_path, SOURCE, f"\n{JAVASCRIPT[case]}\n")) == {("MRD_TEXT_002", SOURCE, 2)}


@pytest.mark.parametrize("case", ALLOWED)
def test_other_source_of_a_function_passes(tmp_path: Path, case: str) -> None:
    assert findings(tmp_path, SOURCE, f"{ALLOWED[case]}\n") == []


@pytest.mark.parametrize("case", [*PYTHON, *PYTHON_ALLOWED])
def test_python_source_has_the_same_rule(tmp_path: Path, case: str) -> None:
    name = "modules/orders/functions/src/a.py"
    wanted = {("MRD_TEXT_002", name, 1)} if case in PYTHON else set()
    assert set(findings(tmp_path, name, (PYTHON | PYTHON_ALLOWED)[case])) == wanted


def test_only_function_sources_are_read_as_such(tmp_path: Path) -> None:
    for name in ("modules/compute/functions/build.mjs", "modules/compute/functions/tests/a.mjs", "tests/a.mjs"):
        assert findings(tmp_path, name, 'import "node:child_process";\n') == []


def lock(**row: Any) -> str:
    """Return a lock with one package that is all right, and one with these keys."""
    good = {"version": "1.0.0", "integrity": "sha512-a=="}
    packages = {"": {"name": "a"}, "node_modules/b": good, "node_modules/@x/c": {**good, **row}}
    return json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"integrity": ""}, "@x/c has no sha512"),
        ({"integrity": "sha1-a="}, "@x/c has no sha512"),
        ({"resolved": "https://packages.example.com/c.tgz"}, "@x/c comes from https://packages.example.com/c.tgz"),
        ({"resolved": "git+ssh://git@example.com/c.git#1"}, "@x/c comes from git+ssh://"),
        ({"hasInstallScript": True}, "@x/c has an install script"),
        ({"link": True, "resolved": "../c"}, "@x/c is a link to ../c"),
    ],
)
def test_a_package_that_is_not_pinned_is_found(tmp_path: Path, row: dict[str, Any], says: str) -> None:
    name = "modules/compute/functions/package-lock.json"
    text = lock(**row)
    write(tmp_path, name, text)
    (one,) = find_in_texts(tmp_path, [name])
    assert says in one.what
    assert text.splitlines()[one.line - 1].strip() == '"node_modules/@x/c": {'


@pytest.mark.parametrize("text", ["{", "[]", '{"lockfileVersion": 1, "dependencies": {}}', '{"packages": {"a": 1}}'])
def test_a_lock_that_cannot_be_read_is_found(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, "npm-shrinkwrap.json", text) == [("MRD_TEXT_003", "npm-shrinkwrap.json", 0)]


@pytest.mark.parametrize("row", [{}, {"inBundle": True, "integrity": ""}, {"link": True, "resolved": "packages/c"}])
def test_a_pinned_package_passes(tmp_path: Path, row: dict[str, Any]) -> None:
    assert findings(tmp_path, "package-lock.json", lock(**row)) == []
