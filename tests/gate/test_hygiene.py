"""Secrets, workflows, shell and Python: findings, attempts to hide them, and tools that fail."""

from pathlib import Path
from typing import Any

import pytest

from meridian import tools
from meridian.errors import CouldNotTell
from meridian.gate.tools import command, files, program, python, secrets, shell, workflows
from tests.conftest import missing
from tests.gate.repository import empty, found, git, write

pytestmark = pytest.mark.slow

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
def root(tmp_path: Path) -> Path:
    """Return an empty repository."""
    if not (tools.folder() / "actionlint").exists():
        missing("actionlint is not installed: run `make actionlint`.")
    return empty(tmp_path / "repository")


def test_a_link_out_of_the_repository_is_unknown(root: Path) -> None:
    (root / "notes.md").symlink_to("/etc/hostname")
    with pytest.raises(CouldNotTell, match=r"notes\.md: a link out of the repository"):
        files.list_files(root)


def test_a_script_is_known_by_its_name_or_first_line(root: Path) -> None:
    write(root, "a.sh", "echo $1\n")
    write(root, "b.txt", "#! /bin/sh\necho $1\n")
    write(root, "c", "#!/usr/bin/env -S bash -e\necho $1\n")
    write(root, "d", "#!/usr/bin/env python3\nprint(1)\n")
    write(root, "e.md", "# bash\n")
    assert files.list_files(root).shell == ["a.sh", "b.txt", "c"]
    assert files.list_files(root).python == ["d"]


def test_a_comment_does_not_switch_shellcheck_off(root: Path) -> None:
    write(root, "run.sh", "#!/bin/sh\n# shellcheck disable=SC2086\nrm $1\n")
    write(root, ".shellcheckrc", "disable=all\n")
    assert found(shell.scan_shell(root, ["run.sh"])) == [("SC0000", "run.sh", 2)]


def test_neither_a_comment_nor_settings_switch_ruff_off(root: Path) -> None:
    write(root, "ruff.toml", 'lint.ignore = ["S"]\nexclude = ["*.py"]\n')
    write(root, "a.py", 'import subprocess\nsubprocess.run("ls", shell=True)  # noqa: S602\n')
    assert [one.check for one in python.scan_python(root, ["a.py"])] == ["RUFF_S602"]


def test_python_that_cannot_be_read_is_unknown(root: Path) -> None:
    write(root, "a.py", "def (:\n")
    with pytest.raises(CouldNotTell, match=r"a\.py: Ruff cannot read it"):
        python.scan_python(root, ["a.py"])


def test_accepts_a_sound_workflow(root: Path) -> None:
    write(root, ".github/workflows/a.yml", WORKFLOW)
    assert workflows.scan_workflows(root, files.list_files(root).workflows, files.list_files(root).actions) == []


def test_an_untrusted_expression_is_found_despite_a_comment_and_settings(root: Path) -> None:
    write(root, ".github/workflows/a.yml", f"{UNTRUSTED.rstrip()}  # zizmor: ignore[template-injection]\n")
    write(root, ".github/zizmor.yml", "rules:\n  template-injection:\n    disable: true\n")
    write(root, ".github/actionlint.yaml", 'paths:\n  "**":\n    ignore: [".*"]\n')
    name = ".github/workflows/a.yml"
    wanted = {("ZIZMOR_TEMPLATE_INJECTION", name, 16), ("ACTIONLINT_EXPRESSION", name, 16)}
    assert wanted == set(found(workflows.scan_workflows(root, [name], [])))


def test_a_workflow_in_a_folder_below_is_read_too(root: Path) -> None:
    """Who moves it up later changes no line that anybody reads again."""
    name = "tests/x/.github/workflows/a.yml"
    write(root, name, UNTRUSTED)
    assert files.list_files(root).workflows == [name]
    caught = workflows.scan_workflows(root, files.list_files(root).workflows, [])
    assert "ZIZMOR_TEMPLATE_INJECTION" in {one.check for one in caught}


def test_scans_an_action_of_the_repository(root: Path) -> None:
    action = "name: a\ndescription: a\nruns:\n  using: composite\n  steps:\n    - uses: actions/checkout@v4\n"
    write(root, "tools/a/action.yaml", action)
    assert [one.check for one in workflows.scan_workflows(root, [], files.list_files(root).actions)] == [
        "ZIZMOR_ARTIPACKED",
        "ZIZMOR_UNPINNED_USES",
    ]


def test_a_workflow_that_cannot_be_read_is_unknown(root: Path) -> None:
    write(root, ".github/workflows/a.yml", "on: [\n")
    with pytest.raises(CouldNotTell, match="zizmor"):
        workflows.scan_workflows(root, files.list_files(root).workflows, [])


@pytest.mark.parametrize(
    ("tool", "name"),
    [(secrets, "find_secrets"), (shell, "scan_shell"), (python, "scan_python"), (workflows, "scan_workflows")],
)
def test_a_tool_that_misses_its_canary_ends_the_scan(
    root: Path, monkeypatch: pytest.MonkeyPatch, tool: Any, name: str
) -> None:
    monkeypatch.setattr(tool, name, lambda *_: [])
    with pytest.raises(CouldNotTell, match=r"The canary of .* was not caught"):
        command.scan_files(root)


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
        ("echo no", "tool's answer cannot be read"),
    ],
)
def test_a_program_without_a_whole_answer_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    monkeypatch.setattr(program, "SECONDS", 1.0)
    with pytest.raises(CouldNotTell, match=says):
        program.run_program([tool(tmp_path / "bin", text)], tmp_path, {0})


def test_a_program_does_not_get_the_callers_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELLCHECK_OPTS", "--exclude=SC2086")
    answer, _ = program.run_program([tool(tmp_path / "bin", 'echo "[\\"$SHELLCHECK_OPTS\\"]"')], tmp_path, {0})
    assert answer == [""]


def test_a_missing_program_is_named() -> None:
    with pytest.raises(CouldNotTell, match="nothing-like-it is not installed here"):
        program.find_program("nothing-like-it")


def test_an_empty_repository_is_not_green(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(CouldNotTell, match="holds no file"):
        files.list_files(tmp_path)
