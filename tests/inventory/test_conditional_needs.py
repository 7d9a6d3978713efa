"""Needs that count only where a setting of the environment has a value, also of a module's own unit elsewhere."""

from pathlib import Path

import pytest

from meridian.change.inventory_change import ABSENT, KeyChange
from meridian.change.reach import Place, find_reasons
from meridian.errors import UserError
from meridian.inventory.load import check_inventory
from meridian.modules.contract import read_contract
from meridian.modules.library import Library
from meridian.render.command import render_inventory
from meridian.yamlfile.document import parse_text
from tests.render.world import MINIMAL, make

ROOT = Path(__file__).resolve().parents[2]
TWO = f"{MINIMAL}      eu-west-1: {{}}\n"
JOINED = TWO.replace("    regions:", "    joined: all\n    regions:")
LEDGER = {
    "unit.yaml": """\
placement: every_region
needs: {ledger: {placement: primary_region, if: {joined: all}}}
inputs:
  joined: {setting: joined}
  origin: {output: ledger.arn}
""",
    "variables.tf": """\
variable "joined" {
  type    = string
  default = "none"

  validation {
    condition     = contains(["all", "none"], var.joined)
    error_message = "Use all or none, e.g. none."
  }
}

variable "origin" {
  type    = string
  default = ""
}
""",
    "outputs.tf": 'output "arn" {\n  description = "The ledger, e.g. arn:aws:ledger:us-east-1:1:EXAMPLE."\n}\n',
}
UNIT = "live/dev/{}/ledger/terragrunt.hcl"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with a ledger whose units can join the one of the primary region."""
    made = make(tmp_path / "repository", TWO)
    (made / "modules/ledger").mkdir()
    for name, text in LEDGER.items():
        (made / "modules/ledger" / name).write_text(text, encoding="utf-8")
    return made


def refused(root: Path, text: str) -> str:
    """Return the message of the error."""
    with pytest.raises(UserError) as caught:
        render_inventory(root, text)
    return caught.value.message


def rewrite(root: Path, old: str, new: str, file: str = "unit.yaml") -> None:
    """Replace a part of the ledger's file."""
    path = root / "modules/ledger" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_where_the_condition_does_not_hold_nothing_is_rendered(root: Path) -> None:
    """Not even a null: the variable keeps its default."""
    files = render_inventory(root, TWO).files
    for region in ("us-east-1", "eu-west-1"):
        assert "dependenc" not in files[UNIT.format(region)]
        assert files[UNIT.format(region)].endswith("inputs = {}\n")


def test_where_it_holds_the_other_regions_read_the_unit_of_the_primary_one(root: Path) -> None:
    files = render_inventory(root, JOINED).files
    assert 'dependency "ledger" {\n  config_path = "../../us-east-1/ledger"\n' in files[UNIT.format("eu-west-1")]
    assert files[UNIT.format("eu-west-1")].endswith(
        'inputs = {\n  joined = "all"\n  origin = dependency.ledger.outputs.arn\n}\n'
    )
    assert "dependenc" not in files[UNIT.format("us-east-1")]
    assert files[UNIT.format("us-east-1")].endswith('inputs = {\n  joined = "all"\n}\n')


def test_the_need_must_be_deployed_where_it_counts(root: Path) -> None:
    off = "      us-east-1: {units: {ledger: false}}\n"
    render_inventory(root, TWO.replace("      us-east-1: {}\n", off))
    message = refused(root, JOINED.replace("      us-east-1: {}\n", off))
    assert "ledger (working tree) in eu-west-1 needs 'ledger', which is not deployed in us-east-1" in message


def test_a_right_is_given_only_where_its_condition_holds(root: Path) -> None:
    """The roles of the pipelines get nothing for what an environment does not have."""
    right = "rights:\n  - {service: ledger, apply: [Join], if: {joined: all}}\ninputs:\n"
    rewrite(root, "inputs:\n", right)
    roles = root / "modules/roles"
    roles.mkdir()
    (roles / "unit.yaml").write_text("placement: primary_region\ninputs: {rights: {environment: rights}}\n")
    (roles / "variables.tf").write_text('variable "rights" {\n  type = any\n}\n')
    (roles / "outputs.tf").write_text("")
    file = "live/dev/us-east-1/roles/terragrunt.hcl"
    assert "rights = []" in render_inventory(root, TWO).files[file]
    assert 'service = "ledger"' in render_inventory(root, JOINED).files[file]


def test_a_region_or_the_defaults_cannot_decide(root: Path) -> None:
    region = TWO.replace("eu-west-1: {}", "eu-west-1: {joined: all, reason: only this region joins it}")
    message = refused(root, region)
    assert "eu-west-1.joined: holds for the whole environment: set it there, not in a region." in message
    assert "joined: is chosen for each environment" in refused(
        root, TWO.replace("defaults:", "defaults:\n  joined: all")
    )


