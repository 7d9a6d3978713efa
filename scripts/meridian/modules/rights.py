"""The rights that a module's units need of the pipelines' roles and of its functions: `rights` of its unit.yaml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

ROLES = ("apply", "read", "verify", "functions")
"""Who gets actions: the apply role, each role that plans, the verify role, and the boundary of the functions' roles."""
ANY = "*"
"""The resource of actions for which AWS has none."""
SERVICE = re.compile(r"[a-z][a-z0-9-]*")
RESOURCE = re.compile(r"[A-Za-z0-9:/_.-]*")
ACTION = re.compile(r"[A-Z][A-Za-z0-9]*")
# Names do not limit these: with them a role could give itself more, or reach the key of the states.
KEPT = ("account", "iam", "kms", "organizations", "sts")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]*-")
"""What stands before the name of a bucket: the bucket of the states has nothing there."""
_KEYS = ("service", "resource", "if", *ROLES)
Condition = tuple[str, str]
"""A setting of the environment, and the value that it must have."""


@dataclass(frozen=True)
class Right:
    """Actions of one service on the resources whose names begin with the environment's prefix."""

    service: str
    resource: str
    """What stands before the name in the resource's ARN, e.g. `alarm:`, or ANY."""
    actions: Mapping[str, tuple[str, ...]]
    """The names of the actions, by role."""
    condition: Condition | None = None
    """What an environment must say for its roles to have the right."""

    @property
    def value(self) -> dict[str, Any]:
        """The value as an input of the module that makes the roles."""
        return {
            "service": self.service,
            "resource": self.resource,
            **{role: sorted(names) for role, names in self.actions.items()},
        }


EXAMPLE = Right("sqs", "", dict.fromkeys(ROLES, ("SendMessage",))).value
"""An entry with every key, to check the type of a variable against."""


def read_rights(source: Document) -> tuple[Right, ...]:
    """Return the rights of a unit.yaml; records problems in its document."""
    entries = source.value.get("rights", [])
    if not isinstance(entries, list):
        source.wrong(("rights",), "must be a list, e.g. [{service: sqs, apply: [CreateQueue]}].")
        return ()
    return tuple(_read_right(source, ("rights", number), entry) for number, entry in enumerate(entries))


def _read_right(source: Document, path: KeyPath, entry: Any) -> Right:
    if not isinstance(entry, dict):
        source.wrong(path, f"{quote(entry)} must be a map, e.g. {{service: sqs, apply: [CreateQueue]}}.")
        return Right("", "", {})
    for key in entry.keys() - set(_KEYS):
        source.wrong((*path, key), f"there is no such key.{did_you_mean(key, _KEYS)} Known: {join_words(_KEYS)}.")
    service, resource = entry.get("service"), entry.get("resource", "")
    if not isinstance(service, str) or not SERVICE.fullmatch(service):
        source.wrong((*path, "service"), f"{quote(service)} is not the prefix of a service's actions, e.g. sqs.")
    elif service in KEPT:
        source.wrong((*path, "service"), f"{service!r} is not limited by names. Write the statement in modules/access.")
    if not isinstance(resource, str) or not (resource == ANY or RESOURCE.fullmatch(resource)):
        text = f"{quote(resource)} is not what stands before the name in an ARN, e.g. alarm: or log-group:/acme/."
        source.wrong((*path, "resource"), text)
    elif service == "s3" and not BUCKET.fullmatch(resource):
        text = f"{quote(resource)} is not what a bucket's name begins with, before the prefix, e.g. uploads-."
        source.wrong((*path, "resource"), text)
    actions = {role: _read_actions(source, (*path, role), entry[role]) for role in ROLES if role in entry}
    if not actions:
        source.wrong(path, f"gives no right: name actions for one of {join_words(ROLES)}.")
    for role in actions.keys() - {"read"}:
        if resource == ANY:
            source.wrong((*path, role), "needs a resource: only 'read' can have actions on '*'.")
    condition = read_condition(source, (*path, "if"), entry["if"]) if "if" in entry else None
    return Right(str(service), str(resource), actions, condition)


def read_condition(source: Document, path: KeyPath, value: Any) -> Condition | None:
    """Return the setting and the value of an `if`; None after recording a problem."""
    pairs = list(value.items()) if isinstance(value, dict) else []
    if len(pairs) == 1 and isinstance(pairs[0][1], str):
        return str(pairs[0][0]), pairs[0][1]
    source.wrong(path, f"{quote(value)} must be one setting with its value, e.g. {{replication: global}}.")
    return None


def _read_actions(source: Document, path: KeyPath, names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or not names:
        source.wrong(path, "must be a list of actions, e.g. [CreateQueue, DeleteQueue].")
        return ()
    for number, name in enumerate(names):
        if not isinstance(name, str) or not ACTION.fullmatch(name):
            text = f"{quote(name)} is not one action without its service, e.g. CreateQueue."
            source.wrong((*path, number), text)
    return tuple(str(name) for name in names)
