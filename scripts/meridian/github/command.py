"""What the workflows ask of the code host: one comment kept up to date, and an environment that somebody approves."""

from itertools import count
from pathlib import Path

from meridian.console import say
from meridian.errors import Exit, Refused, UserError
from meridian.github.api import PAGE, Api
from meridian.review.comment import MARK

LONGEST = 65_536
"""GitHub's limit of a comment, in characters."""
AUTHOR = "github-actions[bot]"


def comment(api: Api, number: int, file: Path) -> int:
    """Make the file's text the one comment of ours on a pull request: update it in place, or make it.

    Raises UserError for a file that is no such comment, OperationFailed or CouldNotTell for the code host.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{file}: cannot be read: {error.strerror}.", "`meridian review` writes out/review.md."
        ) from error
    if not text.startswith(MARK) or len(text) > LONGEST:
        raise UserError(f"{file}: it is no comment of `meridian review`.", f"It begins with {MARK}.")
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


def _ours(api: Api, number: int) -> int | None:
    for page in count(1):
        found = api.get(f"issues/{number}/comments", per_page=PAGE, page=page)
        for one in found:
            if one["user"]["login"] == AUTHOR and one["body"].startswith(MARK):
                return int(one["id"])
        if len(found) < PAGE:
            return None
    return None
