"""Local AWSs that tests start for themselves, each in a state folder of its own, all stopped at the end."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meridian.inventory.model import Environment, Region
from meridian.local import child, ports, server
from meridian.targets import CREDENTIALS_VARIABLE, Target

REPOSITORY = "https://github.com/example-org/meridian.git"
ACCOUNT = "100000000001"


def environment(name: str = "dev", *, account: str = ACCOUNT, primary: str = "us-east-1") -> Environment:
    """Return an environment of two regions, without an inventory."""
    regions = tuple(Region(region, {}) for region in ("us-east-1", "eu-west-1"))
    return Environment(name, account, primary, False, None, {}, regions, "aws", f"greeter-{name}")


@contextmanager
def _state_home(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield


def _kill_what_runs(folder: Path) -> None:
    for one in folder.glob("meridian/local-aws/*/"):
        held = child.find_process(one)
        if held is not None:
            with suppress(ProcessLookupError):
                os.killpg(held["pid"], signal.SIGKILL)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty checkout whose local AWSs keep their state in tmp_path and end with the test."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield checkout
    _kill_what_runs(tmp_path / "state")


@pytest.fixture(scope="session")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Return a running local AWS as `meridian up` starts it, shared by tests that only read its behaviour."""
    checkout = tmp_path_factory.mktemp("patched")
    with _state_home(checkout / "state"):
        running = server.start_server(checkout, environment())
    yield Target("local", checkout, environment(), REPOSITORY, running.endpoint)
    with _state_home(checkout / "state"):
        server.stop_server(checkout, "dev", forget=True)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Return MiniStack itself, without our patches: what each of them has to be needed for."""
    folder = tmp_path_factory.mktemp("plain")
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    port = ports.choose_port(())
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "ministack"],
        env=child.environ(folder, environment(), port, "plain"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert child.is_answering(port, "plain", lambda: process.poll() is None)
        yield Target("local", folder, environment(), REPOSITORY, f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def start(root: Path) -> Callable[..., Target]:
    """Return a function that starts a local AWS of `root` and returns it as a target."""

    def run(**changes: Any) -> Target:
        chosen = environment(**changes)
        return Target("local", root, chosen, REPOSITORY, server.start_server(root, chosen).endpoint)

    return run


def as_role(target: Target, name: str, *statements: dict[str, Any]) -> Callable[[str], Any]:
    """Make a role that may do what `statements` say, and return a maker of clients that have it."""
    return with_role(target, name, *statements).client


def with_role(target: Target, name: str, *statements: dict[str, Any]) -> Target:
    """Make a role that may do what `statements` say, and return the target with its rights."""
    iam = target.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document)
    return replace(target, role=role["Arn"])


def local_session(target: Target) -> dict[str, str]:
    """Return the variable that gives a command the rights that a target has."""
    found = target.session.get_credentials()
    assert found is not None
    frozen = found.get_frozen_credentials()
    return {CREDENTIALS_VARIABLE: f"{frozen.access_key}:{frozen.secret_key}:{frozen.token}"}


def node_package(code: str) -> bytes:
    """Return a function's zip with `code` as its index.mjs."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("index.mjs", code)
    return data.getvalue()
