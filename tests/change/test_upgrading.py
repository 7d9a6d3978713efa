"""A fork with an inventory, a module and a release of its own takes the next version by the commands of the page."""

import re
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.checkout import Checkout, clone
from tests.gate.repository import git

pytestmark = pytest.mark.slow
CONSOLE = re.compile(r"^\$ (.+)$", re.MULTILINE)
UPSTREAM = "https://github.com/example-org/meridian.git"


def commit(checkout: Checkout) -> None:
    """Commit everything in a clone."""
    git(checkout.root, "add", "--all")
    git(checkout.root, "commit", "--quiet", "--allow-empty", "--message", "a change")


def test_a_fork_takes_the_next_version(tmp_path: Path) -> None:
    upstream = clone(tmp_path / "upstream", tmp_path)
    git(upstream.root, "checkout", "--quiet", "-B", "main")
    commit(upstream)
    git(tmp_path, "clone", "--quiet", str(upstream.root), str(tmp_path / "fork"))
    fork = Checkout(tmp_path / "fork", tmp_path)
    accounts = [f"--account={name}={number * 12}" for name, number in (("dev", "1"), ("staging", "2"), ("prod", "3"))]
    fork.meridian("init", "--project", "shop", "--repository", "https://github.com/acme/shop.git", *accounts).expect(0)
    fork.meridian("new-module", "parcels").expect(0)
    commit(fork)
    fork.meridian("release", "parcels", "1.0.0", "--note", "A queue.").expect(0)
    commit(fork)

    for file, old, new in (
        ("live/inventory.yaml", "memory_mb: 256", "memory_mb: 512"),
        ("modules/identity/README.md", "# identity", "# identity\n"),
    ):
        text = (upstream.root / file).read_text(encoding="utf-8")
        assert old in text
        (upstream.root / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    upstream.meridian("generate").expect(0)
    commit(upstream)
    upstream.meridian("release", "identity", "1.9.0", "--note", "Words.").expect(0)
    commit(upstream)
    upstream.meridian("promote", "dev", "staging", "--module", "identity").expect(0)
    commit(upstream)

    before = (fork.root / "live/inventory.yaml").read_bytes()
    identity = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b"
    generate = " ".join((*fork.command("generate"), "&&", sys.executable, "-m", "meridian.docs"))
    for line in CONSOLE.findall((ROOT / "docs/upgrading.md").read_text(encoding="utf-8")):
        command = line.replace(UPSTREAM, str(upstream.root)).replace("make generate", generate)
        done = fork.run(["sh", "-c", f"{identity}; {command}"])
        done.expect(1 if "git merge" in line else 0)
    assert git(fork.root, "status", "--porcelain") == ""
    assert (fork.root / "live/inventory.yaml").read_bytes() == before
    fork.meridian("generate", "--check").expect(0)
    fork.meridian("promote", "dev", "staging", "--module", "identity").expect(0)
    assert "identity: 1.9.0" in (fork.root / "live/inventory.yaml").read_text(encoding="utf-8")
    ledger = (fork.root / "modules/releases.yaml").read_text(encoding="utf-8")
    assert re.findall(r'module: "(.+)"', ledger)[-2:] == ["parcels", "identity"]
