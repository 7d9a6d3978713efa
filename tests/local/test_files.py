"""One write: the whole file or the old one, and nothing beside it."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from meridian import files


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Limit a file's size: the kernel refuses the rest of a write, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("mode", "expected"), [(None, 0o640), (0o600, 0o600), (0o666, 0o666)])
def test_the_mode_is_the_umasks_or_exact(tmp_path: Path, mode: int | None, expected: int) -> None:
    before = os.umask(0o027)
    try:
        files.write_file(tmp_path / "file", "", mode)
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == expected


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_the_old_file_alone(tmp_path: Path) -> None:
    files.write_file(tmp_path / "file", "old")
    with pytest.raises(OSError, match="File too large"):
        files.write_file(tmp_path / "file", "x" * 1000)
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "old"
