"""`meridian promote` on the command line: the changes, the output, and refusals."""

import difflib
from pathlib import Path

import pytest

from meridian.cli import main
from tests.change.world import LOCK, change, commit, files, generate, refused, released, report, write

WEB = "s3://demo-staging-state-100000000002/live/staging/*/web"


@pytest.fixture
def ahead(root: Path) -> Path:
    """Return a repository in which dev runs web 1.1.0, released, with another provider."""
    change(root, "modules/web/variables.tf", "optional(number, 5) }", "optional(number, 5), huge = optional(bool) }")
    commit(root, "feat: a huge size")
    released(root, "web", "1.1.0")
    write(root, "live/dev/.terraform.lock.hcl", LOCK.format(version="5.1.0"))
    generate(root)
    return root


def run(root: Path, *arguments: str) -> int:
    """Run the command in a repository."""
    return main(["promote", *arguments, "--root", str(root)])


def edited(before: dict[str, str], after: dict[str, str], path: str) -> list[str]:
    """Return the removed and added lines."""
    lines = difflib.unified_diff(before[path].splitlines(), after[path].splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def test_the_working_tree_is_promoted_as_the_release_it_is(ahead: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Inventory, provider lock and units change together; nothing else in the inventory does."""
    before = files(ahead)
    assert run(ahead, "dev", "staging") == 0
    after = files(ahead)
    assert edited(before, after, "live/inventory.yaml") == [
        "-    versions: {store: 1.0.0, web: 1.0.0} # pinned",
        "+    versions: {store: 1.0.0, web: 1.1.0} # pinned",
    ]
    assert sorted(path for path in after if after[path] != before[path]) == [
        "live/inventory.yaml",
        "live/staging/.terraform.lock.hcl",
        "live/staging/eu-west-1/web/terragrunt.hcl",
        "live/staging/us-east-1/web/terragrunt.hcl",
    ]
    assert after["live/staging/.terraform.lock.hcl"] == after["live/dev/.terraform.lock.hcl"]
    assert main(["generate", "--check", "--root", str(ahead)]) == 0
    out = capsys.readouterr().out
    assert "web 1.0.0 -> 1.1.0\n  commits added:\n" in out
    assert "feat: a huge size\n  inputs and outputs:\n    input 'size': attribute 'huge' is new and optional\n" in out
    assert "# web 1.1.0" in out
    assert "Files:\n  changed  live/staging/.terraform.lock.hcl\n  changed  live/inventory.yaml\n" in out
    (move,) = report(ahead, "promote")["modules"]
    assert (move["module"], move["before"], move["after"], len(move["commits"])) == ("web", "1.0.0", "1.1.0", 1)
    assert run(ahead, "dev", "staging") == 0
    assert files(ahead) == after
    assert "Nothing to do: staging has these versions already." in capsys.readouterr().out
    assert run(ahead, "staging", "prod") == 0
    assert edited(after, files(ahead), "live/inventory.yaml") == ["-      web: 1.0.0", "+      web: 1.1.0"]


def test_a_dry_run_shows_it_and_writes_nothing(ahead: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(ahead)
    assert run(ahead, "dev", "staging", "--dry-run") == 0
    assert files(ahead) == before
    assert "Files that would change (dry run, nothing was written):\n" in capsys.readouterr().out
    assert report(ahead, "promote")["dry_run"] is True


def test_one_module_alone_leaves_the_provider_lock(ahead: Path) -> None:
    before = files(ahead)
    assert run(ahead, "dev", "staging", "--module", "web") == 0
    after = files(ahead)
    assert after["live/staging/.terraform.lock.hcl"] == before["live/staging/.terraform.lock.hcl"]
    assert run(ahead, "dev", "staging") == 0
    assert report(ahead, "promote")["modules"] == []
    assert [row["path"] for row in report(ahead, "promote")["changes"]] == ["live/staging/.terraform.lock.hcl"]


def test_a_module_that_one_of_them_lacks(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is added to the target; the target keeps a module that the source lacks."""
    change(root, "live/inventory.yaml", "{store: 1.0.0, web: 1.0.0} # pinned", "{store: 1.0.0} # pinned")
    change(root, "live/inventory.yaml", '\n        size: {small: 2}\n        reason: "Half of the load is here"', " {}")
    change(root, "live/inventory.yaml", "defaults:", f"retired_states: {{{WEB}: '2026-01-31'}}\ndefaults:")
    generate(root)
    assert run(root, "staging", "prod") == 0
    assert "note: web stays as it is in prod: staging does not have it." in capsys.readouterr().err
    message = refused(root, capsys, "promote", "staging", "prod", "--module", "web")
    assert "staging has no module 'web'.\n  It goes there first: `meridian promote dev staging --module web`" in message
    assert run(root, "dev", "staging") == 0
    assert "    versions: {store: 1.0.0, web: 1.0.0} # pinned\n" in (root / "live/inventory.yaml").read_text()
    assert (root / "live/staging/eu-west-1/web/terragrunt.hcl").is_file()


def test_what_is_not_released_is_named_with_its_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(root, "modules/web/outputs.tf", 'output "url"', 'output "address"')
    commit(root, "feat!: another name")
    generate(root)
    message = refused(root, capsys, "promote", "dev", "staging")
    assert "web: the working tree is not a release (unreleased changes).\n" in message
    assert "First: `meridian release web 2.0.0`" in message
    assert run(root, "dev", "staging", "--module", "store") == 0


def test_uncommitted_and_unreleased_modules_have_their_own_hints(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("unit.yaml", "placement: every_region\n"), ("variables.tf", ""), ("outputs.tf", "")):
        write(root, f"modules/alarm/{name}", text)
    commit(root, "feat: alarms")
    write(root, "modules/web/new.tf", "")
    generate(root)
    message = refused(root, capsys, "promote", "dev", "staging")
    assert "alarm: the working tree is not a release (never released).\nweb: the working" in message
    assert "`meridian release alarm 1.0.0`; commit modules/web, then `meridian release web VERSION`" in message


def test_a_module_that_is_off_and_unreleased_stops_nothing(root: Path) -> None:
    """An optional module that nobody switched on has nothing to promote."""
    text = "placement: every_region\noptional: true\n"
    for name, content in (("unit.yaml", text), ("variables.tf", ""), ("outputs.tf", "")):
        write(root, f"modules/alarm/{name}", content)
    commit(root, "feat: alarms")
    generate(root)
    assert run(root, "dev", "staging") == 0
    assert "alarm" not in (root / "live/inventory.yaml").read_text(encoding="utf-8")


def test_a_module_for_protected_environments_comes_with_its_version(root: Path) -> None:
    """Before, prod has no unit of it; staging gets the version and still no unit; `units` switch it off."""
    text = "placement: every_region\noptional: unprotected\n"
    for name, content in (("unit.yaml", text), ("variables.tf", ""), ("outputs.tf", "")):
        write(root, f"modules/alarm/{name}", content)
    commit(root, "feat: alarms")
    released(root, "alarm", "1.0.0")
    generate(root)
    assert not list((root / "live").glob("*/*/alarm"))
    assert run(root, "dev", "staging") == 0
    assert "    versions: {store: 1.0.0, web: 1.0.0, alarm: 1.0.0} # pinned\n" in files(root)["live/inventory.yaml"]
    assert not list((root / "live").glob("*/*/alarm"))
    assert run(root, "staging", "prod") == 0
    assert [file.parts[-3] for file in (root / "live").glob("*/*/alarm")] == ["prod"]
    change(root, "live/inventory.yaml", "    protected: true\n", "    protected: true\n    units: {alarm: false}\n")
    generate(root)
    assert not list((root / "live").glob("*/*/alarm"))


def test_a_module_only_in_prod_is_promoted_without_a_unit_on_the_way(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is optional: each environment without a unit says how to get one, and prod asks for it."""
    text = "placement: every_region\noptional: true\n"
    for name, content in (("unit.yaml", text), ("variables.tf", ""), ("outputs.tf", "")):
        write(root, f"modules/alarm/{name}", content)
    commit(root, "feat: alarms")
    released(root, "alarm", "1.0.0")
    generate(root)
    for source, target in (("dev", "staging"), ("staging", "prod")):
        assert run(root, source, target, "--module", "alarm") == 0
        note = f"note: alarm has no unit in {target} until `units: {{alarm: true}}` asks for it there."
        assert note in capsys.readouterr().err
    change(root, "live/inventory.yaml", "    protected: true\n", "    protected: true\n    units: {alarm: true}\n")
    generate(root)
    assert {path.split("/")[1] for path in files(root) if path.endswith("/alarm/terragrunt.hcl")} == {"prod"}
    assert run(root, "staging", "prod", "--module", "alarm") == 0
    assert "has no unit" not in capsys.readouterr().err


def test_a_version_that_does_not_fit_changes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Staging sets size.small, which the new version does not know."""
    change(root, "modules/web/variables.tf", "small = number, ", "")
    change(root, "modules/web/variables.tf", "{ small = 1 }", "{}")
    commit(root, "feat!: no small size")
    released(root, "web", "2.0.0")
    change(root, "live/inventory.yaml", "defaults:\n  size: {small: 1}", "defaults:\n  size: {small: 1, large: 1}")
    generate(root)
    assert "environments.staging.regions.eu-west-1.size.small: web 2.0.0: " in refused(
        root, capsys, "promote", "dev", "staging"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("staging", "dev"), "staging is not just before dev: versions go dev -> staging -> prod.\n  To go back: `mer"),
        (("dev", "prod"), "One step at a time, so that no environment leads: `meridian promote staging prod`"),
        (("dev", "prod", "--module", "web"), "no environment leads: `meridian promote staging prod --module web`"),
        (("dev", "stagin"), "There is no environment 'stagin'"),
        (("dev", "staging", "--module", "wbe"), "dev has no module 'wbe'.\n  Did you mean 'web'?"),
    ],
)
def test_what_cannot_be_promoted(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert message in refused(root, capsys, "promote", *arguments)


def test_an_environment_on_the_working_tree_accepts_no_versions(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(root, "live/inventory.yaml", "{store: 1.0.0, web: 1.0.0} # pinned", "working-tree")
    generate(root)
    assert "staging runs the working tree" in refused(root, capsys, "promote", "dev", "staging")


def test_promotion_never_goes_back(ahead: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(ahead, "dev", "staging") == 0
    assert run(ahead, "staging", "prod") == 0
    assert main(["rollback", "staging", "web", "1.0.0", "--root", str(ahead)]) == 0
    message = refused(ahead, capsys, "promote", "staging", "prod")
    assert "prod has web 1.1.0 already, which is later than 1.0.0." in message
    assert "meridian rollback prod web 1.0.0" in message


def test_a_lock_that_is_missing_or_a_link_is_refused(ahead: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = ahead / "live/dev/.terraform.lock.hcl"
    lock.unlink()
    message = refused(ahead, capsys, "promote", "dev", "staging")
    assert "live/dev/.terraform.lock.hcl is missing: it pins the providers of dev." in message
    lock.symlink_to(ahead / "live/prod/.terraform.lock.hcl")
    assert "live/dev/.terraform.lock.hcl is a link." in refused(ahead, capsys, "promote", "dev", "staging")
