"""`meridian init` on the command line: all names change at once, or none; and only once."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from meridian.change import init
from meridian.cli import main
from meridian.inventory.load import load_inventory
from meridian.render import write as render_write
from meridian.render.command import require_current
from tests.change.world import change, files, generate, git, refused, write

URL = "https://git.example.com/acme/shop.git"
README = f"# Demo\n\nCome to {init.EXAMPLE}: demo-dev-greetings, demo-device, my-demo-dev, 100000000001.\n"
NAMES = ("--project", "shop", "--repository", URL)
ACCOUNTS = ("--account", "dev=123456789012", "--account", "staging=123456789013", "--account", "prod=123456789014")
USUAL = ("init", *NAMES, *ACCOUNTS)


@pytest.fixture
def example(root: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a repository that still has the example's names, with a README."""
    change(root, "live/inventory.yaml", "https://example.com/org/demo.git", init.EXAMPLE)
    write(root, "README.md", README)
    write(root, init.OWNERS, "/live/ @example-org/platform\n")
    generate(root)
    capsys.readouterr()
    return root


def run(root: Path, *arguments: str) -> int:
    """Run a command in a repository."""
    return main([*arguments, "--root", str(root)])


def readme(root: Path) -> str:
    """Return the text of the README."""
    return (root / "README.md").read_text(encoding="utf-8")


def test_init_replaces_every_name_of_the_example(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Inventory, live/, README and code owners at once; words that only look like a name stay."""
    assert run(example, *USUAL) == 0
    require_current(example)
    inventory = load_inventory(example / "live/inventory.yaml")
    assert (inventory.project, inventory.repository) == ("shop", URL)
    assert inventory.environment("dev").account_id == "123456789012"
    assert readme(example) == f"# Demo\n\nCome to {URL}: shop-dev-greetings, demo-device, my-demo-dev, 123456789012.\n"
    assert (example / init.OWNERS).read_text(encoding="utf-8") == "/live/ @acme/platform\n"
    out = capsys.readouterr().out
    assert "  changed  live/dev/env.hcl\n" in out
    assert "  changed  README.md\n" in out
    assert ".github/CODEOWNERS names teams of the new owner" in out
    assert f"git remote set-url origin {URL}" in out


def test_a_second_time_is_refused(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The repository's URL shows that init has run."""
    assert run(example, *USUAL) == 0
    assert f"error: This is shop of {URL} already: `meridian init` runs once.\n" in refused(example, capsys, *USUAL)


def test_a_dry_run_writes_nothing(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report has every diff, that of the README too."""
    before = files(example)
    assert run(example, *USUAL, "--dry-run", "--json") == 0
    assert files(example) == before
    assert readme(example) == README
    kept = json.loads(capsys.readouterr().out)
    assert kept["next"] == [" ".join(("meridian", *USUAL))]
    diffs = {row["path"]: row["diff"] for row in kept["changes"]}
    assert diffs["README.md"].startswith("--- README.md\n+++ README.md (as it must be)\n")


def test_all_wrong_accounts_are_listed_at_once(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ("--account", "dve=1", "--account", "dev=123456789012", "--account", "dev=123456789019")
    message = refused(example, capsys, "init", *NAMES, *wrong, "--account", "prod=100000000003")
    for text in [
        "--account dve=1: there is no environment 'dve'. Did you mean 'dev'?",
        "--account dev=123456789019: dev has 123456789012 already.",
        "--account prod=100000000003: that is an account of the example.",
        "--account staging=<12 digits> is missing.",
    ]:
        assert text in message
    assert readme(example) == README


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--repository", init.EXAMPLE, *ACCOUNTS), "--repository: that is the example's; give the URL of yours."),
        (("--repository", "git@example.com:x", *ACCOUNTS), "'git@example.com:x' is not a plain https URL"),
        (("--project", "Shop", *ACCOUNTS), "project: 'Shop' is not a name"),
        (("--project", "x" * 40, *ACCOUNTS), "Shorten the project's or the environment's name."),
        ((*ACCOUNTS[:-1], "prod=12"), "environments.prod.account_id: '12' is not an account id"),
        ((*ACCOUNTS[:-1], "prod=123456789012"), "'123456789012' is already the account of dev; each has its own."),
    ],
)
def test_a_wrong_value_is_refused(
    example: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in refused(example, capsys, "init", *NAMES, *arguments)
    assert readme(example) == README


def test_a_history_without_released_commits_is_refused(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Terraform fetches pinned versions from the new repository, so a copy of the files is not enough."""
    shutil.rmtree(example / ".git")
    git(example, "init", "--quiet")
    message = refused(example, capsys, *USUAL)
    assert "The commits of store 1.0.0, web 1.0.0 are not in this history" in message


def test_an_init_that_was_stopped_is_run_again(
    example: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All files are written together; a run that was stopped before has changed nothing."""

    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(render_write, "write_changes", stopped)
        assert run(example, *USUAL) == 130
    assert readme(example) == README
    assert run(example, *USUAL) == 0
    assert load_inventory(example / "live/inventory.yaml").project == "shop"
