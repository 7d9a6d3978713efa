"""A review as the one comment on its pull request: verdict, findings, what would change, how to see it oneself."""

from collections.abc import Iterator

from meridian.review.result import Review
from meridian.run.summary import UnitPlan
from meridian.scan import markdown

MARK = "<!-- meridian review -->"
"""The first line: by it the comment is found again and replaced."""
DIFF = 20_000
"""How many characters of the difference of live/ are shown; code hosts take 65,536 in all."""


def lines(review: Review) -> Iterator[str]:
    """Yield the comment's lines; whatever comes from the change is shown as text and never as markup."""
    yield MARK
    yield f"## Meridian: {_verdict(review)}"
    yield ""
    yield f"`{review.change.head[:12]}` against `{review.change.base[:12]}`."
    yield from _own(review)
    yield from _release(review)
    yield from _plans(review)
    yield from _parity(review)
    yield from _rendered(review)
    yield ""
    yield "See it yourself, in a clone of this change:"
    yield ""
    yield "```console"
    where = f" ENV={review.environment}" if review.environment else ""
    yield f"$ make review BASE={review.change.base[:12]}{where}   # all of it"
    yield "$ make scan && make parity && make generate && git diff --stat live"
    yield "```"


def failed(message: str) -> str:
    """Return the comment of a review that could not tell."""
    return f"{MARK}\n## Meridian: could not tell\n\n{markdown.text(message)}\n"


def _verdict(review: Review) -> str:
    if not review.sound:
        return "refused"
    if not review.to_release:
        return "accepted"
    return "accepted, released by an owner" if review.released else "waits for an owner of the gate"


def _own(review: Review) -> Iterator[str]:
    yield ""
    yield from markdown.report(review.own)


def _release(review: Review) -> Iterator[str]:
    if not review.to_release:
        yield ""
        yield "The gate before this change accepts it too, and the gate itself is not changed."
        return
    yield ""
    yield f"### {len(review.to_release)} things that an owner of the gate releases"
    yield ""
    for finding in review.to_release[:50]:
        yield f"- {finding.check} {markdown.code(finding.file)}: {markdown.text(finding.what)}"
    if len(review.to_release) > 50:
        yield f"- {len(review.to_release) - 50} more in the report of the run."


def _plans(review: Review) -> Iterator[str]:
    if not review.environment:
        return
    yield ""
    yield f"### What would change in {markdown.text(review.environment)}"
    yield ""
    yield "Planned against what is deployed from the base, on a local AWS."
    yield ""
    changing = [plan for plan in review.plans if not plan.empty]
    if not changing:
        yield f"Nothing: {len(review.plans)} units, no changes."
        return
    yield "| unit | create | update | replace | delete | |"
    yield "|---|---|---|---|---|---|"
    for plan in changing:
        counts = " | ".join(str(plan.count(action) or "") for action in ("create", "update", "replace", "delete"))
        yield f"| {markdown.code(plan.unit)} | {counts} | {'planned with mocks' if plan.provisional else ''} |"
    yield from _gone(changing)


def _gone(plans: list[UnitPlan]) -> Iterator[str]:
    gone = [
        f"- **{action}** {markdown.code(plan.unit)} {markdown.code(address)}"
        for plan in plans
        for action, address in plan.changes
        if action in {"replace", "delete", "forget"}
    ]
    if gone:
        yield ""
        yield from gone[:50]


def _parity(review: Review) -> Iterator[str]:
    yield ""
    yield "### Parity"
    yield ""
    undeclared = review.parity.get("undeclared", [])
    if "error" in review.parity:
        yield f"**Could not tell:** {markdown.text(str(review.parity['error']))}"
    elif not undeclared:
        yield "Every difference between environments and regions is declared."
    for row in undeclared[:50]:
        yield f"- {markdown.text(str(row))}"


def _rendered(review: Review) -> Iterator[str]:
    yield ""
    if not review.rendered:
        yield "`live/` is as before."
        return
    files = review.rendered.count("\ndiff --git ") + 1
    yield f"<details><summary>What the inventory renders anew: {files} files</summary>"
    yield ""
    yield from markdown.fenced(review.rendered[:DIFF], "diff")
    if len(review.rendered) > DIFF:
        yield "The rest: `git diff` of `live/`."
    yield ""
    yield "</details>"
