"""Modules that are not everywhere: `units` in the inventory, optional modules, optional needs."""

from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.render.command import generate, render_inventory
from tests.render.world import MINIMAL, make, write_inventory

TWO = f"{MINIMAL}      eu-west-1: {{}}\n"
QUEUE = {
    "unit.yaml": "placement: every_region\noptional: true\ninputs: {rate: {setting: rate}}\n",
    "variables.tf": 'variable "rate" {\n  type = number\n}\n',
    "outputs.tf": 'output "arn" {\n  description = "The queue, e.g. arn:aws:sqs:us-east-1:1:EXAMPLE."\n}\n',
}
SENDER = {
    "unit.yaml": """\
placement: every_region
needs:
  queue: {placement: same_region, optional: true}
inputs:
  queue: {output: queue.arn}
  targets: [{output: queue.arn}]
""",
    "variables.tf": 'variable "queue" {\n  type = string\n}\n\nvariable "targets" {\n  type = list(string)\n}\n',
    "outputs.tf": "",
}
UNITS = "    versions: working-tree\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with an optional queue, and a sender that may use it."""
    made = make(tmp_path / "repository", TWO)
    for module, files in (("queue", QUEUE), ("sender", SENDER)):
        (made / "modules" / module).mkdir()
        for name, text in files.items():
            (made / "modules" / module / name).write_text(text, encoding="utf-8")
    return made


def with_units(text: str, value: str, *, region: str = "") -> str:
    """Return an inventory with `units` in dev, or in a region of it."""
    if region:
        return text.replace(f"{region}: {{}}", f"{region}: {{units: {value}}}")
    return text.replace(UNITS, f"{UNITS}    units: {value}\n")


def units(root: Path, text: str, module: str) -> list[str]:
    """Return the regions in which a module has a unit; the text of the whole tree is rendered."""
    found = [path.split("/") for path in render_inventory(root, text).files if path.count("/") == 4]
    return sorted(parts[2] for parts in found if parts[3] == module)


def refused(root: Path, text: str) -> str:
    """Return the message of the error."""
    with pytest.raises(UserError) as caught:
        render_inventory(root, text)
    return caught.value.message


RATED = TWO.replace("defaults:", "defaults:\n  rate: 5")


@pytest.mark.parametrize(
    ("environment", "region", "where"),
    [
        ("", "", []),
        ("{queue: true}", "", ["eu-west-1", "us-east-1"]),
        ("{queue: true}", "{queue: false}", ["us-east-1"]),
        ("{queue: false}", "{queue: true}", ["eu-west-1"]),
        ("", "{queue: true}", ["eu-west-1"]),
        ("{queue: retiring}", "", ["eu-west-1", "us-east-1"]),
    ],
)
def test_the_region_wins_over_the_environment(root: Path, environment: str, region: str, where: list[str]) -> None:
    text = with_units(RATED, environment) if environment else RATED
    text = with_units(text, region, region="eu-west-1") if region else text
    assert units(root, text, "queue") == where


def test_a_module_is_on_unless_it_is_optional(root: Path) -> None:
    assert units(root, TWO, "probe") == ["us-east-1"]
    assert units(root, with_units(TWO, "{probe: false}"), "probe") == []


@pytest.mark.parametrize(
    ("protected", "units_", "where"),
    [
        ("false", "", []),
        ("false", "{queue: true}", ["eu-west-1", "us-east-1"]),
        ("true", "", ["eu-west-1", "us-east-1"]),
        ("true", "{queue: false}", []),
    ],
)
def test_an_unprotected_environment_alone_has_to_ask(root: Path, protected: str, units_: str, where: list[str]) -> None:
    unit = root / "modules/queue/unit.yaml"
    unit.write_text(unit.read_text().replace("optional: true", "optional: unprotected"))
    text = with_units(RATED, units_) if units_ else RATED
    assert units(root, text.replace(UNITS, f"{UNITS}    protected: {protected}\n"), "queue") == where


def test_a_module_that_is_off_needs_no_settings(root: Path) -> None:
    """Nothing sets `rate`: that is wrong only where the queue is deployed."""
    assert units(root, TWO, "queue") == []
    message = refused(root, with_units(TWO, "{queue: true}", region="eu-west-1"))
    assert "nothing sets 'rate', which queue (working tree) needs." in message


def test_an_optional_need_is_null_where_it_is_absent(root: Path) -> None:
    files = render_inventory(root, with_units(RATED, "{queue: true}", region="eu-west-1")).files
    here, there = (files[f"live/dev/{region}/sender/terragrunt.hcl"] for region in ("eu-west-1", "us-east-1"))
    assert 'dependency "queue" {\n  config_path = "../queue"\n' in here
    assert here.endswith(
        "inputs = {\n  queue   = dependency.queue.outputs.arn\n  targets = [dependency.queue.outputs.arn]\n}\n"
    )
    assert "dependency" not in there
    assert there.endswith("inputs = {\n  queue   = null\n  targets = []\n}\n")


