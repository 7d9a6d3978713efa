"""The base of all policies: reads an attribute in each shape that Checkov gives it, and reports what is wrong.

The shapes (HCL, first plan, later plan) differ: values are wrapped in lists, absent ones are missing, None or
[None], and a value that is not known yet is a reference such as `var.issuer` or `aws_kms_key.data.arn`.
"""

import json
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from _catalogue import CATALOGUE
from _iam import flat
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

REFERENCE = re.compile(
    r"^(?:\$\{)?(?:var|local|data|module|each|path|aws_[a-z0-9_]+)\.|^\w+\.(?:key|value)\b|^\w+\(|\$\{"
)


Check = Callable[[dict[str, Any], str], str | None]
"""Returns what is wrong with a resource of a type, "" for a good one, None if this form does not show it."""


class ResourcePolicy(BaseResourceCheck):
    """A policy over resources of some types."""

    def __init__(self, policy: str, types: Iterable[str], test: Check) -> None:
        super().__init__(
            name=CATALOGUE[policy].title,
            id=policy,
            categories=[CheckCategories.GENERAL_SECURITY],
            supported_resources=list(types),
        )
        self._test = test

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        if conf.get("__change_actions__") == ["delete"]:
            return CheckResult.UNKNOWN
        wrong = self._test(conf, self.entity_type)
        self.details = [wrong] if wrong else []
        if wrong is None:
            return CheckResult.UNKNOWN
        return CheckResult.FAILED if wrong else CheckResult.PASSED


def facts() -> dict[str, Any]:
    """Return the facts of the environment; empty for a scan of code."""
    return dict(json.loads(os.environ.get("MERIDIAN_SCAN_FACTS", "{}")))


def one(conf: Any, *path: str) -> Any:
    """Return an attribute, unwrapped; blocks are followed by name. None if it is not set."""
    return unwrapped(_value_at(conf, path))


def many(conf: Any, *path: str) -> list[Any]:
    """Return an attribute that is a list, flat."""
    return flat(_value_at(conf, path))


def _value_at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = unwrapped(value)
        value = value.get(name) if isinstance(value, dict) else None
    return value


def blocks(conf: Any, name: str) -> list[dict[str, Any]]:
    """Return every block of a name."""
    return [block for block in flat(conf.get(name)) if isinstance(block, dict)]


def unwrapped(value: Any) -> Any:
    """Return the only element of nested lists of one."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return None if value == [] else value


def in_plan(conf: dict[str, Any]) -> bool:
    """Whether a resource is one of a plan."""
    return "__change_actions__" in conf


def reference(value: Any) -> bool:
    """Whether a value is not known yet; Checkov has `{}` for an attribute of an object with defaults.

    A list that is known only after the apply is the text below.
    """
    return value in ({}, "{}", "true_after_unknown") or (isinstance(value, str) and bool(REFERENCE.search(value)))


def true(value: Any) -> bool:
    """Whether a value is true, in any form that HCL and plans have for it."""
    return value is True or str(value).lower() == "true"


def number(value: Any) -> float | None:
    """Return a value as a number, None if it is not one."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
