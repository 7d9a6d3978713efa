"""`meridian generate`: exit codes, output, reports; a wrong inventory writes nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.render.command import generate, require_current
from tests.render.world import MINIMAL, git, make, make_released, tree, write_inventory

UNIT = "live/dev/us-east-1/web/terragrunt.hcl"
EXTRA = "dev/eu-west-1/web/terragrunt.hcl"
STALE = "stale: the inventory and the modules render another text"
SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose live/ is rendered."""
    root = make(tmp_path / "repository")
    assert run(root) == 0
    return root


def run(root: Path, *, check: bool = False, as_json: bool = False) -> int:
    """Run the command."""
    return generate(root=root, check=check, as_json=as_json)


def test_a_second_run_changes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Equal files are not even written again."""
    before = {path: path.stat().st_mtime_ns for path in (repository / "live").rglob("*")}
    capsys.readouterr()
    assert run(repository) == 0
    assert capsys.readouterr().out == "0 written, 0 deleted, 7 unchanged\n"
    assert {path: path.stat().st_mtime_ns for path in (repository / "live").rglob("*")} == before


def test_check_shows_each_kind(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stale, missing and extra files, each with its diff; the fix stands at the end."""
    write_inventory(repository, MINIMAL.replace("rate: 10", "rate: 11").replace("us-east-1: {}", "us-east-1: {}\n"))
    live = repository / "live"
    (live / "dev/env.hcl").unlink()
    (live / "dev/us-east-1/store/terragrunt.hcl").open("a", encoding="utf-8").write("# mine\n")
    extra = live / EXTRA
    extra.parent.mkdir(parents=True)
    extra.write_bytes((repository / UNIT).read_bytes())
    before = tree(live)
    capsys.readouterr()
    assert run(repository, check=True) == 1
    out = capsys.readouterr().out
    heads = [line for line in out.splitlines() if line.startswith("FAIL")]
    assert heads == [
        "FAIL  live/dev/env.hcl  missing: not written yet. Fix: meridian generate",
        f"FAIL  live/{EXTRA}  extra: the inventory no longer asks for it. Fix: meridian generate",
        f"FAIL  live/dev/us-east-1/store/terragrunt.hcl  {STALE}. Fix: meridian generate",
        f"FAIL  {UNIT}  {STALE}. Fix: meridian generate",
    ]
    assert "-  throttle = { rate = 10, burst = 5 }\n+  throttle = { rate = 11, burst = 5 }\n" in out
    assert "-# mine\n" in out
    assert out.endswith("4 of 7 files differ. Fix: meridian generate\n")
    assert tree(live) == before