def test_a_version_that_does_not_know_what_its_module_decides_with_is_refused() -> None:
    """Else only the alarms would take the tables for one."""
    library, path = Library(ROOT), ROOT / "tests/inventory.yaml"
    old = "{access: 1.2.0, identity: 1.0.1, data: 1.0.1, compute: 1.2.0}"
    text = path.read_text().replace(old, f"{old[:-1]}, watch: 2.0.0}}\n    replication: none", 1)
    with pytest.raises(UserError, match=r"staging\.replication: data 1\.0\.1 does not have it.*Use a newer one\."):
        check_inventory(parse_text(text, "inventory.yaml"), library)
    newer = text.replace("data: 1.0.1", "data: 2.0.0", 1)
    assert check_inventory(parse_text(newer, "inventory.yaml"), library).environments


def test_a_changed_setting_reaches_the_units_of_every_region(root: Path) -> None:
    contract = read_contract(root, "ledger", None)
    change = KeyChange(("environments", "dev", "joined"), ABSENT, "all")
    before, after = {"environments": {"dev": {}}}, {"environments": {"dev": {"joined": "all"}}}
    assert [*find_reasons(change, Place("dev", "eu-west-1", contract), before, after)]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{joined: all}", "all", "must be one setting with its value"),
        ("{joined: all}", "{joined: all, other: x}", "must be one setting with its value"),
        ("{joined: all}", "{joint: all}", "no input has the setting 'joint' as its source. Did you mean 'joined'?"),
        ("{joined: all}", "{joined: some}", "'some' is not accepted. Use all or none, e.g. none."),
        ("{setting: joined}", "{setting: joined, protected: all}", "has another default in protected environments"),
        ("primary_region, if", "same_region, if", "a unit cannot need itself. Write ledger: primary_region."),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused(root: Path, old: str, new: str, message: str) -> None:
    rewrite(root, old, new)
    assert message in refused(root, TWO)


def test_an_output_that_may_be_absent_is_a_whole_value(root: Path) -> None:
    rewrite(root, "{output: ledger.arn}", "[{output: ledger.arn}]")
    rewrite(root, '"origin" {\n  type    = string\n  default = ""', '"origin" {\n  type = list(string)', "variables.tf")
    assert "has an output of a conditional need in it: it must be the whole value." in refused(root, TWO)


def test_a_variable_that_may_be_left_out_has_a_default(root: Path) -> None:
    rewrite(root, '  type    = string\n  default = ""\n', "  type = string\n", "variables.tf")
    assert "is left out where the need does not count: give the variable a default." in refused(root, TWO)


def test_a_version_that_takes_no_notice_of_a_unit_is_a_note() -> None:
    """compute 1.2.0 answers calls that pass by the edge, whatever stands before it."""
    text = (ROOT / "tests/inventory.yaml").read_text()
    old = "    versions: {access: 1.2.0, identity: 1.0.1, data: 1.0.1, compute: 1.2.0}\n"
    more = (
        f"{old.replace('}', ', edge: 1.0.0, routing: 1.1.0, zone: 1.0.0}')}    units: {{edge: true, routing: true}}\n"
    )
    domain = "    domain: {name: api.example.com, zone_id: Z0123456789ABCDEFGHIJ}\n"
    with_edge = text.replace(old, f"{more}{domain}", 1)
    says = "staging: compute 1.2.0 takes no notice of {}, which is on. Use a newer version of it."
    assert render_inventory(ROOT, with_edge).notices == [says.format("edge"), says.format("routing")]
    newer = with_edge.replace("compute: 1.2.0, edge", "compute: 1.5.0, edge", 1)
    assert render_inventory(ROOT, newer).notices == []


def test_a_version_of_watch_without_a_heartbeat_renders_as_before() -> None:
    """watch 2.0.0 has the alarm only on request; beside routing that is a note."""
    text = (ROOT / "tests/inventory.yaml").read_text()
    old = "compute: 1.2.0}\n"
    routed = (
        "    units: {routing: true, watch: true}\n    domain: {name: api.example.com, zone_id: Z0123456789ABCDEFGHIJ}\n"
    )
    found = render_inventory(ROOT, text.replace(old, f"compute: 1.5.0, routing: 1.1.0, watch: 2.0.0}}\n{routed}", 1))
    assert found.notices == ["staging: watch 2.0.0 takes no notice of routing, which is on. Use a newer version of it."]
    assert "rout" not in found.files["live/staging/eu-west-1/watch/terragrunt.hcl"]


@pytest.mark.parametrize(
    ("units", "routed", "after"),
    [("{routing: true, watch: true}", "true", True), ("{routing: retiring, watch: true}", "false", False)],
)
def test_the_heartbeat_follows_routing(units: str, routed: str, after: bool) -> None:
    """Applied before the names, its alarm would be on until the health checks call; it goes before they do."""
    old = "    versions: working-tree"
    more = f"    units: {units}\n    domain: {{name: api.example.com, zone_id: Z0123456789ABCDEFGHIJ}}\n{old}"
    files = render_inventory(ROOT, (ROOT / "tests/inventory.yaml").read_text().replace(old, more, 1)).files
    for region in ("us-east-1", "eu-west-1"):
        unit = files[f"live/dev/{region}/watch/terragrunt.hcl"]
        assert f"  routed         = {routed}\n" in unit
        assert ('paths = ["../routing"]' in unit) is after
