"""`meridian impact`: the units that a change touches, with the reason in words of the inventory."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from meridian.change.impact import format_units
from meridian.change.touched import OTHER_TEXT
from meridian.cli import main
from tests.change.world import INVENTORY, change, commit, generate, git, refused, released, report, write

INVENTORY_FILE = "live/inventory.yaml"
WEBS = ["dev/us-east-1/web", "prod/us-east-1/web", "staging/us-east-1/web"]


def impact(root: Path, *arguments: str) -> Any:
    """Run the command and return its report."""
    assert main(["impact", *arguments, "--root", str(root)]) == 0
    return report(root, "impact")


def reasons(root: Path, *arguments: str) -> dict[str, list[str]]:
    """Return the units by reason."""
    return {row["reason"]: row["units"] for row in impact(root, *arguments)["reasons"]}


def kinds(found: Any) -> dict[str, str]:
    """Return what happens to each unit."""
    return {row["unit"]: row["kind"] for row in found["touched"]}


def replaced(root: Path, old: str, new: str) -> None:
    """Edit the inventory."""
    change(root, INVENTORY_FILE, old, new)


def test_a_comment_touches_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replaced(root, "# The platform of the tests.", "# Another comment.")
    replaced(root, '"Half of the load is here"', '"More than half of the load"')
    assert impact(root)["touched"] == []
    assert capsys.readouterr().out.endswith("\nNo unit is touched; 8 units in all.\n")


def test_a_default_is_one_row_of_the_units_that_it_reaches(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """staging's eu-west-1 sets its own value."""
    replaced(root, "size: {small: 1}", "size: {small: 3}")
    assert reasons(root) == {"defaults.size.small: 1 -> 3": WEBS}
    out = capsys.readouterr().out
    assert "defaults.size.small: 1 -> 3\n  changed   dev: web in us-east-1\n" in out
    assert out.endswith("3 changed; 8 units in all.\n")


@pytest.mark.parametrize(
    ("old", "new", "reason", "units"),
    [
        ("{small: 2}", "{small: 4}", "staging.regions.eu-west-1.size.small: 2 -> 4", ["staging/eu-west-1/web"]),
        (
            'size: {small: 2}\n        reason: "Half of the load is here"',
            "{}",
            "staging.regions.eu-west-1.size.small: 2 -> 1 (inherited)",
            ["staging/eu-west-1/web"],
        ),
        (
            "{small: 2}",
            "{small: 2, large: 9}",
            "staging.regions.eu-west-1.size.large: default of the module (inherited) -> 9",
            ["staging/eu-west-1/web"],
        ),
        (
            "  prod:\n",
            "  prod:\n    size: {small: 8}\n    reason: It needs more of them\n",
            "prod.size.small: 1 (inherited) -> 8",
            ["prod/us-east-1/web"],
        ),
        ("protected: true", "protected: false", "prod.protected: true -> false", ["prod/us-east-1/store"]),
        (
            '"100000000001"',
            '"100000000009"',
            "dev.account_id: '100000000001' -> '100000000009'",
            ["dev/us-east-1/store", "dev/us-east-1/web"],
        ),
    ],
)
def test_a_value_reaches_its_units(root: Path, old: str, new: str, reason: str, units: list[str]) -> None:
    """An inherited value is named as such."""
    replaced(root, old, new)
    if new == "{}":
        replaced(root, "      eu-west-1:\n        {}", "      eu-west-1: {}")
    assert reasons(root) == {reason: units}


def test_protection_brings_a_module_that_is_optional_without_it(root: Path) -> None:
    for name, text in (("unit.yaml", "placement: every_region\noptional: unprotected\n"), ("variables.tf", "")):
        write(root, f"modules/alarm/{name}", text)
    write(root, "modules/alarm/outputs.tf", "")
    commit(root, "feat: alarms")
    replaced(root, "    versions: working-tree", "    protected: true\n    versions: working-tree")
    assert reasons(root)["dev.protected: not set -> true"] == ["dev/us-east-1/alarm", "dev/us-east-1/store"]


def test_an_overridden_default_is_no_reason(root: Path) -> None:
    """Only the layer that wins is named."""
    replaced(root, "size: {small: 1}", "size: {small: 3}")
    replaced(root, "{small: 2}", "{small: 4}")
    assert reasons(root)["staging.regions.eu-west-1.size.small: 2 -> 4"] == ["staging/eu-west-1/web"]
    assert reasons(root)["defaults.size.small: 1 -> 3"] == WEBS


