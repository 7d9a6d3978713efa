"""Secrets, workflows, shell and Python: what is found, what cannot hide it, and when nothing can be told."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meridian import tools
from meridian.errors import CouldNotTell, UserError
from meridian.scan.finding import Finding
from meridian.scan.hygiene import command, files, program, python, secrets, shell, workflows
from tests.conftest import missing

pytestmark = pytest.mark.slow

# In two parts: written whole, this file would be a finding.
KEY = "AKIA" + "IOSFODNN7EXAMPLF"
AWS_KEY = "SECRET_AWS_ACCESS_KEY"
BASELINE: dict[str, Any] = {"results": {}}
WORKFLOW = """\
name: a
on:
  pull_request:
    branches: [main]
permissions: {}
concurrency:
  group: a
  cancel-in-progress: true
jobs:
  a:
    name: a
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions: {}
    steps:
      - run: make check
"""
UNTRUSTED = WORKFLOW.replace("make check", "echo ${{ github.event.pull_request.title }}")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty repository, and keep the cache of clean files out of the user's."""
    if not (tools.folder() / "actionlint").exists():
        missing("actionlint is not installed: run `make actionlint`.")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    write(folder, ".secrets.baseline", json.dumps(BASELINE))
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


def secret(root: Path, base: str = "") -> list[Finding]:
    """Look for secrets with the repository's own baseline."""
    return secrets.look(root, files.of(root).names, base, root)


def found(findings: list[Finding]) -> list[tuple[str, str, int]]:
    """Return check and place of each finding."""
    return [(one.check, one.file, one.line) for one in findings]


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


def test_a_file_that_is_no_text_is_a_finding(root: Path) -> None:
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


def test_what_only_a_merge_brings_is_looked_at(root: Path) -> None:
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


def test_a_base_that_is_not_there_cannot_be_told(root: Path) -> None:
    commit(root)
    with pytest.raises(CouldNotTell, match="The commits since 111111111111 cannot be read"):
        secret(root, "1" * 40)


def audited(root: Path, name: str, **changed: Any) -> None:
    """Write the baseline that takes the key in a file for none."""
    (one,) = secrets.scan([(name, (root / name).read_bytes())])
    entry = {"filename": name, "type": one.kind, "hashed_secret": one.digest, "is_secret": False, **changed}
    write(root, ".secrets.baseline", json.dumps({"results": {name: [entry]}}))


