"""The comment on a pull request: verdict, findings, planned changes, and the commands to repeat the review."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meridian.change.impact import format_units
from meridian.deploy.summary.markdown import format_markdown
from meridian.deploy.summary.stored import restore_summary
from meridian.errors import Exit
from meridian.gate.report import markdown

MARK = "<!-- meridian review -->"
"""The first line, by which a later run finds the comment and replaces it."""
LONGEST = 60_000
"""The longest comment, in characters; GitHub accepts 65,536."""
LONGEST_DIFF = 15_000
"""The longest diff of what an owner releases."""
LONGEST_PLAN = 4_000
"""The longest summary of one environment's plan: about a screen."""
REASONS = 12

Body = Mapping[str, Any]
"""The content of out/review.json; code of the change may have written it, so its form is not certain."""


@dataclass(frozen=True)
class AccountPlan:
    """The reports of `plan` and `scan` on an environment in its account; code of the change may have written them."""

    environment: str
    plan: Body
    scan: Body


def format_review(body: Body) -> str:
    """Return the comment on one review."""
    return _format(body, body["to_release"])


def format_reviews(body: Body, before: Body, accounts: Sequence[AccountPlan] = ()) -> str:
    """Return the comment on two reviews; `before` comes from a job in which no code of the change ran.

    It shows everything that `before` reports, whatever code of the change did to the other report. `accounts` are
    plans in accounts; they stand in place of those on a local AWS.
    """
    try:
        for one in (before, body):
            if "error" in one:
                return format_failure(str(one["error"]))
        known = {_key(row) for row in body["to_release"]}
        more = [row for row in before["to_release"] if _key(row) not in known] if _sound(body) else []
        whole = {**body, **{key: before[key] for key in ("base", "head", "released_diff")}}
        return _format(whole, [*body["to_release"], *more], accounts)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return format_failure(f"The report of the review cannot be read ({type(error).__name__}).")


def format_failure(message: str) -> str:
    """Return the comment on a review that could not tell."""
    return f"{MARK}\n## Meridian: could not tell\n\n{markdown.escape_text(message)}\n"


def _format(body: Body, release: Sequence[Body], accounts: Sequence[AccountPlan] = ()) -> str:
    """Return all parts, with text from the change escaped; a part that makes the comment too long is left out."""
    found = [_head(body, release, accounts), _plans(body, accounts), _impact(body), _own(body), _release(release)]
    found += [_released_diff(body), _parity(body), _rendered(body)]
    parts = ["\n".join(part) for part in (*found, _console(body))]
    while sum(map(len, parts)) > LONGEST:
        longest = max(range(len(parts)), key=lambda number: len(parts[number]))
        parts[longest] = "\n**This part is too long for a comment**: the commands below show it."
    return "\n".join(part for part in parts if part) + "\n"


def _key(row: Body) -> tuple[str, str, str]:
    return str(row["check"]), str(row["file"]), str(row["what"])


def _sound(body: Body, accounts: Sequence[AccountPlan] = ()) -> bool:
    reports = [body["own"], body["parity"], *(part for one in accounts for part in (one.plan, one.scan))]
    return all(one is None or one.get("exit_code") == Exit.OK for one in reports)


def _head(body: Body, release: Sequence[Body], accounts: Sequence[AccountPlan]) -> Iterator[str]:
    if not _sound(body, accounts):
        verdict = "refused"
    elif not release:
        verdict = "accepted" if body["own"] is not None else "no findings, without a plan and its own gate"
    else:
        verdict = "accepted, released by an owner" if body["released"] is True else "waits for an owner of the gate"
    yield MARK
    yield f"## Meridian: {verdict}"
    yield ""
    yield f"{markdown.format_code(body['head'][:12])} against {markdown.format_code(body['base'][:12])}."


def _own(body: Body) -> Iterator[str]:
    yield ""
    if body["own"] is None:
        yield "No code of the change ran: its own gate is not part of this review."
    else:
        yield from markdown.format_report(body["own"])


