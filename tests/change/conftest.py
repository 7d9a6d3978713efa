"""A repository of its own for each test; the cache of module contracts belongs to the run."""

import os
import shutil
from pathlib import Path

import pytest

from tests.change import world
from tests.render.conftest import own_cache as own_cache

# Packages of npm are kept in it; a build need not load them anew.
USERS_CACHE = os.environ.get("XDG_CACHE_HOME")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the repository that is copied."""
    folder = tmp_path_factory.mktemp("template") / "repository"
    folder.mkdir()
    return world.make(folder)


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    """Return a repository with store 1.0.0 and web 1.0.0 released and deployed everywhere."""
    shutil.copytree(template, tmp_path / "repository")
    return tmp_path / "repository"
