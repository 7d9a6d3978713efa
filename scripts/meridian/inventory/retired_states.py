"""`retired_states`: the states that a change of the inventory leaves without a unit, each with the date."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from meridian.inventory.environments import DATE
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import quote

KEY = "retired_states"
LOCATION = re.compile(r"s3://[a-z0-9.-]+/live/[a-z0-9-]+(/([a-z0-9-]+|\*)(/[a-z0-9-]+)?)?")
EXAMPLE = "s3://greeter-dev-state-100000000001/live/dev/*/alarms"


def read_retired_states(source: Document, value: Any) -> dict[str, str]:
    """Return the dates by location; record what is no location or no date."""
    found = source.read_map((KEY,), value, f'a map of states to dates, e.g. {{"{EXAMPLE}": "2026-01-31"}}')
    for location, date in found.items():
        if not LOCATION.fullmatch(location):
            source.wrong((KEY, location), f"is not the place of a state or of several, e.g. {EXAMPLE}.")
        if not isinstance(date, str) or not DATE.fullmatch(date):
            source.wrong((KEY, location), f'{quote(date)} is not a date in quotes, e.g. "2026-01-31".')
    return found


def is_retired(state: str, locations: Iterable[str]) -> bool:
    """Return whether one of the locations is the folder of a unit's state or one above it."""
    return any(fnmatchcase(state, location) or fnmatchcase(state, f"{location}/*") for location in locations)


def format_entries(locations: Iterable[str]) -> str:
    """Return the line of the inventory that records locations today."""
    today = datetime.now(UTC).date().isoformat()
    entries = ", ".join(f'"{location}": "{today}"' for location in locations)
    return f"{KEY}: {{{entries}}}"
