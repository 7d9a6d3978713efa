"""A module from the command is complete, and docs/modules.md says only what works."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from meridian import tools
from meridian.change.new_module import new_module
from meridian.errors import UserError
from meridian.gate.checkov.engine import VENV
from meridian.render.command import generate
from tests.conftest import ROOT
from tests.e2e.checkout import Checkout, clone
from tests.render.world import make

CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
MERIDIAN = ".venv/bin/meridian "


@pytest.mark.parametrize(
    ("name", "placement", "says"),
    [
        ("Orders", "every_region", "'Orders' is not a module's name"),
        ("a" * 21, "every_region", "is not a module's name"),
        ("store", "every_region", "modules/store is there already"),
        ("canary", "every_region", "'canary' is a key of the inventory already"),
        ("throttle", "every_region", "'throttle' is a key of the inventory already"),
        ("orders", "every-region", "'every-region' is not a placement. Did you mean 'every_region'?"),
        ("orders", "every_region", "data"),
    ],
    ids=["capital", "long", "there", "reserved", "taken", "placement", "no data to encrypt with"],
)
def test_nothing_is_written_after_a_refusal(tmp_path: Path, name: str, placement: str, says: str) -> None:
    root = make(tmp_path / "repository")
    generate(root=root, check=False, as_json=False)
    before = sorted(root.rglob("*"))
    with pytest.raises(UserError, match=re.escape(says)):
        new_module(name, placement, root)
    assert sorted(root.rglob("*")) == before


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Return a clone in which every command of docs/modules.md has run, in order, as far as it needs no AWS."""
    home = tmp_path_factory.mktemp("modules")
    made = clone(home / "clone", home)
    made.run(["git", "checkout", "--quiet", "-B", "main"]).expect(0)
    made.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--all", "-m", "x"])
    for block in CONSOLE.findall((ROOT / "docs/modules.md").read_text(encoding="utf-8")):
        for line in (one.removeprefix("$ ") for one in block.splitlines() if one.startswith("$ ")):
            if line.startswith(MERIDIAN):
                made.meridian(*shlex.split(line.removeprefix(MERIDIAN))).expect(0)
            else:
                assert line.startswith("git ")
                identity = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b"
                made.run(["sh", "-c", f"{identity}; {line}"]).expect(0)
    return made


@pytest.mark.slow
def test_every_command_of_the_page_works(checkout: Checkout) -> None:
    """The module is in dev and staging, and on its way out of dev; compute has a second function."""
    assert (checkout.root / "modules/compute/functions/src/handlers/orders.mjs").is_file()
    assert (checkout.root / "live/staging/eu-west-1/orders/terragrunt.hcl").is_file()
    assert "orders: 1.0.0" in (checkout.root / "live/inventory.yaml").read_text(encoding="utf-8")
    assert checkout.environment("dev").units == {"orders": "retiring"}
    assert checkout.environment("prod").units == {}


@pytest.mark.slow
def test_the_gate_and_the_tests_of_every_module_accept_it(checkout: Checkout) -> None:
    checkout.meridian("generate", "--check").expect(0)
    checkout.run([sys.executable, "-m", "meridian.docs", "--check"]).expect(0)
    (checkout.root / VENV).unlink()
    scan = checkout.command("scan", "--root", str(checkout.root))
    checkout.run(scan, PYTHONPATH=str(ROOT / "scripts")).expect(0)
    (checkout.root / ".venv").symlink_to(ROOT / ".venv")
    checkout.run([sys.executable, "-m", "pytest", "-q", "-n0", "tests/modules", "-k", "orders or compute"]).expect(0)
    checkout.run([str(tools.path("node")), "modules/compute/functions/test.mjs"]).expect(0)
