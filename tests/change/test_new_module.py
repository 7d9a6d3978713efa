"""A module from the command is complete, docs/modules.md says only what works, and our tests are green beside it."""

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
from meridian.modules.ledger import LEDGER
from meridian.render.command import generate
from tests.conftest import ROOT
from tests.e2e.checkout import Checkout, clone
from tests.example import is_example, lay_example
from tests.gate.repository import commit, git
from tests.render.world import make

# A fork that followed the page has it already, and a clone of that fork keeps it where compute needs it.
OF_THE_PAGE, OURS = "orders", "parcels"
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
MERIDIAN = ".venv/bin/meridian "
# What reads the modules of the checkout or adds to them, but for gate/test_accepted.py, which takes half a minute.
READERS = (
    *("change/test_new_function.py", "gate/test_fixed.py", "gate/test_issuer.py", "gate/test_module_files.py"),
    *("gate/test_planned.py", "gate/test_text.py", "gate/test_units.py", "gate/test_waivers.py"),
    *("inventory/test_conditional_needs.py", "inventory/test_limits.py", "modules", "plans/test_changed.py"),
    *(
        "plans/test_inputs.py",
        "render/test_mocks.py",
        "render/test_modules.py",
        "verify/test_declared.py",
        "workflows/test_shape.py",
    ),
)
WIRED = """\
variable "queue_arn" {
  description = "The queue to which the function sends orders."
  type        = string
  nullable    = false
}

"""
RIGHT = """\
  statement {
    sid       = "SendOrders"
    actions   = ["sqs:SendMessage"]
    resources = [var.queue_arn]
  }

"""
BESIDE = '  statement {\n    sid       = "UseTheKey"\n'
ACCEPTED = """
run "accepts_queue_arn_of_a_first_plan" {
  command = plan

  variables {
    queue_arn = "arn:aws:sqs:us-east-1:123456789012:meridianmock-orders"
  }

  assert {
    condition     = var.queue_arn == "arn:aws:sqs:us-east-1:123456789012:meridianmock-orders"
    error_message = "The queue must be the one given."
  }
}
"""


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
    page = (ROOT / "docs/modules.md").read_text(encoding="utf-8").replace(OF_THE_PAGE, OURS)
    for block in CONSOLE.findall(page):
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
    assert (checkout.root / f"modules/compute/functions/src/handlers/{OURS}.mjs").is_file()
    assert (checkout.root / f"live/staging/eu-west-1/{OURS}/terragrunt.hcl").is_file()
    assert f"{OURS}: 1.0.0" in (checkout.root / "live/inventory.yaml").read_text(encoding="utf-8")
    assert checkout.environment("dev").units == {OURS: "retiring"}
    assert checkout.environment("prod").units == {}


@pytest.mark.slow
def test_the_gate_and_the_tests_of_every_module_accept_it(checkout: Checkout) -> None:
    checkout.meridian("generate", "--check").expect(0)
    checkout.run([sys.executable, "-m", "meridian.docs", "--check"]).expect(0)
    (checkout.root / VENV).unlink()
    scan = checkout.command("scan", "--root", str(checkout.root))
    checkout.run(scan, PYTHONPATH=str(ROOT / "scripts")).expect(0)
    (checkout.root / ".venv").symlink_to(ROOT / ".venv")
    checkout.run([sys.executable, "-m", "pytest", "-q", "-n0", "tests/modules", "-k", f"{OURS} or compute"]).expect(0)
    checkout.run([str(tools.path("node")), "modules/compute/functions/test.mjs"]).expect(0)


def wire(compute: Path) -> None:
    """Let the function of compute send to the queue, in the steps of the page."""
    example = '  queue_arn   = "arn:aws:sqs:us-east-1:123456789012:greeter-dev-orders"\n'
    files = [compute / "README.md", *compute.glob("tests/*.tftest.hcl")]
    for file, old, new in (
        (compute / "unit.yaml", "data: same_region", "data: same_region, orders: same_region"),
        (compute / "unit.yaml", "  repository: ", "  queue_arn: {output: orders.queue_arn}\n  repository: "),
        (compute / "variables.tf", 'variable "repository" {', f'{WIRED}variable "repository" {{'),
        (compute / "role.tf", BESIDE, f"{RIGHT}{BESIDE}"),
        *((file, "  repository  = ", f"{example}  repository  = ") for file in files),
    ):
        text = file.read_text(encoding="utf-8")
        assert old in text, file
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with (compute / "tests/inputs.tftest.hcl").open("a", encoding="utf-8") as inputs:
        inputs.write(ACCEPTED)


@pytest.mark.slow
def test_our_tests_are_green_in_a_fork_that_followed_the_page(tmp_path: Path) -> None:
    fork = clone(tmp_path / "clone", tmp_path)
    git(fork.root, "checkout", "--quiet", "-B", "main")
    compute = fork.root / "modules/compute"
    if not (fork.root / "modules/orders").exists():
        fork.meridian("new-module", "orders").expect(0)
    if not (compute / "orders.tf").exists():
        fork.meridian("new-function", "compute", "orders", "--route", "POST /orders").expect(0)
    if "orders.queue_arn" not in (compute / "unit.yaml").read_text(encoding="utf-8"):
        wire(compute)
        fork.meridian("generate").expect(0)
        fork.meridian("accept", "compute").expect(0)
        fork.run([sys.executable, "-m", "meridian.docs"]).expect(0)
    (fork.root / ".venv").symlink_to(ROOT / ".venv")
    (fork.root / ".git/info/exclude").write_text(".venv\n", encoding="utf-8")
    commit(fork.root)
    only = ["-m", "not slow and not e2e and not workflows", *(f"tests/{name}" for name in READERS)]
    fork.run([sys.executable, "-m", "pytest", "-q", "-n0", *only]).expect(0)

    git(fork.root, "update-ref", "refs/remotes/origin/main", "HEAD")
    fork.meridian("release", "orders", "1.0.0", "--note", "A queue.").expect(0)
    lay_example(fork.root)
    assert is_example(fork.root)
    assert "orders" not in (fork.root / LEDGER).read_text(encoding="utf-8")
