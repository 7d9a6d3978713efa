"""The command as a person meets it: exit codes, words, reports, and nothing written when anything is wrong."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from meridian.errors import OperationFailed, UserError
from meridian.generate.command import generate, require_current
from tests.generate.world import MINIMAL, git, make, make_released, tree, write_inventory

UNIT = "live/dev/us-east-1/web/terragrunt.hcl"
SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose live/ is rendered."""
    root = make(tmp_path / "repository")
    assert run(root) == 0
    return root


def run(root: Path, *, check: bool = False, force: bool = False, as_json: bool = False) -> int:
    """Run the command."""
    return generate(root, check=check, force=force, as_json=as_json)


def test_a_second_run_changes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Equal files are not even written again."""
    before = {path: path.stat().st_mtime_ns for path in (repository / "live").rglob("*")}
    capsys.readouterr()
    assert run(repository) == 0
    assert capsys.readouterr().out == "live/: 0 written, 0 deleted, 6 unchanged\n"
    assert {path: path.stat().st_mtime_ns for path in (repository / "live").rglob("*")} == before


def test_check_tells_the_kinds_apart(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stale, missing, edited and extra files, each with its diff and its fix, then the one that mends all."""
    write_inventory(repository, MINIMAL.replace("rate: 10", "rate: 11").replace("us-east-1: {}", "us-east-1: {}\n"))
    live = repository / "live"
    (live / "dev/env.hcl").unlink()
    (live / "dev/us-east-1/store/terragrunt.hcl").open("a", encoding="utf-8").write("# mine\n")
    extra = live / "dev/eu-west-1/web/terragrunt.hcl"
    extra.parent.mkdir(parents=True)
    extra.write_bytes((repository / UNIT).read_bytes())
    before = tree(live)
    capsys.readouterr()
    assert run(repository, check=True) == 1
    out = capsys.readouterr().out
    heads = [line for line in out.splitlines() if line.startswith("FAIL")]
    for head, (path, word, force) in zip(
        heads,
        [
            ("dev/env.hcl", "missing", ""),
            ("dev/eu-west-1/web/terragrunt.hcl", "extra", ""),
            ("dev/us-east-1/store/terragrunt.hcl", "hand-edited", " --force"),
            ("dev/us-east-1/web/terragrunt.hcl", "stale", ""),
        ],
        strict=True,
    ):
        assert head.startswith(f"FAIL  live/{path}  {word}: ")
        assert head.endswith(f". Fix: meridian generate{force}")
    assert "-  throttle = { rate = 10, burst = 5 }\n+  throttle = { rate = 11, burst = 5 }\n" in out
    assert "-# mine\n" in out
    assert out.endswith("4 of 6 files differ. Fix: meridian generate --force\n")
    assert tree(live) == before


