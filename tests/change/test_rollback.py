"""`meridian rollback` on the command line: the changes, and refusals."""

from pathlib import Path

import pytest

from meridian.cli import main
from tests.change.world import change, commit, files, generate, refused, released, report


@pytest.fixture
def moved(root: Path) -> Path:
    """Return a repository in which staging runs web 2.0.0 and store 2.0.0, each inside its module another one."""
    change(root, "modules/web/main.tf", "function_name", "name")
    change(root, "modules/store/main.tf", "name =", "hash_key =")
    commit(root, "feat: inside both")
    released(root, "web", "2.0.0")
    released(root, "store", "2.0.0")
    assert main(["promote", "dev", "staging", "--root", str(root)]) == 0
    return root


def run(root: Path, *arguments: str) -> int:
    """Run the command in a repository."""
    return main(["rollback", *arguments, "--root", str(root)])


def test_rollback_restores_the_same_bytes(root: Path, moved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(moved)
    assert run(moved, "staging", "web", "1.0.0") == 0
    after = files(moved)
    assert "{store: 2.0.0, web: 1.0.0} # pinned" in after["live/inventory.yaml"]
    assert [path for path in after if after[path] != before[path]] == [
        "live/inventory.yaml",
        "live/staging/eu-west-1/web/terragrunt.hcl",
        "live/staging/us-east-1/web/terragrunt.hcl",
    ]
    out = capsys.readouterr().out
    assert "web 2.0.0 -> 1.0.0\n  commits removed:\n" in out
    assert "feat: inside both\n  inputs and outputs:\n    unchanged\n" in out
    assert main(["generate", "--check", "--root", str(moved)]) == 0
    assert main(["promote", "dev", "staging", "--root", str(moved)]) == 0
    assert files(moved) == before


def test_a_dry_run_writes_nothing(moved: Path) -> None:
    before = files(moved)
    assert run(moved, "staging", "web", "1.0.0", "--dry-run", "--json") == 0
    assert files(moved) == before
    kept = report(moved, "rollback")
    assert (kept["environment"], kept["dry_run"], len(kept["changes"])) == ("staging", True, 3)
    assert "# web 1.0.0" in kept["changes"][1]["diff"]


def test_a_module_that_holds_data_never_crosses_a_major(moved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(moved, capsys, "rollback", "staging", "store", "1.0.0")
    assert "store 2.0.0 -> 1.0.0 crosses a major version" in message
    assert "holds data (aws_dynamodb_table.it, aws_kms_key.it)" in message
    assert "Go forward instead" in message


def test_a_module_that_holds_data_may_go_back_within_a_major(moved: Path) -> None:
    change(moved, "modules/store/main.tf", "hash_key =", "range_key =")
    commit(moved, "fix: inside")
    released(moved, "store", "2.0.1")
    generate(moved)
    assert main(["promote", "dev", "staging", "--root", str(moved)]) == 0
    assert run(moved, "staging", "store", "2.0.0") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("staging", "web", "2.0.0"), "web 2.0.0 is not earlier than 2.0.0, which staging has."),
        (("prod", "web", "2.0.0"), "web 2.0.0 is not earlier than 1.0.0, which prod has."),
        (("staging", "web", "0.1.0"), "web 0.1.0 is not in modules/releases.yaml. Released: 1.0.0, 2.0.0."),
        (("staging", "wbe", "1.0.0"), "staging has no module 'wbe'.\n  Did you mean 'web'?"),
        (("dev", "web", "1.0.0"), "dev runs the working tree, so it has no version to roll back."),
        (("stage", "web", "1.0.0"), "There is no environment 'stage'"),
    ],
)
def test_what_cannot_go_back(
    moved: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert message in refused(moved, capsys, "rollback", *arguments)