def test_a_retiring_need_is_detached(root: Path) -> None:
    """Its readers let go of it before it is destroyed."""
    files = render_inventory(root, with_units(RATED, "{queue: retiring}")).files
    assert "  queue   = null\n" in files["live/dev/us-east-1/sender/terragrunt.hcl"]
    assert "live/dev/us-east-1/queue/terragrunt.hcl" in files


def test_an_optional_need_of_the_primary_region_is_null_elsewhere(root: Path) -> None:
    """A module of the primary region alone, looked for in every region."""
    unit = root / "modules/queue/unit.yaml"
    unit.write_text(unit.read_text().replace("every_region", "primary_region"))
    files = render_inventory(root, with_units(RATED, "{queue: true}")).files
    assert "  queue   = null\n" in files["live/dev/eu-west-1/sender/terragrunt.hcl"]
    assert "  queue   = dependency.queue.outputs.arn\n" in files["live/dev/us-east-1/sender/terragrunt.hcl"]


@pytest.mark.parametrize(
    ("environment", "region", "says"),
    [
        ("{queu: true}", "", "10: environments.dev.units.queu: there is no such module. Did you mean 'queue'?"),
        ("{queue: maybe}", "", "10: environments.dev.units.queue: 'maybe' must be true, false, or retiring (set by"),
        ("[queue]", "", "10: environments.dev.units: ['queue'] must be a map of modules to true or false, e.g."),
        (
            "",
            "{probe: true}",
            "12: environments.dev.regions.eu-west-1.units.probe: has no effect here: probe (working tree) is only in",
        ),
        (
            "{store: false}",
            "",
            "10: environments.dev.units.store: web (working tree) in us-east-1, eu-west-1 needs 'store', which is not "
            "deployed in us-east-1. Deploy it there ('units: {store: true}'), remove the need from web, or "
            "switch web off too.",
        ),
        (
            "",
            "{store: retiring}",
            "12: environments.dev.regions.eu-west-1.units.store: web (working tree) in eu-west-1 needs 'store', "
            "which is retiring in eu-west-1.",
        ),
    ],
)
def test_wrong_units_are_refused(root: Path, environment: str, region: str, says: str) -> None:
    """Each with its line, and what would be right."""
    text = with_units(RATED, environment) if environment else RATED
    text = with_units(text, region, region="eu-west-1") if region else text
    message = refused(root, text)
    assert message.startswith(f"live/inventory.yaml:{int(says.split(':')[0]) + 1}:{says.partition(':')[2]}")
    assert "\n" not in message


def test_a_module_and_what_needs_it_go_together(root: Path) -> None:
    text = with_units(RATED, "{store: retiring, web: retiring, probe: false}")
    assert units(root, text, "store") == ["eu-west-1", "us-east-1"]
    text = with_units(RATED, "{store: false, web: false, probe: false}")
    assert units(root, text, "store") == []


def test_a_unit_that_bootstrap_applies_is_switched_by_access(root: Path) -> None:
    unit = root / "modules/probe/unit.yaml"
    unit.write_text(unit.read_text() + "applied_by: bootstrap\n")
    assert "`meridian bootstrap` applies it, and 'access' switches it on." in refused(
        root, with_units(RATED, "{probe: true}")
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "queue/unit.yaml",
            "true",
            "maybe",
            "modules/queue/unit.yaml:2: optional: 'maybe' must be true, false or unprotected.",
        ),
        ("sender/unit.yaml", "optional: true", "optional: 1", "needs.queue.optional: 1 must be true or false."),
        (
            "sender/unit.yaml",
            "optional",
            "option",
            "needs.queue.option: there is no such key. Did you mean 'optional'?",
        ),
        ("sender/unit.yaml", "same_region", "here", "needs.queue: 'here' is not a place. Use one of: primary_region,"),
        ("sender/unit.yaml", "queue: {place", "queu: {place", "'queue' is not among the needs. Did you mean 'queu'?"),
        ("queue/unit.yaml", "optional", "optonal", "optonal: there is no such key. Did you mean 'optional'?"),
        (
            "sender/variables.tf",
            "type = string\n",
            "type = string\n  nullable = false\n",
            "inputs.queue: is null where queue is absent; remove `nullable = false` from the variable.",
        ),
    ],
)
def test_a_wrong_manifest_is_refused(root: Path, file: str, old: str, new: str, says: str) -> None:
    path = root / "modules" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    assert says in refused(root, RATED)


def test_a_misspelt_optional_need_is_no_absent_module(root: Path) -> None:
    """In the working tree a need must be a module, or its readers would get null for ever."""
    unit = root / "modules/sender/unit.yaml"
    unit.write_text(unit.read_text().replace("queue: {place", "queu: {place").replace("queue.arn", "queu.arn"))
    assert "needs.queu: is not deployed together with sender (working tree)" in refused(root, RATED)