def test_the_report_is_kept(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints what out/generate.json holds."""
    (repository / UNIT).unlink()
    capsys.readouterr()
    assert run(repository, check=True, as_json=True) == 1
    out = capsys.readouterr().out
    assert out == (repository / "out" / "generate.json").read_text(encoding="utf-8")
    report = json.loads(out)
    assert (report["verdict"], report["fix"], report["files"]) == ("findings", "meridian generate", 7)
    assert [(change["path"], change["kind"]) for change in report["changes"]] == [(UNIT, "missing")]
    assert report["changes"][0]["diff"].startswith("--- /dev/null\n+++ live/dev/us-east-1/web/terragrunt.hcl")


def test_a_file_without_marker_is_never_replaced(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The other files wait as well; only its owner can move it."""
    (repository / UNIT).write_text("# mine\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"{UNIT}: is not generated"):
        run(repository)
    assert (repository / UNIT).read_text(encoding="utf-8") == "# mine\n"
    capsys.readouterr()
    assert run(repository, check=True) == 1
    out = capsys.readouterr().out
    fix = "Fix: move away the files that are not generated, then meridian generate"
    assert f"FAIL  {UNIT}  not generated: it has no marker line, or a link or folder is in its place. {fix}\n" in out
    assert out.endswith(f"{fix}\n")


def test_a_unit_without_marker_is_not_changed_but_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check passes, but Terragrunt would run it."""
    own = repository / "live/dev/us-east-1/own/terragrunt.hcl"
    own.parent.mkdir()
    own.write_text("# mine\n", encoding="utf-8")
    assert run(repository, check=True) == 0
    assert (
        "note: live/dev/us-east-1/own/terragrunt.hcl is not generated; `meridian generate` never changes it."
        in capsys.readouterr().err
    )


def test_nothing_is_written_when_the_inventory_is_wrong(repository: Path) -> None:
    """An error in one environment stops all."""
    before = tree(repository / "live")
    text = write_inventory(repository, MINIMAL.replace("us-east-1: {}", "us-wst-1: {}")) / "live/inventory.yaml"
    with pytest.raises(UserError, match="us-wst-1"):
        run(repository)
    assert tree(repository / "live") == before | {"inventory.yaml": text.read_text(encoding="utf-8")}


def test_live_as_a_link_is_refused(repository: Path) -> None:
    """Nothing outside the repository is written."""
    (repository / "live").rename(repository / "elsewhere")
    (repository / "live").symlink_to("elsewhere")
    with pytest.raises(UserError, match="live/ is a link"):
        run(repository)


def test_a_missing_live_is_named(tmp_path: Path) -> None:
    """The folder is not created."""
    with pytest.raises(UserError, match="live/ is missing"):
        run(tmp_path)
    assert not (tmp_path / "live").exists()


def test_require_current(repository: Path) -> None:
    """Plans and applies begin with it: stale files stop them, and the error has the fix."""
    require_current(repository)
    (repository / UNIT).unlink()
    with pytest.raises(UserError, match=f"{UNIT} \\(missing\\)") as caught:
        require_current(repository)
    assert "`meridian generate`" in caught.value.hint


def test_defaults_that_an_old_version_lacks_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are left out of its units with a note."""
    pins = "{directory: 1.0.0, store: 1.0.0, web: 1.0.0}"
    text = MINIMAL.replace("working-tree", pins).replace("burst: 5}", "burst: 5}\n  logs: {detailed: true}")
    root = make_released(tmp_path / "repository", text)
    assert run(root) == 0
    assert "note: defaults.logs.detailed: left out in dev, web 1.0.0 lacks it." in capsys.readouterr().err
    assert "detailed" not in (root / UNIT).read_text(encoding="utf-8")


def commit_throttle(root: Path, throttle: str) -> None:
    """Commit an inventory with that throttle, and what it renders."""
    write_inventory(root, MINIMAL.replace("rate: 10, burst: 5", throttle))
    assert run(root) == 0
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", throttle)


def test_a_merge_with_conflicts_is_fixed_by_generate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Resolve the inventory, then `generate`; the conflicts in generated files need no hand."""
    root = make_released(tmp_path / "repository")
    commit_throttle(root, "rate: 10, burst: 5")
    git(root, "checkout", "--quiet", "-b", "other")
    commit_throttle(root, "rate: 12, burst: 5")
    git(root, "checkout", "--quiet", "main")
    commit_throttle(root, "rate: 10, burst: 7")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "--quiet", "other")
    assert "<<<<<<< " in (root / UNIT).read_text(encoding="utf-8")
    write_inventory(root, MINIMAL.replace("rate: 10, burst: 5", "rate: 12, burst: 7"))
    capsys.readouterr()
    assert run(root, check=True) == 1
    assert f"FAIL  {UNIT}  {STALE}" in capsys.readouterr().out
    assert run(root) == 0
    assert "throttle = { rate = 12, burst = 7 }" in (root / UNIT).read_text(encoding="utf-8")


def test_branches_that_change_different_units_merge_without_conflict(tmp_path: Path) -> None:
    """The marker line is the same on both, and the merged tree is current."""
    root = make_released(tmp_path / "repository")
    commit_throttle(root, "rate: 10, burst: 5")
    git(root, "checkout", "--quiet", "-b", "other")
    store = root / "modules/store/outputs.tf"
    store.write_text(store.read_text(encoding="utf-8").replace("EXAMPLE", "EXAMPLE-other"), encoding="utf-8")
    commit_throttle(root, "rate: 10, burst: 5")
    git(root, "checkout", "--quiet", "main")
    commit_throttle(root, "rate: 11, burst: 5")
    git(root, "merge", "--quiet", "other")
    require_current(root)


def test_the_tree_depends_on_nothing_else(tmp_path: Path) -> None:
    """Other hash seed, locale and time zone: the same bytes."""
    root, other = make(tmp_path / "a"), make(tmp_path / "b")
    run(root)
    code = "import sys; from pathlib import Path; from meridian.render.command import generate;"
    code += "sys.exit(generate(root=Path(sys.argv[1]), check=False, as_json=False))"
    environ = {"PYTHONPATH": str(SCRIPTS), "PYTHONHASHSEED": "42", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    environ |= {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", code, str(other)], env=environ, check=True, capture_output=True)
    assert tree(root / "live") == tree(other / "live")


def test_a_green_report_does_not_outlive_an_error(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pipelines read the verdict in out/, because make replaces the exit code."""
    report = repository / "out/generate.json"
    assert json.loads(report.read_text(encoding="utf-8"))["verdict"] == "ok"
    write_inventory(repository, MINIMAL.replace("us-east-1: {}", "us-est-1: {}"))
    capsys.readouterr()
    with pytest.raises(UserError):
        run(repository, check=True, as_json=True)
    kept = json.loads(report.read_text(encoding="utf-8"))
    assert (kept["verdict"], kept["exit_code"]) == ("usage", 2)
    assert "'us-est-1' is not an AWS region" in kept["error"]
    assert json.loads(capsys.readouterr().out) == kept


def test_reports_stay_in_the_repository(repository: Path, tmp_path: Path) -> None:
    """A link in the place of out/ is not followed."""
    shutil.rmtree(repository / "out")
    outside = tmp_path / "outside"
    outside.mkdir()
    (repository / "out").symlink_to(outside)
    with pytest.raises(UserError, match=r"^out is a link or not a folder\.$"):
        run(repository)
    assert not list(outside.iterdir())
