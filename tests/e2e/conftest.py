"""Clones of this repository whose `dev` runs, each shared by the end-to-end tests of some files."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

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


NAME = "api.example.com"
VERSIONS = "    versions: working-tree"
ROUTED = f"""\
    replication: global
    units: {{routing: true, zone: true}}
    domain: {{name: {NAME}, health_check: {{interval_seconds: 10, failures: 1}}}}
    recovery: {{time_seconds: 60, lost_calls: 300}}
{VERSIONS}"""
SHARED = {
    "fresh": (
        *("changed", "drift", "faults", "lifecycle", "main_job", "new_region", "pinned", "shift", "state_lock"),
        *("targets", "watch"),
    ),
    "both": ("drill", "plans", "plans_again", "two_clones"),
}
"""The files that work on the clones of a fixture, in the order in which they do."""


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
            used = {name for name in SHARED if name in getattr(item, "fixturenames", ())}
            assert used <= {_find_shared(item.path)}, f"{item.path.name}: SHARED does not say that it uses {used}."


class ByClone(LoadScopeScheduling):
    """Gives one process every test that works on the same clones."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _find_shared(Path(file)) or file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByClone:
    """Distribute the tests by their clones: marks of groups have no effect with this pytest and xdist."""
    return ByClone(config, log)


def _find_shared(file: Path) -> str:
    """Return the fixture whose clones a file works on, or nothing if it has clones of its own."""
    name = file.stem.removeprefix("test_")
    return next((fixture for fixture, files in SHARED.items() if name in files), "")


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
    """Bring `dev` up in two clones at the same time, in one of them with one name, and stop both at the end."""
    checkouts = clone(home / "second clone", home), clone(home / "routed clone", home)
    inventory = checkouts[1].root / "live/inventory.yaml"
    text = inventory.read_text()
    assert VERSIONS in text
    inventory.write_text(text.replace(VERSIONS, ROUTED, 1))
    checkouts[1].meridian("generate").expect(0)
    try:
        with ThreadPoolExecutor() as pool:
            second, routed = pool.map(_up, checkouts)
        yield second, routed
    finally:
        for checkout in checkouts:
            checkout.end()


def _up(checkout: Checkout) -> Deployed:
    done = checkout.meridian("up", "dev")
    return Deployed(checkout, done, checkout.report("verify") if done.code == 0 else {})


@pytest.fixture(scope="session")
def fresh(home: Path) -> Iterator[Deployed]:
    """Return the first clone as `up` left it; its `dev` stays deployed from test to test."""
    checkout = clone(home / "first clone", home)
    try:
        found = _up(checkout)
        found.up.expect(0)
        yield found
    finally:
        checkout.end()


@pytest.fixture(scope="session")
def first(fresh: Deployed) -> Checkout:
    """Return the clone whose `dev` is deployed and verified."""
    return fresh.checkout


@pytest.fixture(scope="session")
def second(both: tuple[Deployed, Deployed]) -> Checkout:
    """Return the clone whose `dev` is destroyed and applied again."""
    both[0].up.expect(0)
    return both[0].checkout


@pytest.fixture(scope="session")
def routed(both: tuple[Deployed, Deployed]) -> Checkout:
    """Return the clone whose `dev` has one name for its regions."""
    both[1].up.expect(0)
    return both[1].checkout


@pytest.fixture(scope="session")
def story(second: Checkout) -> Story:
    """Return the second clone's whole story."""
    return tell(second)
