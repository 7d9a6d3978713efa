"""`--update-golden` rewrites the expected trees; caches of tests are their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option; it is known when this folder is named: pytest tests/generate --update-golden."""
    parser.addoption("--update-golden", action="store_true", help="Rewrite the expected trees.")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep what modules say in a cache of this run only."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder
