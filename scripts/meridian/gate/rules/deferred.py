"""Reads a policy that a plan leaves open only because it names resources which the plan replaces."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from meridian.plans.plan_json import Plan

DOCUMENT = re.compile(r"\$\{(data\.aws_iam_policy_document\.[\w-]+)\.json\}")
OTHER_TEXTS = ("override_json", "override_policy_documents", "source_json", "source_policy_documents")
NEGATED = ("not_actions", "not_resources", "not_principals")


def read_deferred(
    plan: Plan, lines: Mapping[str, tuple[str, int]], folder: Path | None, change: Mapping[str, Any], attribute: str
) -> str | None:
    """Return the policy of a change with the old ARN of each replaced resource in it; None if more of it is open.

    The plan has the statements of its data document. The module's code in `folder` has to name an open resource by
    its ARN alone, because nothing in a plan says what an expression makes of it. `lines` says in which file.
    """
    resource = _read_block(lines, folder, f"{change['type']}.{change['name']}")
    named = DOCUMENT.fullmatch(str(resource.get(attribute)))
    entry = next((one["change"] for one in plan.changes if named and one["address"] == named[1]), None)
    if named is None or entry is None or entry["actions"] != ["read"]:
        return None
    written, after, unknown = _read_block(lines, folder, named[1]), entry["after"], entry["after_unknown"]
    blocks, rows = written.get("statement", []), after.get("statement", [])
    opened = unknown.get("statement")
    if "dynamic" in written or any(after.get(name) or unknown.get(name) for name in OTHER_TEXTS):
        return None
    if not isinstance(opened, list) or not len(blocks) == len(rows) == len(opened):
        return None
    old = _replaced(plan)
    statements = [_statement(*one, old) for one in zip(rows, opened, blocks, strict=True)]
    return None if None in statements else json.dumps({"Statement": statements})


def _replaced(plan: Plan) -> dict[str, str]:
    """Return the old ARN of each resource that is replaced, by the expression that names it."""
    changes = [one for one in plan.changes if one["mode"] == "managed" and "index" not in one]
    replaced = [one for one in changes if {"create", "delete"} == set(one["change"]["actions"])]
    arns = {f"${{{one['type']}.{one['name']}.arn}}": one["change"]["before"].get("arn") for one in replaced}
    return {expression: str(arn) for expression, arn in arns.items() if arn}


def _statement(
    row: Mapping[str, Any], opened: Mapping[str, Any], written: Mapping[str, Any], old: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return a statement in the form of JSON; None if more than its one resource is open."""
    tests = [(one["test"], one["variable"]) for one in row.get("condition") or ()]
    rest = {name: value for name, value in opened.items() if name != "resources"}
    if _is_open(rest) or any(row.get(name) for name in NEGATED) or len(set(tests)) != len(tests):
        return None
    resources: Sequence[Any] = row.get("resources") or ()
    if _is_open(opened.get("resources")):
        named = written.get("resources")
        arn = old.get(str(named[0])) if isinstance(named, list) and len(named) == len(resources) == 1 else None
        if arn is None:
            return None
        resources = [arn]
    principals: dict[str, list[Any]] = {}
    for one in row.get("principals") or ():
        principals.setdefault(one["type"], []).extend(one["identifiers"])
    conditions: dict[str, dict[str, Any]] = {}
    for one in row.get("condition") or ():
        conditions.setdefault(one["test"], {})[one["variable"]] = one["values"]
    made = {"Sid": row.get("sid"), "Effect": row.get("effect") or "Allow", "Action": row.get("actions")}
    return {**made, "Resource": list(resources), "Principal": principals, "Condition": conditions}


def _is_open(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_is_open(one) for one in value.values())
    return any(_is_open(one) for one in value) if isinstance(value, list) else value is True


def _read_block(lines: Mapping[str, tuple[str, int]], folder: Path | None, address: str) -> Mapping[str, Any]:
    """Return the body of a resource or data block; empty if it cannot be read."""
    import hcl2  # slow, and seldom needed
    from lark.exceptions import LarkError

    if folder is None or address not in lines:
        return {}
    kind, name = address.split(".")[-2:]
    try:
        code: dict[str, Any] = hcl2.loads((folder / lines[address][0]).read_text(encoding="utf-8") + "\n")
    except (OSError, LarkError, ValueError):
        return {}
    for block in code.get("data" if address.startswith("data.") else "resource", ()):
        found = block.get(f'"{kind}"', {}).get(f'"{name}"')
        if isinstance(found, dict):
            return found
    return {}
