"""What every test gets: no AWS credentials, and tools that cannot be missing unnoticed."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from tests.example import is_example, lay_example
from tests.gate.repository import git

ROOT = Path(__file__).resolve().parents[1]


# How long an example takes says something about the machine only.
hypothesis.settings.register_profile("meridian", deadline=None)
hypothesis.settings.load_profile("meridian")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `pytest --update-golden`: rewrite the expected trees of tests/generate."""
    parser.addoption("--update-golden", action="store_true", help="Rewrite the expected trees.")


@pytest.fixture(autouse=True)
def no_aws_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove every AWS_* variable, so that no test can reach a real account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout that has the inventory of the tests: this one, unless it is a fork's."""
    if is_example(ROOT):
        return ROOT
    root = tmp_path_factory.mktemp("example") / "repository"
    git(ROOT, "clone", "--quiet", "--shared", str(ROOT), str(root))
    lay_example(root)
    return root


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str], Path]:
    """Return a function that finds a tool, or skips the test; under CI=true it fails instead."""

    def find(name: str) -> Path:
        search = os.pathsep.join([str(ROOT / ".venv" / "tools"), os.environ.get("PATH", os.defpath)])
        found = shutil.which(name, path=search)
        if found is None:
            missing(f"{name} is not installed: run `make setup`; `make doctor` says more.")
        return Path(str(found))

    return find


def missing(reason: str) -> None:
    """End the test: skipped with the reason, or failed under CI=true, where nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
