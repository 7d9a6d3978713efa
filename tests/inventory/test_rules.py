"""Rules across settings: validations of variables.tf, refused at a line of the inventory before anything is planned."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from meridian.errors import UserError
from meridian.inventory.load import check_inventory
from meridian.modules.library import Library
from meridian.modules.rules import GIVEN, UNKNOWN, complete, evaluate, find_reads
from meridian.yamlfile.document import parse_text
from tests.modules.declared import parse_expression, parse_type
from tests.render.validations import refusals

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = (ROOT / "tests/inventory.yaml").read_text(encoding="utf-8")
VERSIONS = "    versions: working-tree"
SES = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
ZONE = "Z0123456789ABCDEFGHIJ"
X = {"a": 1, "b": 2, "s": "", "t": "t", "none": None, "yes": True, "list": [1]}
# Conditions on X that Terraform can decide, too.
DECIDED = [
    ('(var.x.s == "") == (var.x.t == "")', False),
    ('(var.x.s == "") != (var.x.t == "")', True),
    ("var.x.none == null || var.x.none != var.x.t", True),
    ("var.x.t == null || var.x.t != var.x.t", False),
    ("var.x.a + 1 * 2 > 3 && var.x.yes", False),
    ("var.x.b * 60 > max(var.x.a, 119)", True),
    ("var.x.b - var.x.a <= min(var.x.a, 5)", True),
    ("var.x.yes ? var.x.a >= 2 : true", False),
    ("var.x.none == null ? var.x.a < 2 : false", True),
    ("var.x.list != null", True),
    ("min(var.x.b) == max(2)", True),
]
UNDECIDED = [
    "var.unknown == null",
    "var.given == var.x.t",
    "var.x.yes && var.unknown",
    "var.unknown || var.x.a > 1",
    "var.given || var.x.a > 1",
    "var.given ? false : false",
    "var.unknown ? false : false",
    "var.unknown > 1",
    "var.x.other == 1",
    "var.x.a.b == 1",
    "var.x.none > 1",
    'var.x.t > 1 || startswith(var.x.t, "u")',
    "var.x.list == [2]",
]


def lookup(variable: str) -> Any:
    """Return the value of a variable of the conditions."""
    return {"x": X, "given": GIVEN}.get(variable, UNKNOWN)


@pytest.mark.parametrize(("condition", "holds"), DECIDED)
def test_a_condition_on_known_values_is_decided(condition: str, holds: bool) -> None:
    assert evaluate(parse_expression(condition), lookup) is holds


@pytest.mark.slow
def test_terraform_decides_alike(tmp_path: Path, require_tool: Callable[[str], Path]) -> None:
    rule = 'variable "v{}" {{\n  type = any\n  validation {{\n    condition = {}\n    error_message = "No."\n  }}\n}}\n'
    conditions = [condition.replace("var.x", f"var.v{number}") for number, (condition, _) in enumerate(DECIDED)]
    text = "\n".join(rule.format(*pair) for pair in enumerate(conditions))
    values = {f"v{number}": X for number in range(len(DECIDED))}
    wrong = [f"var.v{number}" for number, (_, holds) in enumerate(DECIDED) if not holds]
    run = {"command": "plan", "variables": values, "expect_failures": wrong}
    assert refusals(require_tool("terraform"), text, {"decides": run}, tmp_path / "rules") == ""


@pytest.mark.parametrize("condition", UNDECIDED)
def test_what_is_not_known_is_left_to_terraform(condition: str) -> None:
    assert evaluate(parse_expression(condition), lookup) is UNKNOWN


def test_what_decides_a_condition_alone_is_enough() -> None:
    assert evaluate(parse_expression("var.unknown && var.x.a > 1"), lookup) is False
    assert evaluate(parse_expression("var.given == null"), lookup) is False


def test_a_value_has_the_defaults_of_what_it_leaves_out() -> None:
    kind = parse_type(
        "object({a = string, b = optional(string), c = optional(object({d = optional(number, 5)}), {}),"
        " e = optional(map(object({f = optional(bool, true)})), {}), g = optional(list(number), [1])})"
    )
    assert complete({"e": {"k": {}}}, kind) == {
        **{"a": UNKNOWN, "b": None, "c": {"d": 5}},
        **{"e": {"k": {"f": True}}, "g": [1]},
    }


def test_the_reads_of_a_condition_are_found_in_order() -> None:
    found = find_reads(parse_expression("var.x.a == null || max(var.y, var.x.b) > 1"))
    assert [*found] == [("x", "a"), ("y",), ("x", "b")]


@cache
def library() -> Library:
    """Return the modules, read once."""
    return Library(ROOT)


def check(*lines: str, text: str = INVENTORY) -> str:
    """Return what the inventory with these lines in dev is refused with, empty if it is accepted."""
    text = text.replace(VERSIONS, "".join(f"    {line}\n" for line in lines) + VERSIONS, 1)
    try:
        check_inventory(parse_text(text, "inventory.yaml"), library())
    except UserError as error:
        return error.message
    return ""


def test_half_of_the_mail_settings_is_refused_at_its_line() -> None:
    message = "identity (working tree): Give both from and ses_identity_arn, or neither, e.g. "
    refused = check("email: {from: no-reply@example.com}")
    assert refused.startswith(f"inventory.yaml:21: environments.dev.email.from: {message}")
    refused = check(f'email: {{ses_identity_arn: "{SES}"}}')
    assert refused.startswith(f"inventory.yaml:21: environments.dev.email.ses_identity_arn: {message}")
    assert check(f'email: {{from: no-reply@example.com, ses_identity_arn: "{SES}"}}') == ""


def test_a_rule_is_for_the_layers_together() -> None:
    """Also in an environment that pins a version: each version has rules of its own."""
    defaults = INVENTORY.replace("defaults:\n", "defaults:\n  tokens: {access_minutes: 60}\n", 1)
    refused = check("tokens: {refresh_hours: 1}", text=defaults)
    assert refused == (
        "inventory.yaml:22: environments.dev.tokens.refresh_hours: identity (working tree): "
        "Let the refresh token outlive the others, e.g. refresh_hours = 12 with access_minutes = 60."
    )
    assert check("tokens: {refresh_hours: 1}", text=defaults.replace("access_minutes: 60", "access_minutes: 50")) != ""
    assert check("tokens: {refresh_hours: 2}", text=defaults) == ""
    everywhere = INVENTORY.replace("defaults:\n", "defaults:\n  tokens: {refresh_hours: 1}\n", 1)
    assert check(text=everywhere).startswith(
        "inventory.yaml:13: defaults.tokens.refresh_hours: identity (working tree): Let the refresh token"
    )
    assert "defaults.tokens.refresh_hours: identity 1.0.1: Let the refresh token" in check(text=everywhere)


def test_the_edge_has_another_name_than_the_regions() -> None:
    """The name of the regions is an output of routing, and known from the inventory."""
    units = "units: {edge: true, routing: true, zone: true}"
    domain = "domain: {name: api.example.com}"
    assert check(units, domain, "edge: {name: api.example.com}").startswith(
        "inventory.yaml:23: environments.dev.edge.name: edge (working tree): The name of the edge must not be that of"
    )
    assert check(units, domain, "edge: {name: www.api.example.com}") == ""
    assert check(units, domain) == ""


def test_the_edge_is_where_cloudfront_looks() -> None:
    """The region is a fact of the environment, which no setting gives."""
    units = "units: {edge: true, routing: true, zone: true}"
    domain = "domain: {name: api.example.com}"
    elsewhere = INVENTORY.replace("primary_region: us-east-1", "primary_region: eu-west-1", 1)
    assert check(units, domain, text=elsewhere) == (
        "inventory.yaml:20: environments.dev.primary_region: edge (working tree): CloudFront takes its certificate and "
        "its firewall from one region: leave edge off, or use it where that is the primary_region, e.g. us-east-1."
    )
    assert check(units.replace("edge: true, ", ""), domain, text=elsewhere) == ""


def test_there_is_one_hosted_zone() -> None:
    own, given = "domain: {name: api.example.com}", f"domain: {{name: api.example.com, zone_id: {ZONE}}}"
    message = "routing (working tree): There must be exactly one hosted zone: give domain.zone_id, e.g. "
    refused = check("units: {routing: true}", own)
    assert refused.startswith(f"inventory.yaml:22: environments.dev.domain: {message}")
    refused = check("units: {routing: true, zone: true}", given)
    assert refused.startswith(f"inventory.yaml:22: environments.dev.domain.zone_id: {message}")
    assert check("units: {routing: true, zone: true}", own) == check("units: {routing: true}", given) == ""


def test_a_zone_that_is_removed_counts_only_for_a_unit_that_goes_with_it() -> None:
    own, given = "domain: {name: api.example.com}", f"domain: {{name: api.example.com, zone_id: {ZONE}}}"
    assert "There must be exactly one hosted zone" in check("units: {routing: true, zone: retiring}", own)
    assert check("units: {routing: true, zone: retiring}", given) == ""
    assert check("units: {routing: retiring, zone: retiring}", own) == ""


def test_a_region_of_its_own_is_named() -> None:
    """Regions without settings of their own are checked once."""
    text = INVENTORY.replace(
        "      eu-west-1: {}",
        f"      eu-west-1: {{domain: {{zone_id: {ZONE}}}, reason: Another zone}}\n      eu-central-1: {{}}",
        1,
    )
    refused = check("units: {routing: true, zone: true}", "domain: {name: api.example.com}", text=text).splitlines()
    assert len(refused) == 1
    assert "environments.dev.regions.eu-west-1.domain.zone_id: routing (working tree): There must be" in refused[0]
