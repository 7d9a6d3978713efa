"""Wildcards in the resources of a statement."""

import re

NAMED_FIRST = {"execute-api", "s3", "sns", "sqs"}  # their ARNs have no type before the name


def wide(resource: str) -> bool:
    """Whether a resource has a wildcard in its service, region or account, or instead of its name."""
    text = re.sub(r"\$\{[^}]*\}", "x", resource)
    if "*" not in text and "?" not in text:
        return False
    parts = text.split(":", 5)
    if len(parts) < 6:
        return "arn".startswith(parts[0].rstrip("*?"))
    _, _, service, region, account, name = parts
    kind, _, rest = name.partition("/") if "/" in name.partition(":")[0] else name.partition(":")
    own = kind if service in NAMED_FIRST or not rest else rest
    return "*" in service + region + account or "?" in service + region + account or own.startswith(("*", "?"))
