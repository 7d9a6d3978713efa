"""What is on PATH, and what a person is told where it does not fit."""

import os
from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.toolchain import catalog, pins, probe
from tests.tools import fakes

PINS = pins.read(fakes.ROOT)


def search(*folders: Path) -> dict[str, str]:
    """Return an environment whose PATH is these folders."""
    return {"PATH": os.pathsep.join(map(str, folders))}


def test_a_too_old_terraform_is_refused_with_the_version_wanted_and_how_to_get_it(tmp_path: Path) -> None:
    fakes.program(tmp_path, "terraform", fakes.TERRAFORM, "1.9.8")
    with pytest.raises(UserError) as refused:
        probe.require(catalog.terraform(PINS), search(tmp_path))
    assert refused.value.message == (
        f"terraform 1.11 or newer is needed, and PATH has only 1.9.8 at {tmp_path}/terraform."
    )
    assert f"Install {PINS.terraform}" in refused.value.hint


def test_a_missing_terraform_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"terraform 1\.11 or newer is needed, and PATH has none"):
        probe.require(catalog.terraform(PINS), search(tmp_path))


@pytest.mark.parametrize("body", ["exit 1", "echo nonsense", "printf '\\377'", "echo 1.11.4-beta1"])
def test_a_terraform_without_a_usable_answer_is_refused(tmp_path: Path, body: str) -> None:
    fakes.program(tmp_path, "terraform", body)
    with pytest.raises(UserError, match="no usable version"):
        probe.require(catalog.terraform(PINS), search(tmp_path))


def test_the_first_that_fits_is_taken_also_behind_one_that_does_not(tmp_path: Path) -> None:
    fakes.program(tmp_path / "old", "terraform", fakes.TERRAFORM, "1.9.8")
    new = fakes.program(tmp_path / "new", "terraform", fakes.TERRAFORM, "1.12.0")
    found = probe.require(catalog.terraform(PINS), search(tmp_path / "old", tmp_path / "new"))
    assert (found.path, found.number) == (new, "1.12.0")


def test_a_node_without_npm_does_not_count(tmp_path: Path) -> None:
    fakes.program(tmp_path, "node", fakes.NODE, "22.20.0")
    assert probe.on_path(catalog.node(PINS), search(tmp_path))[0] is None


def test_links_that_a_set_up_made_are_not_taken_for_tools_of_the_machine(tmp_path: Path) -> None:
    """With .venv/tools on PATH a link would otherwise come to lead to itself."""
    fakes.program(tmp_path / ".venv/tools", "terraform", fakes.TERRAFORM, "1.11.4")
    (tmp_path / ".venv/pyvenv.cfg").touch()
    assert list(probe.candidates("terraform", search(tmp_path / ".venv/tools"))) == []


def test_relative_entries_and_files_that_cannot_run_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "terraform").write_text("not a program")
    assert list(probe.candidates("terraform", {"PATH": f".:{tmp_path}:"})) == []


@pytest.mark.parametrize("tool", [catalog.terraform(PINS), catalog.git()], ids=lambda tool: tool.name)
def test_what_the_machine_must_bring_says_how_to_get_it(tool: catalog.Tool) -> None:
    assert "nstall" in tool.advice
    assert tool.advice != catalog.SETUP
