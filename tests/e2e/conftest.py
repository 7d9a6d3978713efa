"""Two clones of this repository that run `dev` at the same time, shared by all end-to-end tests."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from meridian import tools
from meridian.engines import ENGINES, TERRAFORM
from meridian.errors import UserError
from meridian.gate.checkov.engine import VENV
from tests.conftest import ROOT, missing
from tests.e2e.checkout import Checkout, Done, clone
from tests.e2e.story import Story, tell

# A profile of a caller that no local command may use: nothing listens at its endpoint.
FOREIGN_PROFILE = """\
[profile production]
region = eu-central-1
aws_access_key_id = of-another-account
aws_secret_access_key = of-another-account
endpoint_url = http://127.0.0.1:9
"""


@dataclass(frozen=True)
class Deployed:
    """A checkout whose `dev` was brought up, the output of `up` and its report."""

    checkout: Checkout
    up: Done
    report: dict[str, Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that none runs with the unit tests."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of everything that the end-to-end tests make; it is removed at the end."""
    engine = os.environ.get("MERIDIAN_TEST_ENGINE", TERRAFORM.name)
    if engine not in ENGINES:
        pytest.fail(f"ENGINE={engine}: use {' or '.join(ENGINES)}.", pytrace=False)
    for name in (ENGINES[engine].program, "terragrunt", "node", "npm"):
        try:
            tools.path(name)
        except UserError as error:
            missing(f"{error.message} {error.hint}")
    if not (ROOT / VENV / "bin/python").exists():
        missing("Checkov is not installed: run `make checkov`.")
    folder = tmp_path_factory.mktemp("e2e")
    (folder / "aws-config").write_text(FOREIGN_PROFILE)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def both(home: Path) -> Iterator[tuple[Deployed, Deployed]]:
    """Bring `dev` up in two clones at the same time, and stop both at the end."""
    checkouts = clone(home / "first clone", home), clone(home / "second clone", home)
    try:
        with ThreadPoolExecutor() as pool:
            first, second = pool.map(_up, checkouts)
        yield first, second
    finally:
        for checkout in checkouts:
            checkout.end()


def _up(checkout: Checkout) -> Deployed:
    done = checkout.meridian("up", "dev")
    return Deployed(checkout, done, checkout.report("verify") if done.code == 0 else {})


@pytest.fixture(scope="session")
def fresh(both: tuple[Deployed, Deployed]) -> Deployed:
    """Return the first clone as `up` left it; its `dev` stays deployed from test to test."""
    both[0].up.expect(0)
    return both[0]


@pytest.fixture(scope="session")
def first(fresh: Deployed) -> Checkout:
    """Return the clone whose `dev` is deployed and verified."""
    return fresh.checkout


@pytest.fixture(scope="session")
def second(both: tuple[Deployed, Deployed]) -> Checkout:
    """Return the other clone, whose `dev` is destroyed and applied again."""
    both[1].up.expect(0)
    return both[1].checkout


@pytest.fixture(scope="session")
def telling(second: Checkout) -> Iterator[Future[Story]]:
    """Begin the second clone's story; it goes on while the first clone is tested."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(tell, second)
        # What is still going on, after a Ctrl-C, ends with the local AWS that it talks to.
        second.end()


@pytest.fixture(scope="session")
def busy(telling: Future[Story]) -> None:
    """Start the work of the other clone while a long deployment is tested: both mostly wait."""


@pytest.fixture(scope="session")
def story(telling: Future[Story]) -> Story:
    """Return the second clone's whole story."""
    return telling.result()
