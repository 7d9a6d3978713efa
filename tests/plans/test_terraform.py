"""Terraform at its process boundary: where it prints a plan, and what happens if it cannot."""

import json
import os
import sys
from pathlib import Path

import pytest

from meridian import tools
from meridian.errors import CouldNotTell
from meridian.plans import terraform
from meridian.plans.saved import Plans
from meridian.targets import Target
from tests.plans.test_plan_file import APPLYABLE, EMPTY, plan

DATA, OTHER = "us-east-1/data", "eu-west-1/data"
FAKE = f"""#!{sys.executable}
import os, pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "called.txt").open("a") as log:
    log.write(os.getcwd() + " " + " ".join(sys.argv[1:]) + "\\n")
print((here / "says.txt").read_text(), end="")
print("Error: no such provider", file=sys.stderr)
sys.exit(int((here / "code.txt").read_text()))
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a terraform that prints `says.txt` where the pinned tools are; return their folder."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "terraform").write_text(FAKE)
    (folder / "terraform").chmod(0o755)
    (folder / "says.txt").write_text("{}")
    (folder / "code.txt").write_text("0")
    (folder / "called.txt").touch()
    monkeypatch.setattr(tools, "folder", lambda: folder)
    return folder


def initialised(target: Target, place: str, unit: str, used: int) -> Path:
    """Make a folder of Terragrunt's cache that was initialised for a unit and last used at a time."""
    folder = target.work_dir / "cache" / place
    (folder / ".terraform").mkdir(parents=True)
    record = {"backend": {"type": "s3", "config": {"key": f"live/dev/{unit}/terraform.tfstate"}}}
    (folder / ".terraform/terraform.tfstate").write_text(json.dumps(record))
    (folder / "backend.tf").touch()
    os.utime(folder / "backend.tf", (used, used))
    return folder


def saved(target: Target, unit: str, message: bytes) -> Path:
    """Save a unit's plan."""
    folder = Plans(target).folder / unit
    folder.mkdir(parents=True)
    return plan(folder, message)


def test_a_unit_is_found_by_the_key_of_its_state(target: Target) -> None:
    """Of the working tree's module and of a released one, the folder that was used last."""
    initialised(target, "a/old/data", DATA, 1)
    released = initialised(target, "a/new/modules/data", DATA, 2)
    other = initialised(target, "b/c/data", OTHER, 3)
    assert terraform.find_folder(target, DATA) == released
    assert terraform.find_folder(target, OTHER) == other
    assert terraform.find_folder(target, "us-east-1/identity") is None


@pytest.mark.parametrize("record", ["", "[]", '{"backend": null}'])
def test_a_folder_that_is_not_initialised_is_passed_over(target: Target, record: str) -> None:
    folder = initialised(target, "a/b/data", DATA, 1)
    (folder / ".terraform/terraform.tfstate").write_text(record)
    assert terraform.find_folder(target, DATA) is None


def test_a_plan_is_printed_once_where_it_was_made(
    fake: Path, target: Target, plan_json: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(plan_json)
    (fake / "says.txt").write_text(json.dumps(plan_json((["create"], "a.b"))))
    folder = initialised(target, "a/b/data", DATA, 1)
    file = saved(target, DATA, EMPTY + APPLYABLE)
    plans = Plans(target)
    assert plans.read(DATA).applyable
    assert plans.read(DATA).applyable
    assert (fake / "called.txt").read_text().splitlines() == [f"{folder} show -no-color -json {file}"]


def test_terraform_does_not_print_an_empty_plan(fake: Path, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is read, e.g. by a scan."""
    saved(target, DATA, EMPTY)
    monkeypatch.setattr(Plans, "saved", lambda _: [DATA])
    (one,) = Plans(target).load()
    assert (one.unit, one.empty, one.provisional) == (DATA, True, False)
    assert (fake / "called.txt").read_text() == ""
    with pytest.raises(CouldNotTell, match="dev/us-east-1/data: the folder in which it was planned is gone"):
        Plans(target).read(DATA)


def test_a_plan_that_terraform_cannot_print_is_no_empty_one(
    fake: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(target, DATA, b"binary")
    initialised(target, "a/b/data", DATA, 1)
    (fake / "code.txt").write_text("1")
    monkeypatch.setattr(Plans, "saved", lambda _: [DATA])
    with pytest.raises(CouldNotTell, match="dev/us-east-1/data: Terraform cannot read its plan: Error: no such"):
        Plans(target).load()
    assert not (Plans(target).folder / DATA / "tfplan.json").exists()


def test_a_part_of_a_plan_is_not_kept_for_a_whole_one(
    fake: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(target, DATA, EMPTY + APPLYABLE)
    initialised(target, "a/b/data", DATA, 1)
    monkeypatch.setattr(Plans, "saved", lambda _: [DATA])
    with pytest.raises(CouldNotTell, match="dev/us-east-1/data: its plan is not Terraform's plan JSON"):
        Plans(target).load()


def test_the_engine_is_part_of_its_version(fake: Path, target: Target) -> None:
    """Terraform and OpenTofu have versions with the same number."""
    (fake / "says.txt").write_text('{"terraform_version": "1.11.4"}')
    assert terraform.read_version(target) == "terraform 1.11.4"
    (fake / "says.txt").write_text("Terraform v1.11.4")
    with pytest.raises(CouldNotTell, match="Terraform does not say its version") as failed:
        terraform.read_version(target)
    assert "meridian doctor" in failed.value.hint
