"""A repository with a base and a change of it, and `act` to run a workflow for it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT, missing
from tests.e2e.checkout import clone
from tests.gate.repository import git
from tests.workflows.act import Runner
from tests.workflows.host import Host, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that runs a workflow, so that it runs with `make test-workflows` only."""
    for item in items:
        if Path(__file__).parent in item.path.parents and "base" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.workflows)


KEY = "${{ hashFiles('**/mise.toml', '**/scripts/tools/go/go.sum') }}"


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone of this repository with the changes of the working tree.

    Its environments have roles, only dev has two regions, and the cache, which does nothing, has a plain key.
    """
    folder = tmp_path_factory.mktemp("base")
    root = clone(folder / "repository", folder).root
    (root / ".venv-checkov").unlink()
    inventory = root / "live/inventory.yaml"
    text = inventory.read_text(encoding="utf-8")
    dev, staging = text.split("  staging:")
    # One region is enough for what comes after dev, and takes half the time.
    staging = staging.replace("      eu-west-1: {}\n", "")
    staging = staging.replace("    regions:", '    retired: {eu-west-1: "2026-01-31"}\n    regions:')
    text = f"{dev}  staging:{staging}".replace("    versions:", "    access: {}\n    versions:")
    inventory.write_text(text, encoding="utf-8")
    meridian("generate")(root)
    # act starts Node.js for it, several times in each job.
    edit(".github/actions/setup/action.yml", KEY, "files")(root)
    git(root, "add", "--all")
    if git(root, "status", "--porcelain"):
        git(root, "commit", "--quiet", "--message", "test: the working tree")
    return root


@pytest.fixture
def host() -> Iterator[Host]:
    """Return a GitHub API without comments."""
    with serving() as found:
        yield found


@pytest.fixture
def runner(base: Path, host: Host, tmp_path: Path) -> Iterator[Runner]:
    """Return `act` in a copy of the repository that a test may commit to."""
    with started(base, host, tmp_path) as found:
        yield found


@contextmanager
def started(base: Path, host: Host, folder: Path) -> Iterator[Runner]:
    """Yield `act` in a copy of the repository; the folder with everything that runs made is removed at the end."""
    search = os.pathsep.join([str(ROOT / ".venv/tools"), os.environ.get("PATH", os.defpath)])
    act = shutil.which("act", path=search)
    if act is None:
        missing("act is not installed: run `make test-workflows`.")
    repository = folder / "repository"
    git(base, "clone", "--quiet", "--shared", str(base), str(repository))
    git(repository, "checkout", "--quiet", "-B", "main")
    yield Runner(Path(str(act)), repository, folder, host.url)
    shutil.rmtree(folder, ignore_errors=True)


Change = Callable[[Path], None]


def edit(path: str, old: str, new: str) -> Change:
    """Return a change that replaces a text in a file."""

    def change(root: Path) -> None:
        file = root / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}."
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def meridian(*words: str) -> Change:
    """Return a change that a command of ours makes."""

    def change(root: Path) -> None:
        command = [sys.executable, "-m", "meridian", *words, "--root", str(root)]
        environ = os.environ | {"PYTHONPATH": str(root / "scripts")}
        subprocess.run(command, cwd=root, env=environ, capture_output=True, check=True)

    return change
