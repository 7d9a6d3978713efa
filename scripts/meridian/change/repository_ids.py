"""The ids of a GitHub repository, which the subjects of its tokens name if it was made since 15 July 2026."""

import json
import re
import shutil
import subprocess
from datetime import date

from meridian.errors import UserError
from meridian.inventory.names import github_name

IMMUTABLE_SINCE = date(2026, 7, 15)
"""GitHub, "Immutable subject claims": repositories made from this day on send ids; older ones can opt in."""
IDS = re.compile(r"([1-9][0-9]{0,19}):([1-9][0-9]{0,19})")
Ids = dict[str, str]


def find_ids(repository: str, given: str) -> Ids | None:
    """Return the ids of owner and repository to put into the inventory; None if its subjects have none, or unknown.

    `given` is `OWNER_ID:REPOSITORY_ID`, `none`, or empty: then `gh` is asked, if it is there and signed in.
    Raises UserError if it is something else.
    """
    if given == "none":
        return None
    if given:
        found = IDS.fullmatch(given)
        if not found:
            raise UserError(f"--ids {given}: write OWNER_ID:REPOSITORY_ID or none.", "E.g. --ids 123456:789012345.")
        return {"owner": found[1], "repository": found[2]}
    return _ask_gh(github_name(repository))


def format_ids(ids: Ids | None) -> str:
    """Return the ids in words; without any, where to read how to find them."""
    if ids is None:
        return "none; if yours have them: docs/security.md, Subjects"
    return f"owner {ids['owner']}, repository {ids['repository']}"


def _ask_gh(name: str | None) -> Ids | None:
    if name is None or shutil.which("gh") is None:
        return None
    done = subprocess.run(
        ["gh", "api", f"repos/{name}"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    try:
        found = json.loads(done.stdout)
        made = date.fromisoformat(str(found["created_at"])[:10])
        ids = {"owner": str(int(found["owner"]["id"])), "repository": str(int(found["id"]))}
    except (LookupError, TypeError, ValueError):
        return None
    return ids if made >= IMMUTABLE_SINCE else None
