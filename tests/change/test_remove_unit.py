"""`meridian remove-unit`: a module leaves an environment or a region in two steps, as a region does."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from meridian.cli import main
from meridian.render.command import require_current
from tests.change.test_remove_region import Bucket
from tests.change.world import INVENTORY, change, commit, files, generate, refused, report, write

KEY = "live/staging/eu-west-1/alarm/terraform.tfstate"
ALARM = {
    "unit.yaml": "placement: every_region\noptional: true\ninputs: {keep: {protected: true, otherwise: false}}\n",
    "variables.tf": 'variable "keep" {\n  type = bool\n}\n',
    "outputs.tf": "",
    "main.tf": "",
}
ROLES = {
    "unit.yaml": "placement: primary_region\napplied_by: bootstrap\ninputs: {rights: {environment: rights}}\n",
    "variables.tf": 'variable "rights" {\n  type = any\n}\n',
    "outputs.tf": "",
    "main.tf": "",
}
USES = {
    "dev": ("    versions: working-tree # what is checked out\n", "    units: {alarm: true}\n"),
}


def today() -> str:
    """Return the date of a tombstone; a run of the tests may last beyond midnight."""
    return datetime.now(UTC).date().isoformat()


@pytest.fixture
def alarm(root: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a repository in which dev has the optional module `alarm`, committed."""
    for name, text in ALARM.items():
        write(root, f"modules/alarm/{name}", text)
    line, more = USES["dev"]
    change(root, "live/inventory.yaml", line, line + more)
    change(root, "live/inventory.yaml", "      us-east-1: {}\n", "      us-east-1: {}\n      eu-west-1: {}\n")
    generate(root)
    commit(root, "feat: alarm")
    capsys.readouterr()
    return root


def run(root: Path, *arguments: str) -> int:
    """Run the command in a repository."""
    return main(["remove-unit", *arguments, "--root", str(root)])


def inventory(root: Path) -> str:
    """Return the text of the inventory."""
    return (root / "live/inventory.yaml").read_text(encoding="utf-8")


