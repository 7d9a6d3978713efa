"""The commands for GitHub: update the comment on a pull request, require an environment's reviewers."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from meridian.console import say
from meridian.errors import Exit, Refused
from meridian.github.api import call_github, read_pages
from meridian.review.comment import MARK, AccountPlan, format_reviews

BY_PULL_REQUEST = "pull-request"
PLAN = "plan-"
"""Begins the name of the artifact with the plan of an environment in its account."""
AUTHOR = "github-actions[bot]"


def comment(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the pull request.")],
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Contains before/review.json, review/review.json, plan-ENV/*.json."),
    ],
) -> int:
    """Create or update the comment on a pull request from two reviews and the plans in accounts.

    `before` comes from a job that ran no code of the change, the others from jobs that did. The comment says so
    if one of the reviews is missing.

    Example: meridian comment 17 out/reviews
    """
    review, before = (_read_report(folder / name / "review.json") for name in ("review", "before"))
    accounts = [
        AccountPlan(one.name.removeprefix(PLAN), *(_read_report(one / name) for name in ("plan.json", "scan.json")))
        for one in sorted(folder.glob(f"{PLAN}*"))
    ]
    text = format_reviews(review, before, accounts)
    found = _find_comment(number)
    if found is None:
        call_github("POST", f"issues/{number}/comments", {"body": text})
    else:
        call_github("PATCH", f"issues/comments/{found}", {"body": text})
    say(f"The comment on pull request {number} is {'new' if found is None else 'updated'}.")
    return Exit.OK


def reviewers(
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="A GitHub environment.")],
) -> int:
    """Fail unless a GitHub environment has required reviewers.

    Without them a job in it starts at once, without an approval. A private repository below GitHub Enterprise cannot
    have them: there the repository variable APPROVAL=pull-request says that the approval of the pull request is enough.

    Example: meridian reviewers gate-change
    """
    # Source: GitHub, "REST API endpoints for deployment environments", protection_rules.
    found = call_github("GET", f"environments/{environment}")
    rules = [rule for rule in found.get("protection_rules", []) if rule.get("type") == "required_reviewers"]
    if any(rule.get("reviewers") for rule in rules):
        say(f"GitHub environment {environment} has required reviewers.")
        return Exit.OK
    # Source: GitHub, "Deployments and environments": required reviewers of private repositories need Enterprise.
    private = bool(call_github("GET", "").get("private"))
    if private and os.environ.get("APPROVAL") == BY_PULL_REQUEST:
        say(
            f"GitHub environment {environment} has no required reviewers. The ruleset of main protects it: each change "
            f"needs an approved pull request (APPROVAL={BY_PULL_REQUEST})."
        )
        return Exit.OK
    without = (
        " A private repository needs GitHub Enterprise for them. Without it, require an approval of each pull request "
        f"(docs/pipelines.md) and set the repository variable APPROVAL={BY_PULL_REQUEST}."
    )
    raise Refused(
        f"GitHub environment {environment} has no required reviewers: its jobs start without an approval.",
        "Add the owners from .github/CODEOWNERS as required reviewers: Settings, Environments."
        + (without if private else ""),
    )


def _read_report(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return {"error": f"{file.parent.name}/{file.name} of a job cannot be read: {type(error).__name__}."}


def _find_comment(number: int) -> int | None:
    for one in read_pages(f"issues/{number}/comments"):
        if one["user"]["login"] == AUTHOR and one["body"].startswith(MARK):
            return int(one["id"])
    return None
