"""What the workflows ask of the code host: one comment kept up to date, and an environment that somebody approves."""

import json
from itertools import count
from pathlib import Path
from typing import Any

from meridian.console import say
from meridian.errors import Exit, Refused
from meridian.github.api import PAGE, Api
from meridian.review import comment as reviewed

AUTHOR = "github-actions[bot]"


def comment(api: Api, number: int, folder: Path) -> int:
    """Make what the reviews in `folder` say the one comment of ours on a pull request: update it, or make it.

    A review that is missing or cannot be read is told as such. Raises OperationFailed or CouldNotTell for
    the code host.
    """
    text = reviewed.joined(*(_report(folder / name / "review.json") for name in ("review", "before")))
    found = _ours(api, number)
    if found is None:
        api.ask("POST", f"issues/{number}/comments", {"body": text})
    else:
        api.ask("PATCH", f"issues/comments/{found}", {"body": text})
    say(f"The comment on pull request {number} is {'new' if found is None else 'up to date'}.")
    return Exit.OK


def require_reviewers(api: Api, environment: str) -> int:
    """Raise Refused unless an environment of the code host waits for somebody's approval.

    Without reviewers a job in it starts at once, and what it should hold back goes through.
    Source: GitHub, "REST API endpoints for deployment environments", protection_rules.
    """
    found = api.get(f"environments/{environment}")
    rules = [rule for rule in found.get("protection_rules", []) if rule.get("type") == "required_reviewers"]
    if not any(rule.get("reviewers") for rule in rules):
        raise Refused(
            f"The environment {environment} has no required reviewers: nobody is asked.",
            "Settings, Environments: name the owners of .github/CODEOWNERS as its required reviewers.",
        )
    say(f"{environment} waits for its reviewers.")
    return Exit.OK


def _report(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return {"error": f"The review of the job {file.parent.name} cannot be read: {type(error).__name__}."}


def _ours(api: Api, number: int) -> int | None:
    for page in count(1):
        found = api.get(f"issues/{number}/comments", per_page=PAGE, page=page)
        for one in found:
            if one["user"]["login"] == AUTHOR and one["body"].startswith(reviewed.MARK):
                return int(one["id"])
        if len(found) < PAGE:
            return None
    return None
