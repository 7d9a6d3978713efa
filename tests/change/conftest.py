"""Repositories with a rendered live/, whose modules have resources; caches of tests are their own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from meridian.render.command import generate
from tests.change import world
from tests.render.world import MINIMAL, make

# Packages of npm are kept in it; a build need not load them anew.
USERS_CACHE = os.environ.get("XDG_CACHE_HOME")

RESOURCES = {
    "directory": 'resource "aws_cognito_user_pool" "users" {\n}\n',
    "store": 'resource "aws_kms_key" "data" {\n}\n\nresource "aws_sns_topic_subscription" "all" {\n  count = 2\n}\n',
    "web": 'resource "aws_apigatewayv2_api" "http" {\n}\n\nresource "aws_iam_role" "function" {\n}\n',
}
INVENTORY = f"# The whole.\n{MINIMAL}      eu-west-1: {{}} # second\n"


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the cache of module contracts in a folder of this run."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture
def repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A repository with one environment in two regions, rendered."""
    return rendered(tmp_path / "repository", INVENTORY, capsys)


def rendered(root: Path, inventory: str, capsys: pytest.CaptureFixture[str]) -> Path:
    """Make a repository with an inventory and render it."""
    make(root, inventory)
    for module, text in RESOURCES.items():
        (root / "modules" / module / "main.tf").write_text(text, encoding="utf-8")
    assert generate(root=root, check=False, as_json=False) == 0
    capsys.readouterr()
    return root


@pytest.fixture(scope="session")
def template(own_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the repository that is copied."""
    folder = tmp_path_factory.mktemp("template") / "repository"
    folder.mkdir()
    return world.make(folder)


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    """Return a repository with store 1.0.0 and web 1.0.0 released and deployed everywhere."""
    shutil.copytree(template, tmp_path / "repository")
    return tmp_path / "repository"
