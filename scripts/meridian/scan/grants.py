"""Rules over what a change of a policy grants: no more than before, or somebody says why."""

from collections.abc import Iterator, Mapping
from typing import Any

from meridian.scan import statements
from meridian.scan.finding import Severity
from meridian.scan.rule import Rule
from policies.checks._aws import TYPES

WIDENED = Rule(
    "MRD_CHANGE_005",
    "No policy grants more than before",
    Severity.HIGH,
    "More rights than before are what an attacker's change, and a hurried one, have in common.",
    "Narrow the statement; if the right is needed, accept it in waivers.yaml with the reason.",
)
UNCOMPARED = Rule(
    "MRD_CHANGE_006",
    "Every change of a policy can be compared",
    Severity.MEDIUM,
    "Its text is known only after the apply: nobody can say now whether it grants more.",
    "Apply what it names first, so that the plan knows it; or accept it in waivers.yaml with the reason.",
)
RULES = (WIDENED, UNCOMPARED)
POLICIES = {name: one.policy for name, one in TYPES.items() if one.policy and not one.repeats}
GRANTS = frozenset(name for name, one in TYPES.items() if one.grants)


def judge(change: Mapping[str, Any], new: bool) -> Iterator[tuple[Rule, str]]:
    """Yield what the change of one resource of a plan grants beyond what it granted before.

    A resource that is new counts unless the whole unit is `new`.
    """
    name, attribute = f"{change['type']}.{change['name']}", POLICIES.get(change["type"])
    actions, body = change["change"]["actions"], change["change"]
    if attribute is None or actions == ["no-op"] or actions == ["read"] or ("create" in actions and new):
        return
    before, after = body.get("before") or {}, body.get("after")
    if not isinstance(after, Mapping) or not (before or change["type"] in GRANTS):
        return
    if (body.get("after_unknown") or {}).get(attribute):
        yield UNCOMPARED, f"{name}: {attribute} is known only after the apply."
        return
    try:
        old = statements.read(before[attribute]) if before.get(attribute) else []
        more = statements.wider(old, statements.read(after.get(attribute) or {}))
    except (ValueError, TypeError, AttributeError) as error:
        yield UNCOMPARED, f"{name}: {attribute} cannot be read as a policy: {error}."
        return
    for sentence in more:
        yield WIDENED, f"{name}: {sentence}."
