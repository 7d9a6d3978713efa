"""`meridian add-env` on the command line: a copy in another account, and refusals."""

import json
from pathlib import Path

import pytest

from meridian.cli import main
from meridian.inventory.load import load_inventory
from meridian.render.command import require_current
from tests.change.world import files, refused

USUAL = ("qa", "--like", "staging", "--account", "100000000009")
LOCK = "live/qa/.terraform.lock.hcl"


def run(root: Path, *arguments: str) -> int:
    """Run the command in a repository."""
    return main(["add-env", *arguments, "--root", str(root)])


def test_an_environment_is_copied_into_another_account(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same units and provider lock; nothing else changes."""
    before = files(root)
    assert run(root, *USUAL) == 0
    require_current(root)
    after = files(root)
    assert set(before["live/inventory.yaml"].splitlines()) < set(after["live/inventory.yaml"].splitlines())
    assert after[LOCK] == before["live/staging/.terraform.lock.hcl"]
    copied = {path.replace("/staging/", "/qa/") for path in before if path.startswith("live/staging/")}
    assert after.keys() - before.keys() == copied
    inventory = load_inventory(root / "live/inventory.yaml")
    staging, qa = inventory.environment("staging"), inventory.environment("qa")
    assert (qa.account_id, qa.regions, qa.versions) == ("100000000009", staging.regions, staging.versions)
    out = capsys.readouterr().out
    assert "  eu-west-1/web  " in out
    assert "  meridian bootstrap qa\n" in out
    assert "Not checked: whether account 100000000009 has us-east-1, eu-west-1 enabled, " in out


def test_it_may_have_other_regions(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the copied primary region the first one given is primary, and the output says so."""
    assert run(root, *USUAL, "--regions", "eu-central-1, eu-west-1") == 0
    made = load_inventory(root / "live/inventory.yaml").environment("qa")
    assert (made.primary_region, set(made.region_names)) == ("eu-central-1", {"eu-central-1", "eu-west-1"})
    assert "primary region eu-central-1 (the first given)\n" in capsys.readouterr().out


def test_a_dry_run_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its report has every diff, and the command that writes it."""
    before = files(root)
    assert run(root, *USUAL, "--dry-run", "--json") == 0
    assert files(root) == before
    kept = json.loads(capsys.readouterr().out)
    assert kept == json.loads((root / "out/add-env.json").read_text(encoding="utf-8"))
    assert all(row["diff"] for row in kept["changes"])
    assert kept["next"] == ["meridian add-env qa --like staging --account 100000000009 --regions us-east-1,eu-west-1"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("dev", *USUAL[1:]), "dev is already in live/inventory.yaml."),
        (("Qa", *USUAL[1:]), "'Qa' is not a name: use lowercase letters"),
        (("qa: {", *USUAL[1:]), "'qa: {' is not a name"),
        (("a" * 40, *USUAL[1:]), "Shorten the project's or the environment's name."),
        (("qa", "--like", "dve", "--account", "100000000009"), "There is no environment 'dve'"),
        (("qa", "--account", "100000000009"), "Which environment?"),
        ((*USUAL[:-1], "100000000001"), "environments.qa.account_id: '100000000001' is already the account of dev;"),
        ((*USUAL[:-1], "12"), "'12' is not an account id: use 12 digits"),
        ((*USUAL, "--regions", "us-east-1,eu-wst-1"), "'eu-wst-1' is not an AWS region. Did you mean 'eu-west-1'?"),
        ((*USUAL, "--regions", "us-east-1,"), "'' is not an AWS region."),
    ],
)
def test_an_environment_that_cannot_be_is_refused(
    root: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in refused(root, capsys, "add-env", *arguments)


def test_without_a_lock_to_copy_it_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "live/staging/.terraform.lock.hcl").unlink()
    message = refused(root, capsys, "add-env", *USUAL)
    assert "live/staging/.terraform.lock.hcl is missing: it pins the providers of staging." in message
