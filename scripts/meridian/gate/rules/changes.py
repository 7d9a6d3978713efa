"""Rules over the changes of a plan, which a scan of resources cannot see: losses and weaker protection."""

from collections.abc import Iterator, Mapping
from typing import Any

from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.rule import Rule
from meridian.gate.rules import grants
from meridian.modules.contract import SENTINEL
from meridian.plans.plan_json import Plan, holds_sentinel
from policies.checks._aws import TYPES

DESTROYED = Rule(
    "MRD_CHANGE_001",
    "Nothing that holds data is destroyed or replaced",
    Severity.CRITICAL,
    "The data is lost, and a restored backup has another address.",
    "Keep the resource: undo the change that forces this, or add a `moved` block; or accept it in waivers.yaml.",
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
RULES = (DESTROYED, WEAKENED, MOCKED, FORGOTTEN)

HOLDS_DATA = {name: one.data for name, one in TYPES.items() if one.data}
# Type, path of the attribute, and the values that protect; for numbers, less is weaker.
GUARDS: tuple[tuple[str, tuple[str | int, ...], object], ...] = (
    ("aws_dynamodb_table", ("deletion_protection_enabled",), True),
    ("aws_dynamodb_table", ("point_in_time_recovery", 0, "enabled"), True),
    ("aws_dynamodb_table", ("server_side_encryption", 0, "enabled"), True),
    ("aws_dynamodb_table", ("ttl", 0, "enabled"), True),
    ("aws_cognito_user_pool", ("deletion_protection",), "ACTIVE"),
    ("aws_cognito_user_pool", ("admin_create_user_config", 0, "allow_admin_create_user_only"), True),
    ("aws_cognito_user_pool", ("mfa_configuration",), "ON"),
    ("aws_cognito_user_pool", ("mfa_configuration",), "OPTIONAL"),
    ("aws_cognito_user_pool_client", ("enable_token_revocation",), True),
    ("aws_cognito_user_pool_client", ("prevent_user_existence_errors",), "ENABLED"),
    ("aws_kms_key", ("enable_key_rotation",), True),
    ("aws_kms_key", ("is_enabled",), True),
    ("aws_lambda_function", ("tracing_config", 0, "mode"), "Active"),
)
# For these numbers, less is weaker.
LOWERED: tuple[tuple[str, tuple[str | int, ...]], ...] = (
    ("aws_cloudwatch_log_group", ("retention_in_days",)),
    ("aws_kms_key", ("deletion_window_in_days",)),
    ("aws_cognito_user_pool", ("password_policy", 0, "minimum_length")),
)
# An attribute that is set must stay set.
KEPT: tuple[tuple[str, tuple[str | int, ...]], ...] = (
    ("aws_apigatewayv2_route", ("authorizer_id",)),
    ("aws_cloudwatch_log_group", ("kms_key_id",)),
    ("aws_lambda_function", ("kms_key_arn",)),
    ("aws_sns_topic", ("kms_master_key_id",)),
)
UNSHOWN = frozenset(path for _, path in KEPT)


def find_in_changes(
    plan: Plan, *, place: Place, module: str, lines: Mapping[str, tuple[str, int]], final: bool
) -> list[Finding]:
    """Return the findings of the changes in one unit's plan.

    `place` is the unit's (without a resource), `lines` maps an address to its file and line in the module's
    folder. `final`: the plan is about to be applied, so a mock is a finding.
    """
    found = []
    new = not any(isinstance(one["change"].get("before"), Mapping) for one in plan.changes)
    for change in plan.changes:
        if change.get("mode") != "managed":
            continue
        where = Place(place.environment, place.region, place.unit, change["address"])
        for rule, what in (*_wrong(change, final), *grants.find_wider_grants(change, new)):
            file, line = lines.get(f"{change['type']}.{change['name']}", ("", 0))
            name = f"modules/{module}/{file}".rstrip("/")
            found.append(rule.finding(what, file=name, line=line, module=module, places=(where,)))
    return found


def _wrong(change: Mapping[str, Any], final: bool) -> Iterator[tuple[Rule, str]]:
    name, kind, actions = f"{change['type']}.{change['name']}", change["type"], change["change"]["actions"]
    before, after = change["change"].get("before"), change["change"].get("after")
    if "delete" in actions and kind in HOLDS_DATA:
        yield DESTROYED, f"{name} would be {_fate(change)}, and {HOLDS_DATA[kind]} with it."
    if "forget" in actions:
        yield FORGOTTEN, f"{name} would be dropped from the state and go on existing."
    if final and holds_sentinel(after):
        yield MOCKED, f"{name} would be given a mock ({SENTINEL}) instead of a real value."
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        unknown = change["change"].get("after_unknown") or {}
        for path, old, new in _weaker(kind, before, after, unknown):
            text = ".".join(str(part) for part in path if not isinstance(part, int))
            # These values differ from region to region: without them, the findings are one.
            shown = f"go from {old!r} to {new!r}" if path not in UNSHOWN else "be unset"
            yield WEAKENED, f"{name}: {text} would {shown}."


def _fate(change: Mapping[str, Any]) -> str:
    if "create" not in change["change"]["actions"]:
        return "destroyed"
    paths = [".".join(map(str, path)) for path in change["change"].get("replace_paths") or ()]
    return f"replaced because of {', '.join(paths)}" if paths else "replaced"


def _weaker(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any], unknown: Any
) -> Iterator[tuple[tuple[str | int, ...], object, object]]:
    for of, path, good in GUARDS:
        old, new = _at(before, path), _at(after, path)
        if of == kind and old == good and new not in (good, "ON") and not _at(unknown, path):
            yield path, old, new
    for of, path in LOWERED:
        old, new = _at(before, path), _at(after, path)
        if of == kind and _number(old) and not _at(unknown, path) and (not _number(new) or _lower(path, old, new)):
            yield path, old, new
    for of, path in KEPT:
        old, new = _at(before, path), _at(after, path)
        if of == kind and old and not new and not _at(unknown, path):
            yield path, old, new


def _lower(path: tuple[str | int, ...], old: Any, new: Any) -> bool:
    if path == ("retention_in_days",):  # 0 means for ever
        return bool(new) and (not old or new < old)
    return bool(new < old)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return value if value is True else None
    return value
