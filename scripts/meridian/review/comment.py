"""A review as the one comment on its pull request: verdict, findings, what would change, how to see it oneself."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from meridian.errors import Exit
from meridian.run.summary import LISTED, UnitPlan
from meridian.scan import markdown

MARK = "<!-- meridian review -->"
"""The first line: by it the comment is found again and replaced."""
DIFF = 20_000
"""How many characters of the difference of live/ are shown."""
LONGEST = 60_000
"""How many characters a comment may have; code hosts take 65,536."""

Body = Mapping[str, Any]
"""out/review.json: of this process, or of a job in which code of the change ran, then of any form."""


def text(body: Body) -> str:
    """Return the comment on one review, whose body it is."""
    return _joined(body, body["to_release"])


def joined(body: Body, before: Body) -> str:
    """Return the comment on a review, and on that of a job in which nothing of the change ran.

    What only the second one says is not left out, whatever the first one became in the change's reach.
    """
    try:
        for one in (before, body):
            if "error" in one:
                return failed(str(one["error"]))
        known = {_key(row) for row in body["to_release"]}
        more = [row for row in before["to_release"] if _key(row) not in known] if _sound(body) else []
        return _joined({**body, "base": before["base"], "head": before["head"]}, [*body["to_release"], *more])
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return failed(f"The report of the review has an odd form ({type(error).__name__}).")


def failed(message: str) -> str:
    """Return the comment of a review that could not tell."""
    return f"{MARK}\n## Meridian: could not tell\n\n{markdown.text(message)}\n"


def _joined(body: Body, to_release: Iterable[Body]) -> str:
    """Return all parts; whatever comes from the change is shown as text and never as markup."""
    release = list(to_release)
    parts = [
        list(part)
        for part in (
            _head(body, release),
            _own(body),
            _release(release),
            _plans(body),
            _parity(body),
            _rendered(body),
            _console(body),
        )
    ]
    while sum(len(line) + 1 for part in parts for line in part) > LONGEST:
        longest = max(parts, key=lambda part: sum(map(len, part)))
        longest[:] = ["", "**A part is too long for a comment**: the summary of the run has all of it."]
    return "\n".join(line for part in parts for line in part) + "\n"


def _key(row: Body) -> tuple[str, str, str]:
    return str(row["check"]), str(row["file"]), str(row["what"])


def _sound(body: Body) -> bool:
    return all(body[name] is None or body[name]["exit_code"] == Exit.OK for name in ("own", "parity"))


def _head(body: Body, release: list[Body]) -> Iterator[str]:
    yield MARK
    yield f"## Meridian: {_verdict(body, release)}"
    yield ""
    yield f"{markdown.code(body['head'][:12])} against {markdown.code(body['base'][:12])}."


def _verdict(body: Body, release: list[Body]) -> str:
    if not _sound(body):
        return "refused"
    if not release:
        return "accepted" if body["own"] is not None else "nothing against it without a plan and its own gate"
    return "accepted, released by an owner" if body["released"] is True else "waits for an owner of the gate"


def _own(body: Body) -> Iterator[str]:
    yield ""
    if body["own"] is None:
        yield "Nothing of the change was run: its own gate was not asked."
    else:
        yield from markdown.report(body["own"])


def _release(release: list[Body]) -> Iterator[str]:
    if not release:
        yield ""
        yield "The gate before this change accepts it too, and the gate itself is not changed."
        return
    yield ""
    yield f"### {len(release)} things that an owner of the gate releases"
    yield ""
    for row in release[:50]:
        check, file, what = _key(row)
        yield f"- {markdown.text(check)} {markdown.code(file)}: {markdown.text(what)}"
    if len(release) > 50:
        yield f"- {len(release) - 50} more in the report of the run."


def _plans(body: Body) -> Iterator[str]:
    if not body["environment"]:
        return
    yield ""
    yield f"### What would change in {markdown.text(body['environment'])}"
    yield ""
    yield "Planned against what is deployed from the base, on a local AWS."
    yield ""
    plans = [UnitPlan(**row) for row in body["plans"]]
    changing = [plan for plan in plans if not plan.empty]
    if not changing:
        yield f"Nothing: {len(plans)} units, no changes."
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
        if action in LISTED
    ]
    if gone:
        yield ""
        yield from gone[:50]


def _parity(body: Body) -> Iterator[str]:
    parity = body["parity"]
    if parity is None:
        return
    yield ""
    yield "### Parity"
    yield ""
    undeclared = parity.get("undeclared", [])
    if "error" in parity:
        yield f"**Could not tell:** {markdown.text(str(parity['error']))}"
    elif not undeclared:
        yield "Every difference between environments and regions is declared."
    for row in undeclared[:50]:
        first, second = (f"{side['where']} {side['value']} ({side['place']})" for side in (row["first"], row["second"]))
        yield "- " + markdown.text(f"{row['subject']}: {first}, {second}: {row['why']}")


def _rendered(body: Body) -> Iterator[str]:
    yield ""
    rendered = str(body["rendered"])
    if not rendered:
        yield "`live/` is as before."
        return
    files = rendered.count("\ndiff --git ") + 1
    yield f"<details><summary>What the inventory renders anew: {files} files</summary>"
    yield ""
    yield from markdown.fenced(rendered[:DIFF], "diff")
    if len(rendered) > DIFF:
        yield "The rest: `git diff` of `live/`."
    yield ""
    yield "</details>"


def _console(body: Body) -> Iterator[str]:
    where = f" ENV={body['environment']}" if re.fullmatch(r"[a-z0-9-]+", str(body["environment"])) else ""
    base = str(body["base"])[:12]
    yield ""
    yield "See it yourself, in a clone of this change:"
    yield ""
    text = f"""\
$ make review BASE={base}{where}   # all of it
$ make scan                        # the findings
$ make parity                      # parity
$ git diff {base}... -- live       # what is rendered anew; make generate renders it"""
    yield from markdown.fenced(text, "console")
