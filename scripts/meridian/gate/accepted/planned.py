"""Compares the plan of a unit with the module that it runs: resources that no code declares, and foreign accounts."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from meridian.gate.accepted.fixed import Accepted
from meridian.gate.checkov.engine import plain_address
from meridian.gate.finding import Finding, Place, Severity
from meridian.gate.rule import Rule
from meridian.modules.contract import SENTINEL
from meridian.plans.plan_json import Plan

UNDECLARED = Rule(
    "MRD_ACCEPTED_002",
    "Plans have only what the module declares",
    Severity.CRITICAL,
    "Code from another place than the module is in no picture: a hook, or a file beside the unit, can add it.",
    "Remove what adds it and plan again; what the environment needs is declared in the module.",
)
FOREIGN = Rule(
    "MRD_ACCEPTED_003",
    "Plans name no other account",
    Severity.HIGH,
    "A value of the inventory can send messages and logs to another account, or give it rights.",
    "Take the account out of live/inventory.yaml. If it is right, write it in the module's code and run "
    "`meridian accept`, or let an owner accept the finding in scripts/policies/waivers.yaml.",
)
RULES = (UNDECLARED, FOREIGN)
JUDGED = {f"CKV_MRD_{number}" for number in ("003", "018", "024")}
"""The policies that say themselves which account a resource names."""
ACCOUNT = re.compile(
    r"arn:[a-z-]+:[^:\s]*:[^:\s]*:(\d{12}):"
    r"|^(\d{12})$|^(\d{12}):"
    r"|^https://[a-z0-9.-]+\.amazonaws\.[a-z.]+/(\d{12})/"
)
"""An account in an ARN, alone, before the name of a function, or in the URL of a queue."""
TAGS = ("tags", "tags_all")
LITERAL = re.compile(r"(?<!\d)\d{12}(?!\d)")


def find_in_plan(
    plan: Plan,
    *,
    place: Place,
    lines: Mapping[str, tuple[str, int]],
    own: str,
    accepted: Accepted,
    judged: Collection[str] = (),
) -> list[Finding]:
    """Return what the plan of a unit has and its module has not.

    `place` is the unit's (without a resource), `lines` maps an address in the module's code to its file and line.
    `own` is the environment's account. `judged` are the addresses for which a policy of JUDGED has a finding.
    """
    found = [
        UNDECLARED.in_unit(f"{name} is in the plan and not in the code of {place.unit}.", replace(place, resource=name))
        for name in sorted(set(_planned(plan)) - lines.keys())
    ]
    known = {own, *LITERAL.findall(json.dumps(accepted.pictures.get(place.unit, {})))}
    for one in plan.resources:
        if one["address"] in judged:
            continue
        name, where = plain_address(one["address"]), replace(place, resource=one["address"])
        for attribute, account in sorted(set(_accounts(one.get("values", {})))):
            if account not in known:
                what = f"{name}: {attribute} names the account {account}."
                found.append(FOREIGN.in_unit(what, where, lines.get(name, ("", 0))))
    return found


def _planned(plan: Plan) -> Iterator[str]:
    """Yield the address, without indexes, of all that the plan declares, keeps or reads; a module call as such."""
    yield from _configured(plan.document.get("configuration", {}).get("root_module", {}), "")
    for change in plan.changes:
        if not {"delete", "forget"}.issuperset(change["change"]["actions"]):
            kind = "data." if change["mode"] == "data" else ""
            inner = f"{plain_address(change['module_address'])}." if "module_address" in change else ""
            yield f"{inner}{kind}{change['type']}.{change['name']}"


def _configured(module: Mapping[str, Any], scope: str) -> Iterator[str]:
    yield from (f"{scope}{one['address']}" for one in module.get("resources", ()))
    for name, call in module.get("module_calls", {}).items():
        yield f"{scope}module.{name}"
        yield from _configured(call.get("module", {}), f"{scope}module.{name}.")


def _accounts(value: Any, attribute: str = "") -> Iterator[tuple[str, str]]:
    """Yield each account in a value with the outermost attribute that holds it; a policy's text is read as JSON."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if attribute or name not in TAGS:
                yield from _accounts(inner, attribute or name)
                yield from _accounts(name, attribute or name)
    elif isinstance(value, list):
        for inner in value:
            yield from _accounts(inner, attribute)
    elif isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            yield from _accounts(json.loads(value), attribute)
        except ValueError:
            yield from _accounts(f"text: {value}", attribute)
    elif isinstance(value, str) and SENTINEL not in value:
        yield from ((attribute, account) for match in ACCOUNT.finditer(value) for account in match.groups() if account)
