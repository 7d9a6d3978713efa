"""Limits of settings are those of the validations in variables.tf: read from the text, compared with Terraform."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from meridian.modules.contract import Contract
from meridian.modules.library import Library
from meridian.modules.limits import EACH, Limit, find_violations, read_conditions
from meridian.modules.types import Collection, Object, Primitive, Type
from tests.example import MODULES
from tests.modules.declared import parse_expression
from tests.render.validations import only, refusals
from tests.render.world import make

ROOT = Path(__file__).resolve().parents[2]
each_contract = pytest.mark.parametrize(
    "contract",
    [one for one in Library(ROOT).contracts(None).values() if one.settings and one.module in MODULES],
    ids=lambda contract: contract.module,
)
# Values at the edges of what our modules accept, by setting: accepted, then refused.
SUBSCRIBER = {"protocol": "sqs", "endpoint": "arn:aws:sqs:us-east-1:123456789012:x"}
SES = "arn:aws:ses:us-east-1:123456789012:identity"
PROBES: dict[str, tuple[list[Any], list[Any]]] = {
    "api": (
        [
            {"throttle": {"rate": 1, "burst": 1}, "status_throttle": {"rate": 10000, "burst": 5000}},
            {"throttle": {"rate": 1.5}},
            {"cors_origins": ["https://a", "https://app.example.com", "https://app.example.com:8443"]},
        ],
        [
            *[{throttle: {"rate": rate}} for throttle in ("throttle", "status_throttle") for rate in (0.5, 10001)],
            *[{throttle: {"burst": burst}} for throttle in ("throttle", "status_throttle") for burst in (0, 1.5, 5001)],
            *[{"cors_origins": [one]} for one in ("*", "http://a.b", "https://*.b", "https://a.b/", "https://a\n")],
        ],
    ),
    "domain": (
        [
            {"name": "a.bc", "zone_id": "Z1", "health_check": {"interval_seconds": 10, "failures": 1}},
            {"name": f"{'a' * 52}.example.com", "health_check": {"interval_seconds": 30, "failures": 10}},
        ],
        [
            *[
                {"name": one}
                for one in ("com", "a_b.com", "-a.com", "a.com.", "A.com", "a.com\n", f"{'a' * 53}.example.com")
            ],
            *[{"name": "a.com", "zone_id": one} for one in ("z1", "/hostedzone/Z1", "Z")],
            *[{"name": "a.com", "health_check": {"interval_seconds": one}} for one in (9, 20, 31)],
            *[{"name": "a.com", "health_check": {"failures": one}} for one in (0, 1.5, 11)],
        ],
    ),
    "edge": (
        [
            {},
            {"name": "a" * 60 + ".com"},
            {"calls_per_minute": 10, "sign_ins_per_minute": 2000000000},
        ],
        [
            *[
                {"name": name}
                for name in ("https://a.example.com", "example", "A.example.com", "a" * 61 + ".com", "a.com\n")
            ],
            *[{key: rate} for key in ("calls_per_minute", "sign_ins_per_minute") for rate in (9, 10.5, 2000000001)],
        ],
    ),
    "email": (
        [
            {"from": "a@example.com", "ses_identity_arn": f"{SES}/example.com"},
            {"from": "A B <a.b@mail.example.com>", "ses_identity_arn": f"{SES}/a.b@mail.example.com"},
        ],
        [
            *[{"from": one, "ses_identity_arn": f"{SES}/a.b"} for one in ("A", "a@b", "a@b.c\n", "a b@example.com")],
            *[{"from": "a@example.com", "ses_identity_arn": one} for one in ("example.com", f"{SES}/", f"{SES}/a\n")],
        ],
    ),
    "issuer": (["ORIGINAL", "UPDATED"], ["updated", ""]),
    "function": (
        [
            {"memory_mb": 128, "timeout_seconds": 3, "architecture": "x86_64", "reserved_concurrency": 1},
            {"memory_mb": 10240, "timeout_seconds": 29, "architecture": "arm64", "reserved_concurrency": 1000},
        ],
        [
            *[{"memory_mb": one} for one in (127, 128.5, 10241)],
            *[{"timeout_seconds": one} for one in (2, 3.5, 30)],
            *[{"reserved_concurrency": one} for one in (0, 1.5, 1001)],
            {"architecture": "other"},
        ],
    ),
    "logs": ([{"retention_days": 1}, {"retention_days": 3653}], [{"retention_days": one} for one in (0, 2, 3654)]),
    "replication": (["none", "global"], ["strong", "Global", ""]),
    "subscribers": (
        [{name: SUBSCRIBER} for name in ("a", "audit-queue", "a" * 31)],
        [
            *[{name: SUBSCRIBER} for name in ("A", "1a", "a" * 32, "a_b", "a\n")],
            {"a": {**SUBSCRIBER, "protocol": "sms"}},
        ],
    ),
    "tokens": (
        [{"access_minutes": 5, "id_minutes": 60}, {"refresh_hours": 720}],
        [
            *[{token: minutes} for token in ("access_minutes", "id_minutes") for minutes in (4, 5.5, 61)],
            *[{"refresh_hours": one} for one in (0, 1.5, 721)],
        ],
    ),
    "totp": ([True, False], []),
    "watch": (
        [
            {"refused_per_minute": 1, "budget_usd": 1, "subscribers": {"on-call": SUBSCRIBER}},
            {"refused_per_minute": 600000, "budget_usd": 1000000, "expects_traffic": True},
        ],
        [
            *[{"refused_per_minute": one} for one in (0, 1.5, 600001)],
            *[{"budget_usd": one} for one in (0.5, 1000001)],
            {"subscribers": {"On call": SUBSCRIBER}},
            {"subscribers": {"a": {**SUBSCRIBER, "protocol": "sms"}}},
        ],
    ),
}
CONDITIONS: list[tuple[str, list[tuple[str, str, Any]]]] = [
    ("(\n  var.x >= -1\n  && var.x.y < 0.5\n)", [("x", "minimum", -1), ("x.y", "exclusiveMaximum", 0.5)]),
    ("var.x == floor(var.x)", [("x", "type", "integer")]),
    ('contains(["a", "b"], var.x)', [("x", "enum", ["a", "b"])]),
    (r'can(regex("^a\\.$", var.x))', [("x", "pattern", r"^a\.$")]),
    ("alltrue([for t in [var.a, var.b.c] : t.r >= 1])", [("a.r", "minimum", 1), ("b.c.r", "minimum", 1)]),
    ('alltrue([for s in values(var.m) : contains(["a"], s.k)])', [("m.*.k", "enum", ["a"])]),
    ('alltrue([for k in keys(var.m) : can(regex("a", k))])', [("m.#key", "pattern", "a")]),
    ("alltrue([for a in var.l : alltrue([for b in a.m : b < 3])])", [("l.*.m.*", "exclusiveMaximum", 3)]),
    ("var.x == null ? true : (var.x >= 1)", [("x", "minimum", 1)]),
    ("var.x >= 1 && var.x * 2 > max(var.y, 3)", [("x", "minimum", 1)]),
    # A limit must hold in every case.
    ("var.y == null ? true : var.x >= 1", []),
    ("var.x >= 1 || var.y >= 1", []),
    ("!(var.x >= 1)", []),
    ("alltrue([for s in var.l : s.x >= 1 if s.y])", []),
    ("length(var.x) >= 1", []),
    ('contains(["a", "${var.y}"], var.x)', []),
    # Python and Go read these differently, or one of them does not.
    ('can(regex("^[[:alpha:]]$", var.x))', []),
    (r'can(regex("^\\pL$", var.x))', []),
]


@pytest.mark.parametrize(("condition", "rules"), CONDITIONS, ids=[condition[:60] for condition, _ in CONDITIONS])
def test_a_condition_is_read(condition: str, rules: list[tuple[str, str, Any]]) -> None:
    """Only what every accepted value must meet; anything else is Terraform's to check."""
    found = read_conditions(parse_expression(condition), "")
    assert [(".".join(one.path), one.keyword, one.bound) for one in found] == rules


