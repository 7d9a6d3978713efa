"""The rules of what must be refused: each refused call, and that all of them together left nothing."""

from collections.abc import Collection

from meridian.verify.attempts import AUTHORIZER, Attempt, NotTried
from meridian.verify.checks import cause, from_function
from meridian.verify.deployment import Regional
from meridian.verify.findings import Finding, failed, passed, skipped, unknown
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.observe import Items, Messages, Table


def refusal(place: Regional, attempt: Attempt, answer: Answer | NoAnswer) -> Finding:
    """A forged or missing token is refused with the wanted code, by the authorizer where it must be."""
    region, rule, call = place.region, attempt.rule, f"GET /greet {attempt.what}"
    wanted = " or ".join(str(code) for code in sorted(attempt.wanted))
    if isinstance(answer, NoAnswer):
        return unknown(region, rule, f"{call} got no answer ({answer.reason}).")
    if answer.status == 429:
        return unknown(region, rule, f"{call} answered 429: it is throttled, try again.")
    if answer.status < 300:
        return failed(region, rule, f"{call} answered {answer.status}, wanted {wanted}: {attempt.blame}.")
    if answer.status == 404:
        return failed(
            region, rule, f"{call} answered 404, wanted {wanted}: the API has no route GET /greet or no stage."
        )
    if answer.status not in attempt.wanted:
        return failed(
            region, rule, f"{call} answered {answer.status}, wanted {wanted}: {_went(place, attempt, answer)}."
        )
    if attempt.wanted == AUTHORIZER and from_function(answer):
        return failed(region, rule, f"{call} was refused by the function, not by the authorizer: {attempt.blame}.")
    return passed(region, rule, f"{call} answered {answer.status}.")


def let_through(answer: Answer | NoAnswer) -> bool:
    """Tell whether a call without any token came past the authorizer."""
    return isinstance(answer, Answer) and (answer.status < 300 or from_function(answer))


def not_tried(region: str, attempt: NotTried) -> Finding:
    """A refusal that was not tried is never silent."""
    say = skipped if attempt.on_purpose else unknown
    return say(region, attempt.rule, attempt.reason)


def no_trace(place: Regional, accepted: int, own: Table, heard: Messages | NoAnswer, known: Collection[str]) -> Finding:
    """No refused call wrote an item or published a message; `known` are the ids that this run greeted with."""
    rule, region = "no-trace", place.region
    extra_items = sum(item.get("greeting_id") not in known for item in own.items) if isinstance(own, Items) else 0
    extra_messages = 0
    if isinstance(heard, Messages):
        extra_messages = heard.forged + (max(0, len(heard.mine) - 1) if accepted else 0)
    if extra_items or extra_messages:
        return failed(
            region,
            rule,
            f"Calls that must be refused left {extra_items} items and {extra_messages} messages: some ran.",
        )
    for unseen in (own, heard):
        if isinstance(unseen, NoAnswer):
            return unknown(region, rule, f"Nobody can tell what the refused calls left: {unseen.reason}.")
    if not isinstance(own, Items) or not isinstance(heard, Messages):
        return unknown(region, rule, "Nobody can tell what the refused calls left: there is no table.")
    return passed(region, rule, f"The refused calls wrote no item; in {heard.waited:.0f} s they sent no message.")


def _went(place: Regional, attempt: Attempt, answer: Answer) -> str:
    if answer.status >= 500:
        return cause(place, answer)
    if attempt.wanted == AUTHORIZER and from_function(answer):
        return f"it reached the function, {attempt.blame}"
    if answer.status == 401:
        return "the authorizer refused what the function should refuse"
    return "something other than the authorizer answered"
