"""The cache of tools: a tool is complete or absent, also with two processes."""

import threading
import time
from pathlib import Path

import pytest

from meridian.errors import OperationFailed
from meridian.toolchain import cache


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def fill(folder: Path) -> None:
    """Build a tool of one file."""
    (folder / "tool").write_text("whole")


def test_a_tool_is_built_once() -> None:
    place = cache.install("tool", "1.0", fill)
    assert (place / "tool").read_text() == "whole"
    assert place.parts[-3:] == ("tool", "1.0", cache.platform_name())
    assert cache.install("tool", "1.0", lambda folder: pytest.fail("built twice")) == place


def test_a_tool_that_is_made_again_is_there_until_the_new_one_is() -> None:
    place = cache.install("tool", "1.0", fill)

    def build(folder: Path) -> None:
        assert (place / "tool").exists()
        (folder / "other").touch()

    assert cache.install("tool", "1.0", build, again=True) == place
    assert [file.name for file in place.iterdir()] == ["other"]


@pytest.mark.parametrize("error", [OperationFailed("no"), KeyboardInterrupt()])
def test_an_interrupted_build_leaves_no_half_installed_tool(error: BaseException) -> None:
    def build(folder: Path) -> None:
        fill(folder)
        raise error

    with pytest.raises(type(error)):
        cache.install("tool", "1.0", build)
    folder = cache.cache_dir() / "tool/1.0"
    assert [path.name for path in folder.iterdir() if path.suffix != ".lock"] == []
    assert (cache.install("tool", "1.0", fill) / "tool").exists()


def test_the_next_build_removes_the_rest_of_a_killed_one() -> None:
    left = cache.cache_dir() / f"tool/1.0/.{cache.platform_name()}.partial"
    (left / "module").mkdir(parents=True)
    assert (cache.install("tool", "1.0", fill) / "tool").exists()
    assert not left.exists()


def test_two_processes_build_once() -> None:
    built: list[int] = []

    def build(folder: Path) -> None:
        built.append(1)
        time.sleep(0.2)
        fill(folder)

    both = [threading.Thread(target=cache.install, args=("tool", "1.0", build)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert built == [1]
