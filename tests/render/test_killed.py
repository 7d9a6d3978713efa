"""A run that is killed at any moment, and two runs at once: each file is old or new, and the next run finishes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from meridian import files
from meridian.render.command import generate
from meridian.render.write import STAGING
from tests.render.world import MINIMAL, make, tree, write_inventory

OLD = MINIMAL.replace("us-east-1: {}", "us-east-1: {}\n      eu-west-1: {}")
NEW = MINIMAL.replace("us-east-1: {}", "us-east-1: {}\n      eu-north-1: {}").replace("rate: 10", "rate: 11")
SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
# Audit events, raised before each action: https://docs.python.org/3.11/library/audit_events.html
TOUCHING = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"}
CODE = "import sys; from pathlib import Path; from meridian.render.command import generate;"
CODE += "sys.exit(generate(root=Path(sys.argv[1]), check=False, as_json=False))"


def run(root: Path) -> int:
    """Render live/."""
    return generate(root=root, check=False, as_json=False)


def states(folder: Path) -> tuple[Path, dict[str, str], dict[str, str]]:
    """Return a repository that holds the old tree and asks for the new one, and both trees."""
    new = tree(finished(make(folder / "new", NEW)))
    root = make(folder / "repository", OLD)
    old = tree(finished(root))
    write_inventory(root, NEW)
    assert old.keys() != new.keys()
    return root, old | {"inventory.yaml": NEW}, new


def finished(root: Path) -> Path:
    """Render, and return live/."""
    assert run(root) == 0
    return root / "live"


def child(root: Path, last: int, work: Callable[[Path], int] = run, files: Sequence[str] = ("live",)) -> int:
    """Work in a child process that is killed before it touches its files for the last time; return how it ended."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    count = 0

    def kill(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event in TOUCHING and any(str(root / name) in str(arguments[0]) for name in files):
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)
    os._exit(work(root))


def check(live: Path, old: dict[str, str], new: dict[str, str]) -> None:
    """Each file is old, new, or where the other has none, absent; what else is there is staged."""
    found = {path: text for path, text in tree(live).items() if not f"live/{path}".startswith(STAGING)}
    for path in old.keys() | new.keys() | found.keys():
        assert found.get(path) in (old.get(path), new.get(path)), path


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_step(tmp_path: Path) -> None:
    """Before each open, rename and removal below live/: no file is half written, and the next run finishes."""
    root, old, new = states(tmp_path)
    live = root / "live"
    shutil.copytree(live, tmp_path / "kept")
    for last in range(1, 1000):
        ended = child(root, last)
        check(live, old, new)
        if ended != -signal.SIGKILL:
            break
        assert run(root) == 0
        assert tree(live) == new, last
        shutil.rmtree(live)
        shutil.copytree(tmp_path / "kept", live)
    assert ended == 0
    assert last > 3 * len(new)
    assert tree(live) == new


def test_two_runs_at_once(tmp_path: Path) -> None:
    """Both end well, and render the inventory that is there once they no longer wait."""
    root, _, new = states(tmp_path)
    write_inventory(root, OLD.replace("rate: 10", "rate: 12"))
    with files.lock_folder(root / "live"):
        both = [start(root), start(root)]
        time.sleep(0.5)
        write_inventory(root, NEW)
    assert [process.wait(30) for process in both] == [0, 0]
    assert tree(root / "live") == new


def start(root: Path) -> "subprocess.Popen[bytes]":
    """Start the command in a process of its own."""
    environ = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    command = [sys.executable, "-c", CODE, str(root)]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
