"""`meridian release` on the command line: the new row, and refusals."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from meridian.cli import main
from meridian.modules import ledger
from tests.change.world import change, commit, files, git, refused, report, write


def run(root: Path, *arguments: str) -> int:
    """Run the command in a repository."""
    return main(["release", *arguments, "--root", str(root)])


@pytest.fixture
def changed(root: Path) -> Path:
    """Return a repository in which web changed inside since its release."""
    change(root, "modules/web/main.tf", "function_name", "name")
    commit(root, "fix: name it")
    return root


def test_a_release_is_the_last_commit_that_changed_the_module(changed: Path) -> None:
    before = (changed / "modules/releases.yaml").read_text()
    wanted = git(changed, "rev-parse", "HEAD")
    write(changed, "unrelated.txt", "")
    commit(changed, "docs: something else")
    assert run(changed, "web", "1.0.1", "--note", "It has a name.") == 0
    row = ledger.read_ledger(changed)["web", "1.0.1"]
    assert (row.commit, row.note, row.zip_sha256) == (wanted, "It has a name.", None)
    assert row.tree == git(changed, "rev-parse", "HEAD:modules/web")
    assert (changed / "modules/releases.yaml").read_text().startswith(before)
    kept = report(changed, "release")
    assert (kept["row"]["version"], kept["before"], kept["differences"]) == ("1.0.1", "1.0.0", [])


def test_calls_that_cannot_be_read_are_not_released(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A version never changes, and `verify` would refuse it wherever it runs."""
    write(root, "modules/web/verify.yaml", "calls:\n  greet:\n    call: GET /greet\n    statsu: 200\n")
    commit(root, "feat: verify it")
    assert "modules/web/verify.yaml:4: calls.greet.statsu: " in refused(root, capsys, "release", "web", "1.0.1")


def test_of_two_merged_changes_the_merge_is_released(changed: Path) -> None:
    """Neither side alone has the tree that the merge has."""
    git(changed, "switch", "--quiet", "--create", "topic", "HEAD~1")
    change(changed, "modules/web/outputs.tf", "https://example.com", "https://example.org")
    commit(changed, "fix: another address")
    git(changed, "switch", "--quiet", "main")
    git(changed, "merge", "--quiet", "--no-edit", "topic")
    write(changed, "unrelated.txt", "")
    commit(changed, "docs: something else")
    assert run(changed, "web", "1.0.1") == 0
    row = ledger.read_ledger(changed)["web", "1.0.1"]
    assert row.commit == git(changed, "rev-parse", "HEAD~1")
    assert row.tree == git(changed, "rev-parse", f"{row.commit}:modules/web")


def test_a_dry_run_writes_nothing(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(changed)
    assert run(changed, "web", "1.1.0", "--dry-run") == 0
    assert files(changed) == before
    assert "web 1.1.0 can be released (dry run, nothing was written)" in capsys.readouterr().out


def test_a_change_that_breaks_needs_a_major(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(root, "modules/web/outputs.tf", 'output "url"', 'output "address"')
    commit(root, "feat!: another name")
    message = refused(root, capsys, "release", "web", "1.1.0")
    assert "web 1.1.0: the changes since 1.0.0 need a major version:\n  major: output 'url' is removed\n" in message
    assert "`meridian release web 2.0.0`" in message
    assert run(root, "web", "2.0.0") == 0
    assert "major: output 'url' is removed\nminor: output 'address' is new\n" in capsys.readouterr().out


def test_a_module_is_released_for_the_first_time(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, "modules/alarm/unit.yaml", "placement: every_region\n")
    write(root, "modules/alarm/variables.tf", "")
    message = refused(root, capsys, "release", "alarm", "0.1.0")
    assert "?? modules/alarm/" in message
    write(root, "modules/alarm/outputs.tf", 'output "x" {\n  description = "No example."\n}\n')
    commit(root, "feat: alarms")
    assert "outputs.tf:1: the description of output 'x' must end with an example" in refused(
        root, capsys, "release", "alarm", "0.1.0"
    )
    write(root, "modules/alarm/outputs.tf", "")
    commit(root, "fix: no outputs")
    assert run(root, "alarm", "0.1.0") == 0
    assert ledger.read_ledger(root)["alarm", "0.1.0"].note == "fix: no outputs"


def test_a_dirty_module_is_refused(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(changed, "modules/web/new.tf", "")
    assert "modules/web differs from HEAD:\n?? modules/web/new.tf" in refused(
        changed, capsys, "release", "web", "1.0.1"
    )


def test_a_commit_that_is_not_on_main_is_refused(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(changed, "switch", "--quiet", "--create", "topic")
    change(changed, "modules/web/main.tf", "name", "title")
    commit(changed, "feat: on a branch")
    assert "HEAD is not on main" in refused(changed, capsys, "release", "web", "1.0.1")
    git(changed, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert run(changed, "web", "1.0.1") == 0


def test_a_shallow_clone_is_refused_with_the_fetch_command(
    changed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{changed}", "clone")
    message = refused(tmp_path / "clone", capsys, "release", "web", "1.0.1")
    assert "only a part of the history" in message
    assert "git fetch --unshallow" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("web", "1.0.0"), "web 1.0.0 is not later than 1.0.0, the latest release.\n  A released version never"),
        (("store", "1.0.1"), "modules/store has not changed since 1.0.0."),
        (("wbe", "1.0.1"), "There is no module 'wbe' in modules/.\n  Did you mean 'web'?"),
        (("web", "v1.0.1"), "'v1.0.1' is not a version.\n  Use three numbers without a v"),
        (("web", "1.0.1", "--note", "two\nlines"), "The note is not one sentence."),
    ],
)
def test_what_cannot_be_released(
    changed: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert message in refused(changed, capsys, "release", *arguments)


def test_a_function_is_built_from_the_commit(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its script runs in an export of HEAD without the ignored files of the checkout."""
    write(root, ".gitignore", "/out/\ndist/\nignored\n")
    change(root, "modules/web/unit.yaml", "needs:", "package: functions/build.mjs\nneeds:")
    write(root, "modules/web/functions/build.mjs", "ls; mkdir functions/dist; printf hi > functions/dist/function.zip")
    commit(root, "feat: a function")
    write(root, "modules/web/ignored", "")
    monkeypatch.setattr("meridian.tools.path", lambda _: Path("/bin/sh"))
    assert run(root, "web", "1.1.0") == 0
    hi = "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
    assert ledger.read_ledger(root)["web", "1.1.0"].zip_sha256 == hi
    assert not (root / "modules/web/functions/dist").exists()
    write(root, "modules/web/functions/build.mjs", "test ! -e ignored && echo no such thing >&2; exit 1")
    commit(root, "feat: a broken one")
    assert run(root, "web", "1.2.0") == 4
    assert "error: modules/web/functions/build.mjs: no such thing\n  Nothing was released." in capsys.readouterr().err


def test_two_releases_at_once_are_one_after_the_other(changed: Path) -> None:
    """The second reads the row of the first: the same tree is not released twice."""
    command = [sys.executable, "-m", "meridian", "release", "web"]
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "scripts")}
    runs = [
        subprocess.Popen([*command, version, "--root", str(changed)], env=environ, stderr=subprocess.PIPE, text=True)
        for version in ("1.0.1", "1.0.2", "1.0.3")
    ]
    said = [run.communicate(timeout=60)[1] for run in runs]
    assert sorted(run.returncode for run in runs) == [0, 2, 2], said
    assert len([row for row in ledger.read_ledger(changed) if row[0] == "web"]) == 2
