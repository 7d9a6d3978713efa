"""`generate` refuses to drop a unit that was committed, unless the inventory says that its state may stay behind."""

import re
from pathlib import Path

import pytest

from meridian.errors import CouldNotTell, UserError
from meridian.inventory.names import EXAMPLE_REPOSITORY
from meridian.render.command import generate
from tests.render.world import MINIMAL, git, make, tree, write_inventory

TWO = f"{MINIMAL}      eu-west-1: {{}}\n"
BUCKET = "s3://demo-dev-state-100000000001/live"
OTHER = """\
  qa:
    account_id: "100000000002"
    primary_region: us-east-1
    versions: working-tree
    regions: {us-east-1: {}}
"""
GONE = f'{MINIMAL}    retired: {{eu-west-1: "2026-01-31"}}\n'


def render(root: Path, inventory: str, *, check: bool = False) -> int:
    """Run `generate` with this inventory."""
    return generate(root=write_inventory(root, inventory), check=check, as_json=False)


def commit(root: Path) -> None:
    """Commit everything but reports."""
    git(root, "add", "live", "modules", "terragrunt.hcl")
    git(root, "commit", "--quiet", "-m", "feat: a change")


def refused(root: Path, inventory: str | None = None, *, check: bool = False) -> UserError:
    """Return the error of `generate`, which writes nothing."""
    if inventory is not None:
        write_inventory(root, inventory)
    before = tree(root / "live")
    with pytest.raises(UserError) as caught:
        generate(root=root, check=check, as_json=False)
    assert tree(root / "live") == before
    return caught.value


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository whose two regions and second environment are committed."""
    made = make(tmp_path / "repository", TWO + OTHER)
    git(made, "init", "--quiet", "--initial-branch=main")
    assert render(made, TWO + OTHER) == 0
    commit(made)
    return made


@pytest.mark.parametrize("check", [True, False])
def test_a_region_deleted_by_hand_is_refused(root: Path, check: bool) -> None:
    """The error has the line, the states and the command."""
    error = refused(root, MINIMAL + OTHER, check=check)
    assert error.message == (
        "live/inventory.yaml:10: environments.dev.regions: region eu-west-1 is gone; HEAD has 2 units in it. "
        f"Resources and states would stay in {BUCKET}/dev/eu-west-1 without a unit."
    )
    assert error.hint.splitlines()[1:] == [
        "  Then, to remove a region in two steps: `meridian remove-region dev eu-west-1`."
    ]


def test_a_region_goes_with_a_tombstone_or_while_it_is_retiring(root: Path) -> None:
    assert render(root, GONE + OTHER) == 0
    assert render(root, TWO.replace("eu-west-1: {}", "eu-west-1: {retiring: true}") + OTHER) == 0
    refused(root, MINIMAL + OTHER)
    assert render(root, TWO.replace("eu-west-1: {}", "eu-west-1: {retiring: true}") + OTHER) == 0
    commit(root)
    assert render(root, MINIMAL + OTHER) == 0


def test_files_deleted_by_hand_do_not_hide_it(root: Path) -> None:
    """git has them."""
    for file in (root / "live/dev/eu-west-1").rglob("*.hcl"):
        file.unlink()
    assert "region eu-west-1 is gone" in refused(root, MINIMAL + OTHER).message


def test_what_was_never_committed_may_go(root: Path) -> None:
    """A region and an environment, added and removed again."""
    more = TWO + "      eu-north-1: {}\n" + OTHER + OTHER.replace("qa", "load").replace("002", "003")
    assert render(root, more) == 0
    assert render(root, TWO + OTHER) == 0
    assert not (root / "live/dev/eu-north-1").exists()


def test_a_file_written_by_hand_is_not_ours(root: Path) -> None:
    """`generate` never writes nor deletes it, whatever git has."""
    file = root / "live/dev/eu-central-1/odd/terragrunt.hcl"
    file.parent.mkdir(parents=True)
    file.write_text("# by hand\n")
    commit(root)
    file.unlink()
    assert render(root, TWO + OTHER) == 0


@pytest.mark.parametrize(
    ("old", "new", "says", "state"),
    [
        ("100000000001", "100000000009", "environments.dev.account_id: was 100000000001 when", f"{BUCKET}/dev"),
        ("project: demo", "project: shop", ": project: was demo when", f"{BUCKET}/dev"),
        (OTHER, "", ": environments: environment qa is gone; HEAD has 4 units in it.", "2/live/qa"),
    ],
)
def test_states_that_would_be_looked_for_elsewhere(root: Path, old: str, new: str, says: str, state: str) -> None:
    """The units stay, or go with their environment; their states are in the old place either way."""
    error = refused(root, (TWO + OTHER).replace(old, new))
    assert error.message.startswith("live/inventory.yaml:")
    assert says in error.message
    assert state in error.message
    assert "`meridian destroy " in error.hint


def test_an_entry_counts_in_the_change_that_adds_it(root: Path) -> None:
    """Later it hides nothing, unless it is dated anew; an entry of today may be committed before the change."""
    moved = (TWO + OTHER).replace("100000000001", "100000000009")
    today = refused(root, moved).hint.rpartition(": `")[2].removesuffix("`")
    old = re.sub(r'"[0-9-]+"\}', '"2026-01-31"}', today)
    assert render(root, f"{moved}{old}\n") == 0
    assert render(root, f"{TWO}{OTHER}{old}\n") == 0
    commit(root)
    assert "was 100000000001" in refused(root, f"{moved}{old}\n").message
    assert render(root, f"{TWO}{OTHER}{today}\n") == 0
    commit(root)
    assert render(root, f"{moved}{today}\n") == 0


def test_one_line_records_all_that_a_change_leaves_behind(root: Path) -> None:
    """Another project moves the states of every environment."""
    moved = (TWO + OTHER).replace("project: demo", "project: shop")
    error = refused(root, moved)
    assert len(error.message.splitlines()) == 2
    assert "`meridian destroy dev`, `meridian destroy qa`" in error.hint
    entry = error.hint.rpartition(": `")[2].removesuffix("`")
    assert render(root, f"{moved}{entry}\n") == 0


def test_a_module_that_no_longer_runs(root: Path) -> None:
    """The hint is the command of the two steps; `units` in one region names the region."""
    (root / "modules/probe").rename(root / "probe")
    error = refused(root)
    assert "module probe no longer runs in" in error.message
    assert error.hint.endswith("two steps: `meridian remove-unit dev probe`, `meridian remove-unit qa probe`.")
    (root / "probe").rename(root / "modules/probe")
    error = refused(root, TWO.replace("eu-west-1: {}", "eu-west-1: {units: {web: false}}") + OTHER)
    assert error.hint.endswith("in two steps: `meridian remove-unit dev web --region eu-west-1`.")
    error = refused(root, TWO.replace("    versions", "    units: {probe: false}\n    versions") + OTHER)
    assert error.message.startswith("live/inventory.yaml:9: environments.dev.units.probe: module probe no longer runs")


def test_a_module_that_bootstrap_applies(root: Path) -> None:
    """Without the variable, Terragrunt would leave its units out and destroy nothing."""
    unit = root / "modules/probe/unit.yaml"
    text = unit.read_text().replace("placement: ", "applied_by: bootstrap\nplacement: ", 1)
    unit.write_text(text)
    inventory = (TWO + OTHER).replace("https://example.com/org", "https://github.com/org")
    with_access = inventory.replace("    versions:", "    access: {}\n    versions:")
    assert render(root, with_access) == 0
    commit(root)
    error = refused(root, inventory)
    assert "module probe no longer runs in" in error.message
    assert "&& MERIDIAN_BOOTSTRAP=1 terragrunt run --all" in error.hint


def test_main_as_last_fetched_is_a_base_too(root: Path) -> None:
    """In a pull request the units are gone from HEAD already; a tombstone there passes."""
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert render(root, GONE + OTHER) == 0
    commit(root)
    assert render(root, GONE + OTHER, check=True) == 0
    error = refused(root, MINIMAL + OTHER, check=True)
    assert "origin/main has 2 units in it" in error.message


def test_a_shallow_clone_could_not_tell(root: Path, tmp_path: Path) -> None:
    """Two branches, each without its history."""
    git(root, "switch", "--quiet", "-c", "mine")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "feat: mine")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{root}", str(clone))
    git(clone, "commit", "--quiet", "--allow-empty", "-m", "feat: more")
    with pytest.raises(CouldNotTell, match="share no commit in this clone"):
        generate(root=clone, check=True, as_json=False)
    git(clone, "fetch", "--quiet", "--unshallow", "origin")
    assert generate(root=clone, check=True, as_json=False) == 0


def test_a_fork_of_the_example_is_adopted(root: Path) -> None:
    """Nothing of the example was deployed by its owner; with the example's repository it may have been."""
    example = (TWO + OTHER).replace("https://example.com/org/demo.git", EXAMPLE_REPOSITORY)
    assert render(root, example) == 0
    commit(root)
    assert "use `meridian init`" in refused(root, example.replace("project: demo", "project: shop")).hint
    assert render(root, (TWO + OTHER).replace("project: demo", "project: shop")) == 0


@pytest.mark.parametrize("entry", ['{"dev": "2026-01-31"}', '{"s3://a/live/dev": 1}', "[]"])
def test_an_entry_that_says_nothing_is_refused(root: Path, entry: str) -> None:
    assert "retired_states" in refused(root, f"{TWO}{OTHER}retired_states: {entry}\n").message


def test_a_new_primary_region_needs_the_line_once(root: Path) -> None:
    """Both checks of `generate` accept it."""
    moved = TWO.replace("primary_region: us-east-1", "primary_region: eu-west-1") + OTHER
    line = refused(root, moved).hint.rpartition(": `")[2].removesuffix("`")
    assert render(root, f"{moved}{line}\n") == 0
    assert not (root / "live/dev/us-east-1/directory").exists()
