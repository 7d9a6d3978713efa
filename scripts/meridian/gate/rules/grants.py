"""Rules over changes of IAM and resource policies: a policy that grants more than before needs a waiver."""

from collections.abc import Iterator, Mapping
from typing import Any

from meridian.gate.finding import Severity
from meridian.gate.rule import Rule
from meridian.gate.rules import statements
from policies.checks._aws import TYPES

WIDENED = Rule(
    "MRD_CHANGE_005",
    "No policy grants more than before",
    Severity.HIGH,
    "A malicious change and a careless one both widen rights.",
    "Narrow the statement; if the right is needed, accept it in waivers.yaml with the reason.",
)
UNCOMPARED = Rule(
    "MRD_CHANGE_006",
    "Every change of a policy can be compared",
    Severity.MEDIUM,
    "The text is known only after the apply, so the gate cannot see whether it grants more.",
    "Apply the resources that it names first, so that the plan knows them; or accept it in waivers.yaml.",
)
RULES = (WIDENED, UNCOMPARED)
POLICIES = {name: one.policy for name, one in TYPES.items() if one.policy and not one.repeats}
GRANTS = frozenset(name for name, one in TYPES.items() if one.grants)


def find_wider_grants(change: Mapping[str, Any], new: bool) -> Iterator[tuple[Rule, str]]:
    """Yield a rule and a sentence for each right that a changed resource grants and did not grant before.

    `new`: the whole unit is new, so its new resources widen nothing.
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
        more = statements.find_wider(old, statements.read(after.get(attribute) or {}))
    except (ValueError, TypeError, AttributeError) as error:
        yield UNCOMPARED, f"{name}: {attribute} cannot be read as a policy: {error}."
        return
    for sentence in more:
        yield WIDENED, f"{name}: {sentence}."