def test_a_module_file_touches_the_working_tree(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pinned environments stay; what reads its outputs is a dependent."""
    change(root, "modules/store/main.tf", "var.name", '"${var.name}-a"')
    write(root, "modules/store/new.tf", "locals {}\n")
    write(root, "modules/web/README.md", "# Web\n")
    write(root, "modules/web/tests/a.tftest.hcl", "\n")
    found = impact(root)
    assert kinds(found) == {"dev/us-east-1/store": "changed", "dev/us-east-1/web": "dependent"}
    assert found["touched"][0]["reasons"] == ["modules/store/main.tf", "modules/store/new.tf"]
    assert found["touched"][1]["reads"] == ["dev/us-east-1/store"]
    out = capsys.readouterr().out
    assert "modules/store/main.tf\nmodules/store/new.tf\n  changed   dev: store in us-east-1\n" in out
    assert "  dependent dev: web in us-east-1 reads store\n" in out


def test_a_module_that_is_part_of_another(root: Path) -> None:
    """A file of modules/shared touches the modules that refer to it."""
    with (root / "modules/web/main.tf").open("a") as file:
        file.write('\nmodule "part" {\n  source = "../shared"\n}\n')
    write(root, "modules/shared/main.tf", "locals {}\n")
    commit(root, "feat: a shared part")
    write(root, "modules/shared/main.tf", "locals { a = 1 }\n")
    assert reasons(root) == {"modules/shared/main.tf": ["dev/us-east-1/web"]}


def test_another_example_of_an_output_makes_a_dependent(root: Path) -> None:
    """The unit's file changes in a mock only, which no apply sees."""
    change(root, "modules/store/outputs.tf", "table/EXAMPLE", "table/EXAMPLE-2")
    assert kinds(impact(root)) == {"dev/us-east-1/store": "changed", "dev/us-east-1/web": "dependent"}


def test_a_version_touches_its_unit(root: Path) -> None:
    change(root, "modules/web/main.tf", "count = 1", "count = 2")
    commit(root, "fix: two roles")
    released(root, "web", "1.0.1")
    replaced(root, "{store: 1.0.0, web: 1.0.0} # pinned", "{store: 1.0.0, web: 1.0.1} # pinned")
    assert reasons(root, "--base", "HEAD") == {
        "staging.versions.web: 1.0.0 -> 1.0.1": ["staging/eu-west-1/web", "staging/us-east-1/web"]
    }


def test_from_the_working_tree_to_versions(root: Path) -> None:
    replaced(root, "versions: working-tree", "versions: {store: 1.0.0, web: 1.0.0}")
    assert reasons(root) == {
        "dev.versions.store: working-tree -> 1.0.0": ["dev/us-east-1/store"],
        "dev.versions.web: working-tree -> 1.0.0": ["dev/us-east-1/web"],
    }


def test_root_file_and_lock(root: Path) -> None:
    """The root touches every unit, a provider lock those of its environment."""
    with (root / "terragrunt.hcl").open("a") as file:
        file.write("# older\n")
    commit(root, "chore: an older root")
    assert reasons(root)["terragrunt.hcl"] == sorted(kinds(impact(root)))
    assert len(kinds(impact(root))) == 8
    generate(root)
    commit(root, "chore: render")
    write(root, "live/prod/.terraform.lock.hcl", "# another\n")
    assert reasons(root) == {"live/prod/.terraform.lock.hcl": ["prod/us-east-1/store", "prod/us-east-1/web"]}


def test_a_rendered_file_that_differs_is_never_missed(root: Path) -> None:
    """The committed file was not what its inventory renders."""
    change(root, "live/dev/us-east-1/web/terragrunt.hcl", "small = 1", "small = 5")
    commit(root, "chore: edited by hand")
    assert reasons(root) == {OTHER_TEXT: ["dev/us-east-1/web"]}


def test_units_come_and_go(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A region is one row; its units read each other, and none is a dependent."""
    text = INVENTORY.replace("      us-east-1: {}\n  staging", "      us-east-1: {}\n      eu-west-3: {}\n  staging")
    start, end = text.index("      eu-west-1:\n"), text.index("  prod:\n")
    write(root, INVENTORY_FILE, text[:start] + text[end:])
    found = impact(root)
    assert kinds(found) == {
        "dev/eu-west-3/store": "added",
        "dev/eu-west-3/web": "added",
        "staging/eu-west-1/store": "removed",
        "staging/eu-west-1/web": "removed",
    }
    out = capsys.readouterr().out
    assert "dev.regions.eu-west-3: added\n  added     dev: store, web in eu-west-3\n" in out
    assert "staging.regions.eu-west-1: removed\n  removed   staging: store, web in eu-west-1\n" in out


def test_a_unit_that_others_depend_on_is_deleted(root: Path) -> None:
    """Who read it before is known from git: it is touched itself, and names the deleted unit."""
    shutil.rmtree(root / "modules/store")
    change(root, "modules/web/unit.yaml", "needs: {store: same_region}\n", "")
    change(root, "modules/web/unit.yaml", "  store: {output: store.arn}\n", "")
    change(root, "modules/web/variables.tf", '\nvariable "store" {\n  type = string\n}\n', "")
    found = impact(root)
    assert kinds(found) == {"dev/us-east-1/store": "removed", "dev/us-east-1/web": "changed"}
    assert found["touched"][0]["reasons"] == ["modules/store/unit.yaml"]
    assert found["touched"][1]["reasons"] == ["modules/web/unit.yaml", "modules/web/variables.tf"]
    assert found["touched"][1]["reads"] == ["dev/us-east-1/store"]


def test_an_environment_comes(root: Path) -> None:
    dev = INVENTORY[INVENTORY.index("  dev:\n") : INVENTORY.index("  staging:\n")]
    qa = dev.replace("dev:", "qa:").replace("100000000001", "100000000004")
    write(root, INVENTORY_FILE, INVENTORY + qa)
    assert reasons(root) == {"qa: added": ["qa/us-east-1/store", "qa/us-east-1/web"]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("size: {small: 1}", "size: {small: 1, large: 2}"),
        ("protected: true", "protected: false"),
        ("{small: 2}", "{small: 1}"),
        ('"Half of the load is here"\n', '"Half of the load is here"\n      us-west-2: {}\n'),
    ],
)
def test_it_names_exactly_what_generate_would_write(root: Path, old: str, new: str) -> None:
    replaced(root, old, new)
    touched = {unit for unit, kind in kinds(impact(root)).items() if kind != "dependent"}
    main(["generate", "--check", "--root", str(root)])
    files = [row["path"] for row in report(root, "generate")["changes"]]
    assert touched == {path[5:-15] for path in files if path.count("/") == 4}


def test_the_base_is_where_head_left_it(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What main got meanwhile is not part of the change."""
    assert impact(root)["base"]["revision"] == "main"
    git(root, "switch", "--quiet", "-c", "mine")
    replaced(root, "{small: 2}", "{small: 4}")
    generate(root)
    commit(root, "feat: mine")
    git(root, "switch", "--quiet", "main")
    replaced(root, "size: {small: 1}", "size: {small: 3}")
    generate(root)
    commit(root, "feat: theirs")
    git(root, "update-ref", "refs/remotes/origin/main", "main")
    git(root, "switch", "--quiet", "mine")
    found = impact(root)
    assert found["base"] == {"revision": "origin/main", "commit": git(root, "rev-parse", "mine~1")}
    assert kinds(found) == {"staging/eu-west-1/web": "changed"}
    assert impact(root, "--base", "HEAD")["touched"] == []
    git(root, "branch", "--quiet", "-D", "main")
    git(root, "update-ref", "-d", "refs/remotes/origin/main")
    assert impact(root)["base"]["revision"] == "HEAD"


def test_an_unknown_revision_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("nowhere", "--output=x"):
        assert f"no revision {name!r}" in refused(root, capsys, "impact", f"--base={name}")
    assert report(root, "impact")["verdict"] == "usage"


def test_a_base_that_cannot_be_read_is_not_green(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken inventory, no commit, no common history."""
    write(root, INVENTORY_FILE, "environments: [\n")
    commit(root, "chore: broken")
    write(root, INVENTORY_FILE, INVENTORY)
    assert main(["impact", "--root", str(root)]) == 3
    assert "live/inventory.yaml:2: is not YAML" in capsys.readouterr().err
    commit(root, "fix: whole again")
    git(root, "switch", "--quiet", "--orphan", "other")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "chore: begin")
    git(root, "checkout", "--quiet", "main", "--", ".")
    write(root, INVENTORY_FILE, INVENTORY)
    assert main(["impact", "--base", "main", "--root", str(root)]) == 3
    assert "main and HEAD share no commit in this clone." in capsys.readouterr().err
    os.rename(root / ".git", root / ".old")  # noqa: PTH104
    git(root, "init", "--quiet")
    assert main(["impact", "--root", str(root)]) == 3
    assert "no commit to compare with" in capsys.readouterr().err
    assert report(root, "impact")["verdict"] == "unknown"


def test_units_are_named_in_few_lines() -> None:
    units = [f"dev/r{number}/{module}" for module in ("a", "b") for number in range(5)]
    assert format_units([*units, "dev/r1/c", "qa/r1/a"]) == ["dev: a, b in 5 regions", "dev: c in r1", "qa: a in r1"]
