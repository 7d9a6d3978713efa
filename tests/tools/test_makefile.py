"""Makefile: explains itself, takes no short cuts past set-up, and fails where it should."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.tools.fakes import ROOT

TEXT = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z0-9-]+):", TEXT, re.MULTILINE)
NO_SET_UP = {"help", "clean", "doctor", "lock", "setup", "test", "checkov"}


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run make as from a plain shell, also when make started the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=cwd, env=clean, capture_output=True, text=True, check=False)


def test_make_alone_lists_each_target_within_80_columns() -> None:
    answer = make()
    assert answer.returncode == 0
    lines = answer.stdout.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == TARGETS
    assert [line for line in lines if len(line) > 80] == []


def test_every_target_is_phony() -> None:
    phony = " ".join(re.findall(r"^\.PHONY: (.*)$", TEXT, re.MULTILINE)).split()
    assert sorted(phony) == sorted(TARGETS)


@pytest.mark.parametrize("target", sorted(set(TARGETS) - NO_SET_UP))
def test_each_target_installs_what_it_needs(target: str) -> None:
    assert "scripts/tools/setup.py" in make("--dry-run", target).stdout


def test_test_runs_every_part() -> None:
    recipe = make("--dry-run", "test").stdout
    for part in ("ruff format --check", "mypy", "generate --check", "modules.docs --check", "functions/test.mjs"):
        assert part in recipe
    for selection in (
        '"not slow and not e2e and not workflows"',
        '"slow and not e2e and not workflows" --ignore',
        "tests/functions -m slow",
        "-m e2e",
    ):
        assert selection in recipe


def test_no_recipe_forgives_a_failure() -> None:
    assert re.findall(r"^\t[@+]*-|\|\| true", TEXT, re.MULTILINE) == []


def test_make_of_macos_can_read_it() -> None:
    """GNU Make 3.81 knows neither of these."""
    assert not re.search(r"^\.ONESHELL|!=|\$\(file ", TEXT, re.MULTILINE)


def test_env_and_target_are_handed_on_whole() -> None:
    assert 'meridian plan "dev" --target "local"' in make("--dry-run", "plan", "ENV=dev", "TARGET=local").stdout
    assert 'meridian plan "" \n' in make("--dry-run", "plan", "ENV=").stdout


def test_a_missing_python_is_one_sentence() -> None:
    answer = make("setup", "PYTHON=python-that-is-not-there")
    assert answer.returncode == 2
    assert "error: Python 3.11 or newer is needed, and python-that-is-not-there is not on PATH." in answer.stderr


def test_an_old_python_is_one_sentence(tmp_path: Path) -> None:
    """The guard is read by the Python it refuses: only syntax that every Python 3 and 2.7 knows."""
    guard = (ROOT / "scripts/tools/guard.py").read_text()
    (tmp_path / "guard.py").write_text("import sys\nsys.version_info = (3, 8, 1)\n" + guard + "\nstart()\n")
    answer = subprocess.run(["python3", tmp_path / "guard.py"], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert re.fullmatch(r"error: Python 3\.11 or newer is needed, and \S+ is 3\.8\.\n  Install .*\n.*\n", answer.stderr)
    for name in ("guard", "setup", "doctor", "lock"):
        text = (ROOT / f"scripts/tools/{name}.py").read_text()
        assert not re.search(r"\bf\"|:=|->|from __future__|match ", text), name


def test_ci_runs_the_readme_test_command_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "exec make test"]
    assert os.access(ROOT / ".ci/run", os.X_OK)