def _release(release: Sequence[Body]) -> Iterator[str]:
    yield ""
    if not release:
        yield "The gate of the base accepts this change too, and the gate itself is not changed."
        return
    yield f"### For an owner of the gate to release: {len(release)}"
    yield ""
    for check, file, what in map(_key, release):
        yield f"- {markdown.escape_text(check)} {markdown.format_code(file)}: {markdown.escape_text(what)}"


def _released_diff(body: Body) -> Iterator[str]:
    """Yield the diff of what an owner releases, cut at a line."""
    text = str(body["released_diff"])
    if not text:
        return
    whole = len(text) <= LONGEST_DIFF
    yield ""
    yield "<details><summary>Diff of what an owner releases</summary>"
    yield ""
    yield from markdown.format_fenced(text if whole else text[:LONGEST_DIFF].rpartition("\n")[0], "diff")
    if not whole:
        yield ""
        yield "Cut here: the commands below show the rest."
    yield ""
    yield "</details>"


def _plans(body: Body, accounts: Sequence[AccountPlan]) -> Iterator[str]:
    """Yield the summary of each environment's plan, cut by whole rows, so that all of them fit on a screen or two."""
    for one in accounts:
        yield ""
        if "error" in one.plan:
            yield f"## Plan of {markdown.escape_text(one.environment)}"
            yield ""
            yield f"**Could not be made in its account:** {markdown.escape_text(str(one.plan['error']))}"
            continue
        summary = restore_summary(one.plan["summary"])
        yield format_markdown(summary, LONGEST_PLAN).rstrip("\n")
        yield ""
        yield f"Planned in its account. Repeat it: `make plan ENV={summary.environment} NO_LOCK=1`."
        if one.scan.get("exit_code") != Exit.OK:
            yield ""
            yield from markdown.format_report(one.scan)
    known = {one.environment for one in accounts if "error" not in one.plan}
    local = [stored for stored in body["plans"] if stored["environment"] not in known]
    for stored in local:
        yield ""
        yield format_markdown(restore_summary(stored), LONGEST_PLAN).rstrip("\n")
    if local:
        yield ""
        yield "Planned on a local AWS with the base deployed."


def _impact(body: Body) -> Iterator[str]:
    if not body["reasons"]:
        return
    yield ""
    yield "### Why units change"
    yield ""
    for row in body["reasons"][:REASONS]:
        units = ", ".join(format_units([str(unit) for unit in row["units"]]))
        yield f"- {markdown.escape_text(str(row['reason']))}: {markdown.escape_text(units)}"
    if len(body["reasons"]) > REASONS:
        yield f"- {len(body['reasons']) - REASONS} more: `make impact`"


def _parity(body: Body) -> Iterator[str]:
    parity = body["parity"]
    if parity is None:
        return
    yield ""
    yield "### Parity"
    yield ""
    undeclared = parity.get("undeclared", [])
    if "error" in parity:
        yield f"**Could not tell:** {markdown.escape_text(str(parity['error']))}"
    elif not undeclared:
        yield "Every difference between environments and regions is declared."
    for row in undeclared:
        first, second = (f"{side['where']} {side['value']} ({side['place']})" for side in (row["first"], row["second"]))
        yield "- " + markdown.escape_text(f"{row['subject']}: {first}, {second}: {row['why']}")


def _rendered(body: Body) -> Iterator[str]:
    yield ""
    rendered = str(body["rendered"])
    if not rendered:
        yield "`live/` is unchanged."
        return
    files = rendered.count("\ndiff --git ") + 1
    yield f"<details><summary>Changed files in live/: {files}</summary>"
    yield ""
    yield from markdown.format_fenced(rendered, "diff")
    yield ""
    yield "</details>"


def _console(body: Body) -> Iterator[str]:
    where = " TOUCHED=1" if body["plans"] else ""
    base = str(body["base"])[:12]
    yield ""
    yield "Repeat it in a clone of this change:"
    yield ""
    text = f"""\
$ make review BASE={base}{where}   # everything
$ make impact BASE={base}   # why units change
$ make scan                        # the findings
$ make parity                      # parity
$ git diff {base}...               # what an owner releases, and the rest
$ git diff {base}... -- live       # the rendered files; make generate renders them"""
    yield from markdown.format_fenced(text, "console")