GATE = {
    "unit.yaml": "placement: every_region\ninputs: {queued: {deployed: queue}}\n",
    "variables.tf": 'variable "queued" {\n  type = bool\n}\n',
    "outputs.tf": 'output "url" {\n  description = "The gate, e.g. https://EXAMPLE."\n}\n',
}


@pytest.fixture
def gated(root: Path) -> Path:
    """Return the repository with a gate, which the queue needs and which asks whether there is a queue."""
    (root / "modules/gate").mkdir()
    for name, text in GATE.items():
        (root / "modules/gate" / name).write_text(text, encoding="utf-8")
    unit = root / "modules/queue/unit.yaml"
    unit.write_text(unit.read_text().replace("inputs:", "needs: {gate: same_region}\ninputs:"))
    return root


@pytest.mark.parametrize(
    ("environment", "region", "queued"),
    [
        ("", "", {"us-east-1": "false", "eu-west-1": "false"}),
        ("{queue: true}", "", {"us-east-1": "true", "eu-west-1": "true"}),
        ("", "{queue: true}", {"us-east-1": "false", "eu-west-1": "true"}),
        ("{queue: true}", "{queue: retiring}", {"us-east-1": "true", "eu-west-1": "false"}),
    ],
)
def test_a_module_is_told_whether_another_is_deployed(
    gated: Path, environment: str, region: str, queued: dict[str, str]
) -> None:
    """In its own region; a unit that is being removed is gone for its readers. The other one can need it."""
    text = with_units(RATED, environment) if environment else RATED
    text = with_units(text, region, region="eu-west-1") if region else text
    files = render_inventory(gated, text).files
    for name, value in queued.items():
        assert f"  queued = {value}\n" in files[f"live/dev/{name}/gate/terragrunt.hcl"]


@pytest.mark.parametrize(("wish", "there"), [("true", "true"), ("retiring", "false"), ("false", "false")])
def test_a_module_of_the_primary_region_counts_everywhere(gated: Path, wish: str, there: str) -> None:
    unit = gated / "modules/queue/unit.yaml"
    unit.write_text(unit.read_text().replace("every_region", "primary_region").replace("same_", "primary_"))
    sender = gated / "modules/sender/unit.yaml"
    sender.write_text(sender.read_text().replace("same_region", "primary_region"))
    files = render_inventory(gated, with_units(RATED, f"{{queue: {wish}}}")).files
    for region in ("us-east-1", "eu-west-1"):
        assert f"  queued = {there}\n" in files[f"live/dev/{region}/gate/terragrunt.hcl"]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("unit.yaml", "deployed: queue", "deployed: queu", "yaml:2: inputs.queued: there is no module 'queu'. Did you"),
        (
            "unit.yaml",
            "deployed: queue",
            "deployed: xyz",
            "there is no module 'xyz'. Known: directory, gate, probe, queue, sender, ",
        ),
        (
            "unit.yaml",
            "deployed: queue",
            "deployed: [queue]",
            "deployed: ['queue'] is not a module's name, e.g. queue.",
        ),
        ("variables.tf", "bool", "string", "inputs.queued: is true or false; the variable wants a string."),
    ],
)
def test_a_wrong_question_is_refused(gated: Path, file: str, old: str, new: str, says: str) -> None:
    path = gated / "modules/gate" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    assert says in refused(gated, RATED)


def test_what_units_say_is_rendered_and_current(root: Path) -> None:
    """Twice is as once; the units of a region that is off are deleted where nothing was committed."""
    write_inventory(root, with_units(RATED, "{queue: true}"))
    assert generate(root=root, check=False, as_json=False) == 0
    assert generate(root=root, check=True, as_json=False) == 0
    write_inventory(root, with_units(RATED, "{queue: true}", region="us-east-1"))
    assert generate(root=root, check=False, as_json=False) == 0
    assert not (root / "live/dev/eu-west-1/queue").exists()
    assert (root / "live/dev/us-east-1/queue/terragrunt.hcl").exists()


def test_a_setting_without_a_unit_that_reads_it_is_a_note(root: Path) -> None:
    """Who wrote it wanted something; a unit that is switched on in one region is enough for the environment."""
    text = TWO.replace(UNITS, f"{UNITS}    rate: 5\n")
    wanted = "has no effect: what reads it is off here. Switch on what you need: `units: {queue: true}`."
    assert render_inventory(root, text).notices == [f"environments.dev.rate {wanted}"]
    here = text.replace("eu-west-1: {}", "eu-west-1: {units: {queue: true}, reason: This region has twice the work}")
    assert render_inventory(root, here).notices == []
    elsewhere = here.replace("us-east-1: {}", "us-east-1: {rate: 7, reason: This region has half the work}")
    assert render_inventory(root, elsewhere).notices == [f"environments.dev.regions.us-east-1.rate {wanted}"]