def test_what_was_audited_as_none_is_passed(root: Path) -> None:
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
def test_an_entry_hides_nothing_that_it_does_not_say(
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


def test_a_file_is_looked_at_again_once_it_is_changed(root: Path) -> None:
    """What was clean is remembered by its content."""
    write(root, "notes.md", "one\n")
    assert secret(root) == []
    write(root, "notes.md", f"{KEY}\n")
    assert found(secret(root)) == [(AWS_KEY, "notes.md", 1)]


def test_a_link_out_of_the_repository_cannot_be_looked_at(root: Path) -> None:
    (root / "notes.md").symlink_to("/etc/hostname")
    with pytest.raises(CouldNotTell, match=r"notes\.md: a link out of the repository"):
        files.of(root)


def test_a_shell_script_is_known_by_its_name_or_first_line(root: Path) -> None:
    write(root, "a.sh", "echo $1\n")
    write(root, "run", "#!/usr/bin/env bash\necho $1\n")
    write(root, "b", "#! /bin/sh\necho $1\n")
    write(root, "c", "#!/usr/bin/env -S bash -e\necho $1\n")
    write(root, "d", "#!/usr/bin/env python3\nprint(1)\n")
    write(root, "e.txt", "#!/bin/sh\necho $1\n")
    assert files.of(root).shell == ["a.sh", "b", "c", "e.txt", "run"]
    assert files.of(root).python == ["d"]


def test_a_comment_does_not_switch_shellcheck_off(root: Path) -> None:
    write(root, "run.sh", "#!/bin/sh\n# shellcheck disable=SC2086\nrm $1\n")
    write(root, ".shellcheckrc", "disable=all\n")
    assert found(shell.look(root, ["run.sh"])) == [("SC0000", "run.sh", 2)]


@pytest.mark.parametrize("comment", ["", "  # noqa", "  # noqa: S602"])
def test_a_comment_does_not_switch_ruff_off(root: Path, comment: str) -> None:
    write(root, "ruff.toml", 'lint.ignore = ["S"]\nexclude = ["*.py"]\n')
    write(root, "pyproject.toml", '[tool.ruff.lint]\nignore = ["S"]\n')
    write(root, "a.py", f'import subprocess\nsubprocess.run("ls", shell=True){comment}\n')
    assert [one.check for one in python.look(root, ["a.py"])] == ["RUFF_S602"]


def test_python_that_cannot_be_read_cannot_be_told(root: Path) -> None:
    write(root, "a.py", "def (:\n")
    with pytest.raises(CouldNotTell, match=r"a\.py: Ruff cannot read it"):
        python.look(root, ["a.py"])


def test_a_sound_workflow_is_fine(root: Path) -> None:
    write(root, ".github/workflows/a.yml", WORKFLOW)
    assert workflows.look(root, files.of(root).workflows, files.of(root).actions) == []


@pytest.mark.parametrize("comment", ["", "  # zizmor: ignore[template-injection]"])
def test_an_untrusted_expression_is_found(root: Path, comment: str) -> None:
    write(root, ".github/workflows/a.yml", UNTRUSTED.rstrip() + comment + "\n")
    write(root, ".github/zizmor.yml", "rules:\n  template-injection:\n    disable: true\n")
    write(root, ".github/actionlint.yaml", 'paths:\n  "**":\n    ignore: [".*"]\n')
    name = ".github/workflows/a.yml"
    wanted = {("ZIZMOR_TEMPLATE_INJECTION", name, 16), ("ACTIONLINT_EXPRESSION", name, 16)}
    assert wanted == set(found(workflows.look(root, [name], [])))


def test_an_action_of_the_repository_is_looked_at(root: Path) -> None:
    action = "name: a\ndescription: a\nruns:\n  using: composite\n  steps:\n    - uses: actions/checkout@v4\n"
    write(root, "tools/a/action.yaml", action)
    assert [one.check for one in workflows.look(root, [], files.of(root).actions)] == [
        "ZIZMOR_ARTIPACKED",
        "ZIZMOR_UNPINNED_USES",
    ]


def test_a_workflow_that_cannot_be_read_cannot_be_told(root: Path) -> None:
    write(root, ".github/workflows/a.yml", "on: [\n")
    with pytest.raises(CouldNotTell, match="zizmor"):
        workflows.look(root, files.of(root).workflows, [])


@pytest.mark.parametrize("tool", [secrets, shell, python, workflows])
def test_a_tool_that_misses_its_canary_has_said_nothing(root: Path, monkeypatch: pytest.MonkeyPatch, tool: Any) -> None:
    command.require_caught()
    monkeypatch.setattr(tool, "look", lambda *_: [])
    with pytest.raises(CouldNotTell, match=r"The canary of .* was not caught"):
        command.look(root)


def tool(folder: Path, text: str) -> str:
    """Write a program."""
    folder.mkdir(exist_ok=True)
    path = folder / "tool"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sleep 20", "tool did not end within 1 s"),
        ("echo broken >&2; exit 9", "tool ended with 9: broken"),
        ("exit 9", "tool ended with 9: it said nothing"),
        ("echo no", "tool's answer cannot be read"),
        ("kill -9 $$", "tool ended with -9"),
    ],
)
def test_a_program_answers_or_nothing_can_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    monkeypatch.setattr(program, "SECONDS", 1.0)
    with pytest.raises(CouldNotTell, match=says):
        program.ask([tool(tmp_path / "bin", text)], tmp_path, {0})


def test_a_program_sees_nothing_of_the_caller_s_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELLCHECK_OPTS", "--exclude=SC2086")
    answer, _ = program.ask([tool(tmp_path / "bin", 'echo "[\\"$SHELLCHECK_OPTS\\"]"')], tmp_path, {0})
    assert answer == [""]


@pytest.mark.parametrize("find", [program.of_venv, program.of_tools])
def test_a_missing_program_is_named(find: Callable[[str], Path]) -> None:
    with pytest.raises(CouldNotTell, match="nothing-like-it is not installed here"):
        find("nothing-like-it")


def test_an_empty_repository_is_not_green(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(CouldNotTell, match="holds no file"):
        files.of(tmp_path)