def test_a_module_leaves_an_environment_in_two_steps(alarm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An optional module is off without a word; its states have a tombstone, so that `generate` lets the units go."""
    assert run(alarm, "dev", "alarm", "--target", "local") == 0
    assert "    units: {alarm: retiring}\n" in inventory(alarm)
    out = capsys.readouterr().out
    assert out.startswith("Step 1 of 2: mark alarm in dev as retiring. Nothing is destroyed yet.\n")
    assert out.endswith(
        '  eval "$(meridian env dev --target local)"\n'
        "  terragrunt run --all --working-dir live/dev --filter './*/alarm' -- destroy\n"
        "  meridian remove-unit dev alarm --target local\n"
    )
    assert (alarm / "live/dev/us-east-1/alarm/terragrunt.hcl").exists()
    assert run(alarm, "dev", "alarm", "--target", "local", "--without-state-check") == 0
    assert capsys.readouterr().out.endswith("\n  meridian plan dev --target local\n")
    assert "units" not in inventory(alarm)
    tomb = f'retired_states: {{"s3://demo-dev-state-100000000001/live/dev/*/alarm": "{today()}"}}'
    assert inventory(alarm).rstrip().endswith(tomb)
    assert not (alarm / "live/dev/us-east-1/alarm").exists()
    require_current(alarm)
    assert main(["generate", "--check", "--root", str(alarm)]) == 0
    commit(alarm, "feat: without alarm")
    change(alarm, "modules/alarm/unit.yaml", "optional: true\n", "")
    assert main(["generate", "--check", "--root", str(alarm)]) == 1


def test_roles_that_had_rights_on_it_lose_them_last(alarm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person applies them: before the destroy, the role that destroys would lose what it needs."""
    for name, text in ROLES.items():
        write(alarm, f"modules/roles/{name}", text)
    rights = "rights: [{service: cloudwatch, apply: [DeleteAlarms]}]\n"
    change(alarm, "modules/alarm/unit.yaml", "optional: true\n", f"optional: true\n{rights}")
    change(alarm, "live/inventory.yaml", "https://example.com/", "https://github.com/")
    change(alarm, "live/inventory.yaml", "    units: {alarm: true}\n", "    units: {alarm: true}\n    access: {}\n")
    generate(alarm)
    capsys.readouterr()
    assert run(alarm, "dev", "alarm", "--target", "local") == 0
    assert "meridian bootstrap" not in capsys.readouterr().out
    assert run(alarm, "dev", "alarm", "--target", "local", "--without-state-check") == 0
    ends = "\n  meridian bootstrap dev --target local\n  meridian plan dev --target local\n"
    assert capsys.readouterr().out.endswith(ends)


def test_a_module_leaves_one_region(alarm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(alarm, "dev", "alarm", "--region", "eu-west-1") == 0
    assert "      eu-west-1: {units: {alarm: retiring}}\n" in inventory(alarm)
    assert "--filter './eu-west-1/alarm' -- destroy" in capsys.readouterr().out
    assert run(alarm, "dev", "alarm", "--region", "eu-west-1", "--without-state-check") == 0
    assert "      eu-west-1: {units: {alarm: false}}\n" in inventory(alarm)
    assert (alarm / "live/dev/us-east-1/alarm").exists()
    assert not (alarm / "live/dev/eu-west-1/alarm").exists()
    assert main(["generate", "--check", "--root", str(alarm)]) == 0


def test_regions_that_switch_it_on_alone_are_marked_alone(alarm: Path) -> None:
    """The other regions stay off in both steps."""
    change(alarm, "live/inventory.yaml", "    units: {alarm: true}\n", "")
    change(alarm, "live/inventory.yaml", "eu-west-1: {}", "eu-west-1: {units: {alarm: true}}")
    change(
        alarm,
        "live/inventory.yaml",
        "defaults:",
        f'retired_states: {{"s3://demo-dev-state-100000000001/live/dev/*/alarm": "{today()}"}}\ndefaults:',
    )
    generate(alarm)
    before = inventory(alarm)
    assert run(alarm, "dev", "alarm") == 0
    assert inventory(alarm) == before.replace("{alarm: true}", "{alarm: retiring}")
    assert run(alarm, "dev", "alarm", "--without-state-check") == 0
    assert "alarm: " not in inventory(alarm)
    assert not list((alarm / "live/dev").glob("*/alarm"))


@pytest.mark.parametrize(("setting", "stays"), [("", False), ("size: {small: 2}", True)])
@pytest.mark.parametrize("region", [False, True])
def test_a_reason_goes_with_the_last_difference(alarm: Path, setting: str, stays: bool, region: bool) -> None:
    """One that explains a setting stays."""
    change(alarm, "live/inventory.yaml", "    units: {alarm: true}\n", "")
    keys = ["units: {alarm: true}", "reason: While it is tried.", *([setting] if setting else [])]
    if region:
        tomb = f'retired_states: {{"s3://demo-dev-state-100000000001/live/dev/*/alarm": "{today()}"}}\n'
        change(alarm, "live/inventory.yaml", "defaults:", f"{tomb}defaults:")
        lines = "".join(f"        {key}\n" for key in keys)
        change(alarm, "live/inventory.yaml", "eu-west-1: {}\n", f"eu-west-1:\n{lines}")
    else:
        lines = "".join(f"    {key}\n" for key in keys)
        change(alarm, "live/inventory.yaml", "    versions: working-tree", f"{lines}    versions: working-tree")
    generate(alarm)
    assert run(alarm, "dev", "alarm") == 0
    assert "While it is tried." in inventory(alarm)
    assert run(alarm, "dev", "alarm", "--without-state-check") == 0
    assert ("While it is tried." in inventory(alarm)) is stays
    assert "alarm: " not in inventory(alarm)


def test_a_module_that_is_on_by_default_stays_off(alarm: Path) -> None:
    """`false` stays, with or without a version, so that a promotion does not bring it back."""
    assert run(alarm, "staging", "web") == 0
    assert run(alarm, "staging", "web", "--without-state-check") == 0
    assert "    units: {web: false}\n" in inventory(alarm)
    change(alarm, "live/inventory.yaml", "{store: 1.0.0, web: 1.0.0} # pinned", "{store: 1.0.0}")
    for line in ("        size: {small: 2}\n", '        reason: "Half of the load is here"\n'):
        change(alarm, "live/inventory.yaml", line, "")
    change(alarm, "live/inventory.yaml", "      eu-west-1:\n", "      eu-west-1: {}\n")
    assert main(["generate", "--check", "--root", str(alarm)]) == 0
    assert main(["versions", "--root", str(alarm)]) == 0
    assert main(["parity", "--root", str(alarm)]) == 1
    undeclared = report(alarm, "parity")["undeclared"]
    assert [one["subject"] for one in undeclared] == ["web version"]


def test_a_module_for_protected_environments_stays_off_there(alarm: Path) -> None:
    """`false` stays, as for a module that is on by default."""
    change(alarm, "modules/alarm/unit.yaml", "optional: true", "optional: unprotected")
    change(alarm, "live/inventory.yaml", "    units: {alarm: true}\n", "    protected: true\n")
    generate(alarm)
    assert run(alarm, "dev", "alarm") == 0
    assert run(alarm, "dev", "alarm", "--without-state-check") == 0
    assert "    units: {alarm: false}\n" in inventory(alarm)
    assert not (alarm / "live/dev/us-east-1/alarm").exists()


def test_the_protection_is_lifted(alarm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a protected environment nothing that holds data could be destroyed otherwise."""
    assert "deletion_protection = true" in files(alarm)["live/prod/us-east-1/store/terragrunt.hcl"]
    assert "error: " in refused(alarm, capsys, "remove-unit", "prod", "store")
    assert run(alarm, "prod", "web") == 0
    assert run(alarm, "prod", "store") == 0
    assert "deletion_protection = false" in files(alarm)["live/prod/us-east-1/store/terragrunt.hcl"]
    assert "  meridian apply prod --target aws\n" in capsys.readouterr().out
    assert main(["impact", "--root", str(alarm)]) == 0
    rows = {one["reason"]: one["units"] for one in report(alarm, "impact")["reasons"]}
    assert rows["prod.units.store: not set -> retiring"] == ["prod/us-east-1/store"]


def test_step_2_reads_the_states_of_the_module_alone(
    alarm: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A resource that is left keeps the module."""
    assert run(alarm, "staging", "web", "--region", "eu-west-1") == 0
    bucket = Bucket(alarm, monkeypatch)
    key = "live/staging/eu-west-1/web/terraform.tfstate"
    bucket.stubber.add_response(
        "list_objects_v2",
        {"IsTruncated": False, "Contents": [{"Key": key}]},
        {"Prefix": "live/staging/eu-west-1/web/", **bucket.where},
    )
    left = {"mode": "managed", "type": "aws_sqs_queue", "name": "it", "instances": [{}]}
    bucket.gives(key, {"version": 4, "resources": [left]})
    before = files(alarm)
    capsys.readouterr()
    assert run(alarm, "staging", "web", "--region", "eu-west-1") == 1
    assert capsys.readouterr().out.startswith("FAIL  eu-west-1/web  1 resource(s) left: aws_sqs_queue.it\n")
    assert files(alarm) == before
    assert report(alarm, "remove-unit")["left"] == [{"unit": "eu-west-1/web", "addresses": ["aws_sqs_queue.it"]}]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("dev", "alarn"), "dev has no module 'alarn'."),
        (("dev",), "Which module?\n  dev has alarm, store, web.\n"),
        (
            ("dev", "alarm", "--region", "eu-west-2"),
            "alarm has no unit in 'eu-west-2' of dev. Did you mean 'eu-west-1'",
        ),
        (("dev", "alarm", "--without-state-check"), "alarm is not retiring in dev: the first step reads no state."),
        (("dev", "store"), "live/inventory.yaml:"),
        (("dev", "alarm", "--target", "moon"), "There is no target 'moon'."),
    ],
)
def test_what_cannot_be_removed_is_refused(
    alarm: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"error: {says}" in refused(alarm, capsys, "remove-unit", *arguments)


def test_a_new_environment_has_no_retiring_units(alarm: Path) -> None:
    assert run(alarm, "dev", "alarm") == 0
    assert main(["add-env", "qa", "--like", "dev", "--account", "100000000009", "--root", str(alarm)]) == 0
    assert inventory(alarm).count("{alarm: false}") == 1
    assert not (alarm / "live/qa/us-east-1/alarm").exists()


def test_the_world_has_no_units() -> None:
    """The tests above would prove nothing otherwise."""
    assert "units" not in INVENTORY
