"""A saved plan counts as empty only if it says so itself; test_moves.py asks plans of real Terraform."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meridian.plans.plan_file import covers_everything, is_empty, read_terraform

# Of Terraform 1.11.4: version, a variable, a resource, a version string, timestamp, complete.
EMPTY = bytes([8, 3, 18, 2, 10, 0, 26, 3, 106, 1, 97]) + b"\x72\x061.11.4" + bytes([0xD0, 1, 1])
APPLYABLE = bytes([0xC8, 1, 1])
ERRORED = bytes([0xA0, 1, 1])


def plan(folder: Path, message: bytes, name: str = "tfplan") -> Path:
    """Return a plan file with a message in it."""
    file = folder / "tfplan.tfplan"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, message)
    return file


def test_a_whole_plan_without_anything_to_apply_is_empty(tmp_path: Path) -> None:
    """Fields that are not known here are passed over, of any type."""
    more = bytes([0x81, 0x20, *range(8), 0x85, 0x20, *range(4), 0x80, 0x20, 0xFF, 0x7F])
    assert is_empty(plan(tmp_path, EMPTY))
    assert is_empty(plan(tmp_path, EMPTY + more))


@pytest.mark.parametrize(
    "message",
    [
        EMPTY + APPLYABLE,
        APPLYABLE + EMPTY,
        EMPTY + ERRORED,
        EMPTY.replace(b"\x08\x03", b"\x08\x04"),
        EMPTY[2:],
        EMPTY[:-3],
        EMPTY[:-1] + b"\x00",
        EMPTY.replace(bytes([26, 3, 106, 1, 97]), b""),
        EMPTY + b"\x0b",
        EMPTY + b"\x12\x7f",
        EMPTY + b"\x80",
        b"",
    ],
    ids=[
        *("applyable", "applyable first", "errored", "another format", "no format", "OpenTofu", "not complete"),
        *("no resource", "a group", "cut off in a field", "cut off in a number", "nothing"),
    ],
)
def test_any_other_plan_has_to_be_read(tmp_path: Path, message: bytes) -> None:
    assert not is_empty(plan(tmp_path, message))


def test_a_file_that_is_no_plan_has_to_be_read(tmp_path: Path) -> None:
    file = plan(tmp_path, EMPTY)
    whole = file.read_bytes()
    for wrong in (b"", b"binary", whole[: len(whole) // 2], whole[:40] + b"\xff\xff" + whole[42:]):
        file.write_bytes(wrong)
        assert not is_empty(file)
    assert not is_empty(plan(tmp_path, EMPTY, "another"))
    assert not is_empty(tmp_path / "missing")


def test_a_plan_names_the_terraform_that_made_it(tmp_path: Path) -> None:
    assert read_terraform(plan(tmp_path, EMPTY)) == "1.11.4"
    assert read_terraform(plan(tmp_path, EMPTY[:12])) == ""
    assert read_terraform(tmp_path / "missing") == ""


@given(message=st.binary(max_size=60), at=st.integers(0, len(EMPTY)))
def test_no_bytes_end_in_an_error(tmp_path_factory: pytest.TempPathFactory, message: bytes, at: int) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert is_empty(plan(folder, EMPTY[:at] + message)) in {True, False}


# Of OpenTofu 1.12.6: the same without `complete`.
OPENTOFU = EMPTY[:-3]
DESTROYS = bytes([0x88, 1, 1])


@pytest.mark.parametrize("message", [OPENTOFU, OPENTOFU + DESTROYS], ids=["a plan", "a destroy"])
def test_a_plan_of_opentofu_without_limits_covers_everything(tmp_path: Path, message: bytes) -> None:
    assert covers_everything(plan(tmp_path, message))


@pytest.mark.parametrize(
    "message",
    [
        OPENTOFU + b"\x2a\x01a",
        OPENTOFU + b"\x32\x01a",
        OPENTOFU + bytes([0x88, 1, 2]),
        OPENTOFU + ERRORED,
        OPENTOFU.replace(b"\x08\x03", b"\x08\x04"),
        OPENTOFU[:-1],
        b"",
    ],
    ids=["-target", "-exclude", "-refresh-only", "errored", "another format", "cut off", "nothing"],
)
def test_any_other_plan_of_opentofu_is_a_part(tmp_path: Path, message: bytes) -> None:
    assert not covers_everything(plan(tmp_path, message))


def test_a_file_that_is_no_plan_covers_nothing(tmp_path: Path) -> None:
    assert not covers_everything(tmp_path / "none")
    assert not covers_everything(plan(tmp_path, OPENTOFU, name="other"))
