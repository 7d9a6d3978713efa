"""Edits the pinned versions of an environment in the inventory's text: every other byte stays."""

from collections.abc import Mapping

from meridian.inventory import spans


def set_versions(text: str, environment: str, versions: Mapping[str, str]) -> str:
    """Return the inventory with these versions of modules in an environment; a module that it lacks is added last.

    Quotes, comments and order stay. The environment must have a map of versions: KeyError if it is not there.
    """
    owner = spans.node(text, ("environments", environment, "versions"))
    found = {name.value: value for name, value in owner.value}
    # From the end to the beginning, so that the positions found stay valid.
    for module in reversed([name for name in versions if name not in found]):
        text = spans.inserted(text, owner, f"{module}: {versions[module]}")
    for module, value in sorted(found.items(), key=lambda pair: -int(pair[1].start_mark.index)):
        if module in versions:
            quote = value.style or ""
            text = spans.replaced(text, value, f"{quote}{versions[module]}{quote}")
    return text