def test_a_validation_that_names_another_variable_limits_that_one(tmp_path: Path) -> None:
    """Terraform allows it; the variable that holds the validation has other attributes."""
    root = make(tmp_path / "repository")
    file = root / "modules/web/variables.tf"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("var.throttle.rate >= 1 &&", "var.logs.retention_days < 400 && var.logs.typo < 1 &&"))
    found = Library(root).contract("web", None).limits
    assert {limit.path for limit in found if limit.keyword.startswith("exclusive")} == {("logs", "retention_days")}


def test_values_of_another_type_are_left_to_the_types() -> None:
    """One value has one message."""
    limits = [Limit(("x",), keyword, bound, "") for keyword, bound in (("minimum", 1), ("enum", [1]), ("pattern", "a"))]
    assert not list(find_violations(True, "x", limits))


@each_contract
def test_every_number_that_an_inventory_may_set_has_a_limit(contract: Contract) -> None:
    """So that none is first refused by a plan."""
    limited = {limit.path for limit in contract.limits}
    for setting in (one for several in contract.settings.values() for one in several):
        assert set(_numbers(setting.type, (setting.name,))) <= limited


@each_contract
def test_limits_accept_the_values_at_their_edges(contract: Contract) -> None:
    """Values beyond an edge are refused."""
    for name in contract.settings:
        accepted, refused = PROBES[name]
        assert [value for value in accepted if list(find_violations(value, name, contract.limits))] == []
        assert [value for value in refused if not list(find_violations(value, name, contract.limits))] == []


@pytest.mark.slow
@each_contract
def test_terraform_has_the_same_limits(contract: Contract, tmp_path: Path, require_tool: Callable[[str], Path]) -> None:
    """Terraform accepts the values at the edges, and refuses those beyond."""
    text = (ROOT / "modules" / contract.module / "variables.tf").read_text(encoding="utf-8")
    probes = [
        {"command": "plan", "variables": {name: value}} | ({"expect_failures": [f"var.{name}"]} if is_refused else {})
        for name in contract.settings
        for is_refused, values in enumerate(PROBES[name])
        for value in values
    ]
    runs = {f"probe_{number}": run for number, run in enumerate(probes)}
    assert refusals(require_tool("terraform"), only(text, contract.settings), runs, tmp_path / contract.module) == ""


def _numbers(kind: Type, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if kind == Primitive("number"):
        yield path
    elif isinstance(kind, Object):
        for name, attribute in kind.attributes.items():
            yield from _numbers(attribute.type, (*path, name))
    elif isinstance(kind, Collection):
        yield from _numbers(kind.element, (*path, EACH))
