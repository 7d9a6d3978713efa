"""Rules over the changes of a plan, which a scan of resources cannot see: losses and weaker protection."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from meridian.gate.checkov.engine import plain_address
from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.rule import Rule
from meridian.gate.rules import grants
from meridian.modules.contract import SENTINEL
from meridian.plans.approval import Swap
from meridian.plans.plan_json import Plan, holds_sentinel
from policies.checks._aws import TYPES

DESTROYED = Rule(
    "MRD_CHANGE_001",
    "Nothing that holds data is destroyed or replaced",
    Severity.CRITICAL,
    "The data is lost, and a restored backup has another address.",
    "Keep the resource: undo the change that forces this, or add a `moved` block; or accept it in waivers.yaml. "
    "Only in an unprotected environment, a function's log group may go together with the function.",
)
WEAKENED = Rule(
    "MRD_CHANGE_002",
    "No protection is turned off",
    Severity.HIGH,
    "A call that was refused before passes, or a loss can no longer be undone.",
    "Leave the setting as it is, or accept the change in waivers.yaml with the reason.",
)
MOCKED = Rule(
    "MRD_CHANGE_003",
    "No mock is about to be applied",
    Severity.CRITICAL,
    "A mock stands for an output that does not exist yet; AWS would get the address of a missing resource.",
    "Apply the units that it needs first; `meridian apply` then plans this one again.",
)
FORGOTTEN = Rule(
    "MRD_CHANGE_004",
    "No resource is dropped from the state",
    Severity.HIGH,
    "A forgotten resource goes on running, and no later plan or scan sees it.",
    "Destroy it or keep it: remove the `removed` block.",
)
SWITCHED = Rule(
    "MRD_CHANGE_007",
    "A table and a replica do not take each other's place in one plan",
    Severity.HIGH,
    "A replica joins only where no table of that name is, and one apply would delete and create at once: it fails half "
    "way, and the region is left without a table.",
    "Undo `replication`, and change it in steps: docs/replication.md.",
)
RULES = (DESTROYED, WEAKENED, MOCKED, FORGOTTEN, SWITCHED)
TABLES = {"aws_dynamodb_table": "a replica", "aws_dynamodb_table_replica": "a table of its own"}
"""What takes the place of each."""

HOLDS_DATA = {name: one.data for name, one in TYPES.items() if one.data}
PROTECTIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "aws_apigatewayv2_route": (("authorizer_id",),),
    "aws_cloudwatch_log_group": (("retention_in_days",), ("kms_key_id",)),
    "aws_cognito_user_pool": (
        ("deletion_protection",),
        ("admin_create_user_config", "allow_admin_create_user_only"),
        ("mfa_configuration",),
        ("password_policy", "minimum_length"),
    ),
    "aws_cognito_user_pool_client": (("enable_token_revocation",), ("prevent_user_existence_errors",)),
    "aws_dynamodb_table": (
        ("deletion_protection_enabled",),
        ("point_in_time_recovery", "enabled"),
        ("server_side_encryption", "enabled"),
        ("ttl", "enabled"),
    ),
    "aws_dynamodb_table_replica": (("deletion_protection_enabled",), ("point_in_time_recovery",)),
    "aws_kms_key": (("enable_key_rotation",), ("is_enabled",), ("deletion_window_in_days",)),
    "aws_lambda_function": (("tracing_config", "mode"), ("kms_key_arn",)),
    "aws_sns_topic": (("kms_master_key_id",),),
}
"""The attributes that protect, by resource type, each with its blocks."""
LIFTED = {("deletion_protection_enabled",), ("deletion_protection",)}
"""The protections that `retiring: true` turns off: with them, the region could not be destroyed."""
STRENGTH = {"OPTIONAL": 0.5, **dict.fromkeys(("", "INACTIVE", "LEGACY", "OFF", "PassThrough"), 0.0)}
"""How much a word protects; every other word is worth 1."""


def find_in_changes(
    plan: Plan,
    *,
    place: Place,
    lines: Mapping[str, tuple[str, int]],
    final: bool,
    swaps: Sequence[Swap] = (),
    retiring: bool = False,
    protected: bool = True,
    accepted: Callable[[str, str], bool] = lambda *_: False,
) -> list[Finding]:
    """Return the findings of the changes in one unit's plan.

    `place` is the unit's (without a resource), `lines` maps an address to its file and line in the module's
    folder. `final`: the plan is about to be applied, so a mock is a finding. `swaps`: a policy may follow these
    outputs from their old to their new values.
    `retiring`: the unit's region is marked to be destroyed, so what it has may lose its deletion protection.
    `protected`: the environment is, so the log group of a destroyed function is a finding, too.
    `accepted` says of a resource and its attribute whether the policy there is what an owner has accepted.
    """
    found = []
    new = not any(isinstance(one["change"].get("before"), Mapping) for one in plan.changes)
    idle = not grants.acts_already(plan.changes)
    made = {one["type"] for one in plan.changes if "create" in one["change"]["actions"]}
    abandoned = frozenset() if protected else _abandoned_logs(plan.changes)
    for change in plan.changes:
        if change.get("mode") != "managed":
            continue
        where = replace(place, resource=change["address"])
        name = plain_address(change["address"])
        kept = accepted(name, grants.POLICIES.get(change["type"], ""))
        grown = () if kept else grants.find_wider_grants(change, new, swaps)
        wrong = _wrong(change, final, idle=idle, retiring=retiring, abandoned=abandoned)
        for rule, what in (*wrong, *_switched(change, made), *grown):
            found.append(rule.in_unit(what, where, lines.get(name, ("", 0))))
    return found


def _wrong(
    change: Mapping[str, Any], final: bool, *, idle: bool, retiring: bool, abandoned: Collection[str]
) -> Iterator[tuple[Rule, str]]:
    name, kind, actions = plain_address(change["address"]), change["type"], change["change"]["actions"]
    before, after = change["change"].get("before"), change["change"].get("after")
    held = HOLDS_DATA.get(kind, "" if kind in TYPES else "what it may hold")
    if "delete" in actions and held and not _is_abandoned(change, abandoned):
        yield DESTROYED, f"{name} would be {_fate(change)}, and {held} with it."
    if "forget" in actions:
        yield FORGOTTEN, f"{name} would be dropped from the state and go on existing."
    if final and holds_sentinel(after):
        yield MOCKED, f"{name} would be given a mock ({SENTINEL}) instead of a real value."
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        unknown = change["change"].get("after_unknown")
        for path in PROTECTIONS.get(kind, ()):
            if retiring and path in LIFTED:
                continue
            old, new = _value_at(before, path), _value_at(after, path)
            # A first apply broke off before it set the retention of a new group: nothing has logged yet.
            if idle and path == ("retention_in_days",) and old == 0:
                continue
            if _strength(path, new) < _strength(path, old) and not _value_at(unknown, path):
                # Ids and ARNs differ from region to region: without them, the findings are one.
                shown = "be unset" if isinstance(old, str) and not new else f"go from {old!r} to {new!r}"
                yield WEAKENED, f"{name}: {'.'.join(path)} would {shown}."


def _is_abandoned(change: Mapping[str, Any], abandoned: Collection[str]) -> bool:
    """Return whether a change destroys one of these log groups."""
    if change["type"] != "aws_cloudwatch_log_group" or change["change"]["actions"] != ["delete"]:
        return False
    before = change["change"].get("before")
    return isinstance(before, Mapping) and before.get("name") in abandoned


def _abandoned_logs(changes: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the names of the log groups that only functions which the plan destroys have written to."""
    abandoned: set[str] = set()
    used: set[str] = set()
    for one in changes:
        if one["type"] != "aws_lambda_function":
            continue
        # A forgotten function goes on writing, and so does one that is replaced.
        goes = one.get("mode") == "managed" and one["change"]["actions"] == ["delete"]
        for values in (one["change"].get("before"), one["change"].get("after")):
            if isinstance(values, Mapping):
                group = _value_at(values, ("logging_config", "log_group"))
                (abandoned if goes else used).add(group or f"/aws/lambda/{values.get('function_name')}")
    return abandoned - used


