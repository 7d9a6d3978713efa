"""The repositories of the tests of releases, with a file of waivers."""

from pathlib import Path

import pytest

from tests.change.conftest import own_cache, template
from tests.change.conftest import root as releases_root
from tests.change.world import write

__all__ = ["own_cache", "releases_root", "template"]


@pytest.fixture
def root(releases_root: Path) -> Path:
    """Return a repository whose waivers file is empty."""
    write(releases_root, "scripts/policies/waivers.yaml", "not_applicable: []\naccepted: []\n")
    return releases_root
