"""`meridian init` on the command line: all names change at once, or none; and only once."""

import json
from pathlib import Path

import pytest

from meridian.change import init
from meridian.cli import main
from meridian.errors import OperationFailed
from meridian.inventory.load import load_inventory
from meridian.render import write
from meridian.render.command import generate, require_current
from tests.change.conftest import INVENTORY, rendered
from tests.render.world import git, make_released

URL = "https://git.example.com/acme/shop.git"
ORIGIN = INVENTORY.replace("https://example.com/org/demo.git", init.EXAMPLE)
README = f"# Demo\n\nCome to {init.EXAMPLE}: demo-dev-greetings, demo-device, my-demo-dev, 100000000001.\n"
USUAL = ("--project", "shop", "--repository", URL, "--account", "dev=123456789012")


@pytest.fixture
def example(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A repository that still has the example's names, with a README."""
    root = rendered(tmp_path / "repository", ORIGIN, capsys)
    (root / "README.md").write_text(README, encoding="utf-8")
    return root


def everything(root: Path) -> dict[str, str]:
    """Return every file but reports and git's own."""
    files = [path for path in root.rglob("*") if path.is_file()]
    names = {path.relative_to(root).as_posix(): path for path in files}
    return {name: path.read_text("utf-8") for name, path in names.items() if not name.startswith(("out/", ".git/"))}


def run(root: Path, *arguments: str) -> int:
    """Run the command line on a repository."""
    return main(["init", *arguments, "--root", str(root)])


def test_init_replaces_every_name_of_the_example(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Inventory, live/ and README at once; words that only look like a name stay."""
    assert run(example, *USUAL) == 0
    require_current(example)
    inventory = load_inventory(example / "live/inventory.yaml")
    assert (inventory.project, inventory.repository) == ("shop", URL)
    assert inventory.environment("dev").account_id == "123456789012"
    readme = (example / "README.md").read_text(encoding="utf-8")
    assert readme == f"# Demo\n\nCome to {URL}: shop-dev-greetings, demo-device, my-demo-dev, 123456789012.\n"
    out = capsys.readouterr().out
    assert "  changed  live/dev/env.hcl\n" in out
    assert "  changed  README.md\n" in out
    assert f"git remote set-url origin {URL}" in out


@pytest.mark.parametrize(("url", "owner"), [(URL, "acme"), ("https://git.example.com/shop.git", "example-org")])
def test_code_owners_become_teams_of_the_new_owner(
    example: Path, capsys: pytest.CaptureFixture[str], url: str, owner: str
) -> None:
    """Without an owner in the URL they stay as they are."""
    (example / ".github").mkdir()
    (example / init.OWNERS).write_text("/live/ @example-org/platform\n", encoding="utf-8")
    assert run(example, *[url if word == URL else word for word in USUAL]) == 0
    assert (example / init.OWNERS).read_text(encoding="utf-8") == f"/live/ @{owner}/platform\n"
    assert (".github/CODEOWNERS names teams of the new owner" in capsys.readouterr().out) == (owner == "acme")


def test_a_second_time_is_refused(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The repository's URL shows that init has run."""
    assert run(example, *USUAL) == 0
    before = everything(example)
    assert run(example, *USUAL) == 2
    assert f"error: This is shop of {URL} already: `meridian init` runs once.\n" in capsys.readouterr().err
    assert everything(example) == before


def test_a_dry_run_writes_nothing(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report has every diff, that of the README too."""
    before = everything(example)
    assert run(example, *USUAL, "--dry-run", "--json") == 0
    assert everything(example) == before
    kept = json.loads(capsys.readouterr().out)
    assert kept["next"] == [" ".join(("meridian init", *USUAL))]
    assert kept["changes"][-1]["path"] == "README.md"
    assert kept["changes"][-1]["diff"].startswith("--- README.md\n+++ README.md (as it must be)\n")


def test_all_wrong_inputs_are_listed_at_once(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is written."""
    before = everything(example)
    wrong = ("--project", "Shop", "--repository", "git@example.com:x", "--account", "dve=1")
    assert run(example, *wrong) == 2
    err = capsys.readouterr().err
    for text in [
        "--project: 'Shop' is not a name",
        "--repository: 'git@example.com:x' is not a plain https URL",
        "--account dve=1: there is no environment 'dve'. Did you mean 'dev'?",
        "--account dev=<12 digits> is missing.",
    ]:
        assert text in err
    assert everything(example) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--repository", init.EXAMPLE), "--repository: that is the example's; give the URL of yours."),
        (("--project", "x" * 40), "Shorten the project's or the environment's name."),
        (("--account", "dev=123456789019"), "--account dev=123456789019: dev has 123456789012 already."),
        (("--account", "dev"), "dev has 123456789012 already."),
        (("--account", "qa=123456789012"), "there is no environment 'qa'"),
    ],
    ids=["the example's address", "a long name", "twice", "no id", "no such environment"],
)
def test_what_cannot_be_is_refused(
    example: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error gives the reason; the last of two options counts, but accounts add up."""
    before = everything(example)
    assert run(example, *USUAL, *arguments) == 2
    assert says in capsys.readouterr().err
    assert everything(example) == before


@pytest.mark.parametrize(
    ("account", "says"), [("dev=12", "is not an account id"), ("dev=100000000001", "is an account of the example")]
)
def test_a_wrong_account_is_refused(example: Path, account: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Twelve digits, and not those of the example."""
    assert run(example, *USUAL[:-1], account) == 2
    assert says in capsys.readouterr().err


def test_a_readme_that_is_not_text_is_refused(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, no traceback, and nothing written."""
    (example / "README.md").write_bytes(b"\xff")
    assert run(example, *USUAL) == 2
    assert "README.md is not UTF-8 text." in capsys.readouterr().err
    assert load_inventory(example / "live/inventory.yaml").repository == init.EXAMPLE


def test_accounts_are_not_shared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two environments in one account could destroy each other's resources."""
    prod = ORIGIN[ORIGIN.index("  dev:") :].replace("dev:", "prod:").replace("100000000001", "100000000002")
    root = rendered(tmp_path / "repository", ORIGIN + prod, capsys)
    assert run(root, *USUAL, "--account", "prod=123456789012") == 2
    assert "--account prod=123456789012: two environments cannot share an account." in capsys.readouterr().err


def test_a_history_without_released_commits_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Terraform fetches pinned versions from the new repository, so a copy of the files is not enough."""
    root = make_released(tmp_path / "repository", ORIGIN)
    assert generate(root=root, check=False, as_json=False) == 0
    before = everything(root)
    (root / ".git").rename(tmp_path / "history")
    git(root, "init", "--quiet")
    assert run(root, *USUAL) == 2
    assert "The commits of directory 1.0.0, store 1.0.0, web 1.0.0, web 2.0.0 are not in" in capsys.readouterr().err
    assert everything(root) == before
    (root / ".git").rename(tmp_path / "none")
    (tmp_path / "history").rename(root / ".git")
    assert run(root, *USUAL) == 0
    assert (root / "modules/releases.yaml").read_text(encoding="utf-8") == before["modules/releases.yaml"]


def test_a_readme_that_cannot_be_written_stops_all(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is staged before live/ is touched."""
    before = everything(example)
    stage = write.write_new_file

    def full(temporary: str, text: str) -> None:
        if "README" in temporary:
            raise OSError(28, "No space left on device", temporary)
        stage(temporary, text)

    monkeypatch.setattr(write, "write_new_file", full)
    with pytest.raises(OperationFailed, match=r"^README\.md: No space left on device\. Nothing was changed\.$"):
        init.init("shop", URL, ["dev=123456789012"], root=example, dry_run=False, as_json=False)
    assert everything(example) == before
