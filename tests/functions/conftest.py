"""Worlds to build the function in, and an npm that does what a test wants."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.functions.worlds import SideBySide, World, copy_world, finish


@pytest.fixture(scope="session")
def node(require_tool: Callable[[str], Path]) -> Path:
    """Return Node.js 22 or later; without it the test is skipped with the reason, under CI=true it fails."""
    found = require_tool("node")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(re.findall(r"\d+", version)[0]) < 22:
        reason = f"Node.js 22 is wanted, {found} is {version}: run `make setup`."
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def side_by_side(tmp_path_factory: pytest.TempPathFactory, node: Path) -> Iterator[SideBySide]:
    """Build three copies at once; their cache then serves the other tests and is removed at the end."""
    base = tmp_path_factory.mktemp("side-by-side")
    worlds = [copy_world(base / name, node, base / "cache") for name in ("one", "two", "three")]
    yield SideBySide(worlds, [finish(process) for process in [world.start() for world in worlds]])
    # Thousands of files, which pytest would leave for a later run to remove.
    shutil.rmtree(base / "cache")


@pytest.fixture
def make_world(tmp_path: Path, node: Path) -> Iterator[Callable[[str], World]]:
    """Return a function that copies the module's functions to a folder of that name, with an empty cache beside it."""
    caches = []

    def make(name: str) -> World:
        caches.append(tmp_path / f"{name}-cache")
        return copy_world(tmp_path / name, node, caches[-1])

    yield make
    for cache in caches:
        if cache.is_dir():
            shutil.rmtree(cache)


@pytest.fixture
def world(tmp_path: Path, node: Path, side_by_side: SideBySide) -> World:
    """Return a copy of the module's functions that finds its packages in the cache."""
    return copy_world(tmp_path / "one", node, side_by_side.worlds[0].cache.parents[1])


@pytest.fixture
def fake_npm(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that makes an `npm` out of shell lines and returns the folder to put first on PATH."""

    def make(script: str) -> str:
        folder = tmp_path / "fake-npm"
        folder.mkdir()
        program = folder / "npm"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return str(folder)

    return make