def _switched(change: Mapping[str, Any], made: Collection[str]) -> Iterator[tuple[Rule, str]]:
    """Yield a table that goes in the plan that makes a replica, or the other way round."""
    successor = TABLES.get(change["type"])
    if successor and "delete" in change["change"]["actions"] and (TABLES.keys() - {change["type"]}).intersection(made):
        yield SWITCHED, f"{change['type']}.{change['name']} would give way to {successor} in the same apply."


def _fate(change: Mapping[str, Any]) -> str:
    if "create" not in change["change"]["actions"]:
        return "destroyed"
    if change.get("action_reason") == "replace_because_tainted":
        return "replaced because its creation was interrupted (`meridian recover` keeps it)"
    paths = [".".join(map(str, path)) for path in change["change"].get("replace_paths") or ()]
    return f"replaced because of {', '.join(paths)}" if paths else "replaced"


def _strength(path: tuple[str, ...], value: Any) -> float:
    """Return how much a value protects: a number as it is, 0 for what is off or not set."""
    if isinstance(value, str):
        return STRENGTH.get(value, 1)
    if path == ("retention_in_days",) and value == 0:  # logs are kept for ever
        return math.inf
    return float(value or 0)


def _value_at(value: Any, path: tuple[str, ...]) -> Any:
    """Return an attribute of a resource, or of its first block; True for one in a block that is not known yet."""
    for name in path:
        if isinstance(value, list):
            value = value[0] if value else None
        if not isinstance(value, Mapping):
            return value if value is True else None
        value = value.get(name)
    return value
