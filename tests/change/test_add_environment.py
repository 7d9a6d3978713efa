"""`meridian add-env` on the command line: a copy in another account, and refusals."""

import json
from pathlib import Path

import pytest

from meridian.cli import main
from meridian.inventory.load import load_inventory
from meridian.render.command import require_current
from tests.render.world import tree

LOCK = "# the lock\n"
USUAL = ("test", "--like", "dev", "--account", "100000000009")


def run(root: Path, *arguments: str) -> int:
    """Run the command line on a repository whose environment has a provider lock."""
    (root / "live/dev/.terraform.lock.hcl").write_text(LOCK, encoding="utf-8")
    return main(["add-env", *arguments, "--root", str(root)])


def test_add_env_copies_an_environment_into_another_account(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same units and provider lock; nothing else changes."""
    before = tree(repository / "live")
    assert run(repository, *USUAL) == 0
    require_current(repository)
    after = tree(repository / "live")
    assert after["test/.terraform.lock.hcl"] == LOCK
    assert after["inventory.yaml"].startswith(before["inventory.yaml"])
    assert {path for path in after if path.startswith("test/") and path.endswith("terragrunt.hcl")} == {
        path.replace("dev/", "test/") for path in before if path.endswith("terragrunt.hcl")
    }
    dev, test = load_inventory(repository / "live/inventory.yaml").environments
    assert (test.account_id, test.regions, test.versions) == ("100000000009", dev.regions, dev.versions)
    out = capsys.readouterr().out
    assert "  eu-west-1/web  " in out
    assert "  meridian bootstrap test\n" in out
    assert "Not checked: whether account 100000000009 has us-east-1, eu-west-1 enabled, " in out


def test_it_may_have_other_regions(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the copied primary region the first one given is primary, and the output says so."""
    assert run(repository, *USUAL, "--regions", "eu-central-1, eu-west-1") == 0
    made = load_inventory(repository / "live/inventory.yaml").environment("test")
    assert (made.primary_region, set(made.region_names)) == ("eu-central-1", {"eu-central-1", "eu-west-1"})
    assert "primary region eu-central-1 (the first given)\n" in capsys.readouterr().out


def test_a_dry_run_writes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its report has every diff, and the command that writes it."""
    run(repository, "x")
    before = tree(repository / "live")
    capsys.readouterr()
    assert run(repository, *USUAL, "--dry-run", "--json") == 0
    assert tree(repository / "live") == before
    kept = json.loads(capsys.readouterr().out)
    assert kept == json.loads((repository / "out/add-env.json").read_text(encoding="utf-8"))
    assert all(row["diff"] for row in kept["changes"])
    assert kept["next"] == ["meridian add-env test --like dev --account 100000000009 --regions us-east-1,eu-west-1"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("dev", *USUAL[1:]), "dev is already in live/inventory.yaml."),
        (("Test", *USUAL[1:]), "'Test' is not a name: use lowercase letters"),
        (("a" * 40, *USUAL[1:]), "Shorten the project's or the environment's name."),
        (("test", "--like", "dve", "--account", "100000000009"), "There is no environment 'dve'"),
        (("test", "--account", "100000000009"), "Which environment?"),
        (("test", "--like", "dev", "--account", "100000000001"), "100000000001 is already the account of dev;"),
        (("test", "--like", "dev", "--account", "12"), "'12' is not an account id: use 12 digits"),
        ((*USUAL, "--regions", "us-east-1,eu-wst-1"), "'eu-wst-1' is not an AWS region. Did you mean 'eu-west-1'?"),
        (
            (*USUAL, "--regions", "us-east-1,cn-north-1"),
            "us-east-1 is in partition aws, cn-north-1 is in partition aws-cn: an account belongs to one partition.",
        ),
        ((*USUAL, "--regions", "us-east-1,"), "'' is not an AWS region."),
    ],
    ids=[
        *("there already", "no name", "too long", "like no other", "like nothing", "an account in use"),
        *("no account", "no region", "another partition", "an empty region"),
    ],
)
def test_what_cannot_be_is_refused(
    repository: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error gives the reason, and nothing is written."""
    (repository / "live/dev/.terraform.lock.hcl").write_text(LOCK, encoding="utf-8")
    before = tree(repository / "live")
    assert run(repository, *arguments) == 2
    assert says in capsys.readouterr().err
    assert tree(repository / "live") == before


@pytest.mark.parametrize(
    ("kind", "says"),
    [("file", " is already there, and differs"), ("folder", ": cannot be read:"), ("link", " is a link.")],
)
def test_another_lock_in_the_way_is_refused(
    repository: Path, kind: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may have been reviewed; links are not followed, and not replaced."""
    lock = repository / "live/test/.terraform.lock.hcl"
    lock.parent.mkdir()
    if kind == "file":
        lock.write_text("# mine\n", encoding="utf-8")
    elif kind == "folder":
        lock.mkdir()
    else:
        lock.symlink_to("nowhere")
    assert run(repository, *USUAL) == 2
    assert f"live/test/.terraform.lock.hcl{says}" in capsys.readouterr().err
    assert "test" not in (repository / "live/inventory.yaml").read_text(encoding="utf-8")


def test_a_lock_that_is_not_text_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, no traceback."""
    (repository / "live/dev/.terraform.lock.hcl").write_bytes(b"\xff")
    assert main(["add-env", *USUAL, "--root", str(repository)]) == 2
    assert "live/dev/.terraform.lock.hcl: cannot be read:" in capsys.readouterr().err


def test_the_same_lock_may_be_there(repository: Path) -> None:
    """It is the one that would be written."""
    (repository / "live/test").mkdir()
    (repository / "live/test/.terraform.lock.hcl").write_text(LOCK, encoding="utf-8")
    assert run(repository, *USUAL) == 0
    require_current(repository)


def test_without_a_lock_there_is_none_to_copy(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The next `meridian generate` reports it as missing."""
    assert main(["add-env", *USUAL, "--root", str(repository)]) == 0
    assert not (repository / "live/test/.terraform.lock.hcl").exists()