def test_check_names_the_plain_fix(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without edits by hand no force is needed, and the fix works."""
    write_inventory(repository, MINIMAL.replace("rate: 10", "rate: 11"))
    assert run(repository, check=True) == 1
    assert capsys.readouterr().out.endswith("1 of 6 files differ. Fix: meridian generate\n")
    assert run(repository) == 0
    assert run(repository, check=True) == 0


def test_the_report_is_kept(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json prints what out/generate.json holds."""
    (repository / UNIT).unlink()
    capsys.readouterr()
    assert run(repository, check=True, as_json=True) == 1
    out = capsys.readouterr().out
    assert out == (repository / "out" / "generate.json").read_text(encoding="utf-8")
    report = json.loads(out)
    assert (report["verdict"], report["fix"], report["files"]) == ("findings", "meridian generate", 6)
    assert [(change["path"], change["kind"]) for change in report["changes"]] == [(UNIT, "missing")]
    assert report["changes"][0]["fix"] == "meridian generate"
    assert report["changes"][0]["diff"].startswith("--- /dev/null\n+++ live/dev/us-east-1/web/terragrunt.hcl")


def test_an_edit_by_hand_is_refused_and_forced(repository: Path) -> None:
    """Every other file waits as well; --force takes it."""
    write_inventory(repository, MINIMAL.replace("rate: 10", "rate: 11"))
    store = repository / "live/dev/us-east-1/store/terragrunt.hcl"
    store.open("a", encoding="utf-8").write("# mine\n")
    before = tree(repository / "live")
    with pytest.raises(UserError, match=r"live/dev/us-east-1/store/terragrunt\.hcl: was edited by hand"):
        run(repository)
    assert tree(repository / "live") == before
    assert run(repository, force=True) == 0
    assert "# mine" not in store.read_text(encoding="utf-8")


def test_a_file_without_marker_is_never_replaced(repository: Path) -> None:
    """Not even by force."""
    (repository / UNIT).write_text("# mine\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"{UNIT}: is not generated"):
        run(repository, force=True)
    assert (repository / UNIT).read_text(encoding="utf-8") == "# mine\n"


def test_check_says_what_to_do_about_a_file_without_marker(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No command of ours takes it away."""
    (repository / UNIT).write_text("# mine\n", encoding="utf-8")
    capsys.readouterr()
    assert run(repository, check=True) == 1
    out = capsys.readouterr().out
    fix = "Fix: move away what is not generated, then meridian generate"
    assert f"FAIL  {UNIT}  not generated: another file is in the way. {fix}\n" in out
    assert out.endswith(f"{fix}\n")
    (repository / "live/dev/us-east-1/store/terragrunt.hcl").open("a", encoding="utf-8").write("# mine\n")
    assert run(repository, check=True) == 1
    assert capsys.readouterr().out.endswith(f"{fix} --force\n")


def test_a_unit_of_somebody_else_is_left_alone_and_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is no finding, but Terragrunt would run it."""
    own = repository / "live/dev/us-east-1/own/terragrunt.hcl"
    own.parent.mkdir()
    own.write_text("# mine\n", encoding="utf-8")
    assert run(repository, check=True) == 0
    assert "note: live/dev/us-east-1/own/terragrunt.hcl was not generated; it is left alone." in capsys.readouterr().err


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


def test_without_live_there_is_nothing_to_render(tmp_path: Path) -> None:
    """The folder is named, not made."""
    with pytest.raises(UserError, match="live/ is missing"):
        run(tmp_path)
    assert not (tmp_path / "live").exists()


def test_require_current(repository: Path) -> None:
    """Plans and applies begin with it: stale files stop them, with the command that mends."""
    require_current(repository)
    (repository / UNIT).unlink()
    with pytest.raises(UserError, match=f"{UNIT} \\(missing\\)") as caught:
        require_current(repository)
    assert "`meridian generate`" in caught.value.hint


def test_defaults_that_an_old_version_does_not_know_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are left out of its units, not passed on in silence."""
    pins = "{directory: 1.0.0, store: 1.0.0, web: 1.0.0}"
    text = MINIMAL.replace("working-tree", pins).replace("burst: 5}", "burst: 5}\n  logs: {detailed: true}")
    root = make_released(tmp_path / "repository", text)
    assert run(root) == 0
    assert "note: defaults.logs.detailed: left out in dev, web 1.0.0 lacks it." in capsys.readouterr().err
    assert "detailed" not in (root / UNIT).read_text(encoding="utf-8")


def test_a_merge_of_two_branches_is_mended_without_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """git always conflicts in the hash; where the rest merged to the right text, nobody edited it."""
    root = make_released(tmp_path / "repository")
    example = root / "modules/store/outputs.tf"

    def commit(text: str, throttle: str) -> None:
        example.write_text(example.read_text(encoding="utf-8").replace("EXAMPLE", text), encoding="utf-8")
        write_inventory(root, MINIMAL.replace("rate: 10", throttle))
        assert run(root) == 0
        git(root, "add", "modules", "live")
        git(root, "commit", "--quiet", "-m", throttle)

    commit("EXAMPLE", "rate: 10")
    git(root, "checkout", "--quiet", "-b", "other")
    commit("EXAMPLE-other", "rate: 10")
    git(root, "checkout", "--quiet", "main")
    commit("EXAMPLE", "rate: 11")
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "--quiet", "other")
    assert (root / UNIT).read_text(encoding="utf-8").startswith("<<<<<<< ")
    capsys.readouterr()
    assert run(root, check=True) == 1
    assert f"FAIL  {UNIT}  merged: " in capsys.readouterr().out
    assert run(root) == 0
    text = (root / UNIT).read_text(encoding="utf-8")
    assert "rate = 11" in text
    assert "meridianmock-other" in text


@pytest.mark.parametrize("seed", ["0", "42"])
def test_the_tree_depends_on_nothing_else(tmp_path: Path, seed: str) -> None:
    """Other hash seed, locale, time zone and mask: the same bytes."""
    root, other = make(tmp_path / "a"), make(tmp_path / "b")
    run(root)
    code = "import sys; from pathlib import Path; from meridian.generate.command import generate;"
    code += "sys.exit(generate(Path(sys.argv[1]), check=False, force=False, as_json=False))"
    environ = {
        "PYTHONPATH": str(SCRIPTS),
        "PYTHONHASHSEED": seed,
        "LC_ALL": "C",
        "TZ": "Asia/Tokyo",
        "HOME": str(tmp_path),
    }
    environ["PATH"] = os.environ["PATH"]
    subprocess.run([sys.executable, "-c", code, str(other)], env=environ, check=True, capture_output=True)
    assert tree(root / "live") == tree(other / "live")


def test_a_green_report_does_not_outlive_an_error(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pipelines read the verdict in out/, whatever make made of the exit code."""
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


@pytest.mark.parametrize("kind", ["link", "file"])
def test_reports_stay_in_the_repository(repository: Path, tmp_path: Path, kind: str) -> None:
    """What is in the place of out/ is neither followed nor replaced."""
    shutil.rmtree(repository / "out")
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o755)
    if kind == "link":
        (repository / "out").symlink_to(outside)
    else:
        (repository / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match=r"^out is a link or not a folder\.$"):
        run(repository)
    assert not list(outside.iterdir())


@pytest.mark.parametrize("what", ["meridian.files.write", "pathlib.Path.mkdir"])
def test_a_report_that_cannot_be_kept(repository: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """It is said before anything is done."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(what, full)
    with pytest.raises(OperationFailed, match=r"^out/.*: No space left on device\.$"):
        run(repository)
