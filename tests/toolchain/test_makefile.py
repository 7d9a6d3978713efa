"""The Makefile lists its targets, sets up what they need, and fails if a step fails."""

import os
import re
import subprocess
from pathlib import Path

from tests.toolchain.fakes import ROOT

TEXT = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z0-9-]+):", TEXT, re.MULTILINE)
NO_SET_UP = {"help", "clean", "doctor", "lock", "setup"}


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run make as from a plain shell, also when make started the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=cwd, env=clean, capture_output=True, text=True, check=False)


def test_make_alone_lists_every_target() -> None:
    answer = make()
    assert answer.returncode == 0
    assert [line.split()[0] for line in answer.stdout.splitlines()[:-1]] == TARGETS


def test_each_target_sets_up_what_it_needs() -> None:
    needed = dict(re.findall(r"^([a-z0-9-]+):([^#\n]*)##", TEXT, re.MULTILINE))
    assert [name for name in TARGETS if name not in NO_SET_UP and not needed[name].split()] == []


def test_no_recipe_ignores_a_failure() -> None:
    assert re.findall(r"^\t[@+]*-|\|\| true", TEXT, re.MULTILINE) == []


def test_env_and_target_are_quoted() -> None:
    assert 'meridian plan "dev" --target "local"' in make("--dry-run", "plan", "ENV=dev", "TARGET=local").stdout
    assert re.search(r'meridian plan "" +\n', make("--dry-run", "plan", "ENV=").stdout)
    only = make("--dry-run", "apply", "ENV=dev", "REGION=eu-west-1", "UNIT=data").stdout
    assert '--region "eu-west-1" --unit "data"' in only


def test_the_tests_of_one_module() -> None:
    """Without a name, those of all modules."""
    assert '-m slow -k "[orders]"\n' in make("--dry-run", "test-modules", "MODULE=orders").stdout
    assert re.search(r"-m slow *\n", make("--dry-run", "test-modules").stdout)


def test_a_missing_python_is_one_sentence() -> None:
    answer = make("setup", "PYTHON=python-that-is-not-there")
    assert answer.returncode == 2
    assert "error: Python 3.11 or newer is needed, and python-that-is-not-there is not on PATH." in answer.stderr


def test_an_old_python_is_one_sentence(tmp_path: Path) -> None:
    """The Python that is refused reads these files: only syntax that Python 2.7 and every Python 3 know."""
    guard = (ROOT / "scripts/tools/guard.py").read_text()
    (tmp_path / "guard.py").write_text("import sys\nsys.version_info = (3, 8, 1)\n" + guard + "\nstart('none')\n")
    answer = subprocess.run(["python3", tmp_path / "guard.py"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert re.fullmatch(r"error: Python 3\.11 or newer is needed, and \S+ is 3\.8\.\n  Install .*\n.*\n", answer.stderr)
    for name in ("guard", "setup", "doctor", "lock"):
        text = (ROOT / f"scripts/tools/{name}.py").read_text()
        assert not re.search(r"\bf\"|:=|->|from __future__|match ", text), name
