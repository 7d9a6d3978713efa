"""One pure function per rule of a region: what was observed in, a result out."""

from collections.abc import Mapping
from dataclasses import dataclass

from meridian.verify.deployment import Regional
from meridian.verify.findings import Result, Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.observe import Item, Items, Message, Messages

_GREET_MEANS = {
    401: "the authorizer refused the user's own ID token: its issuer or audience is not this pool and client",
    403: "the function got no verified e-mail from the authorizer, if the route has one",
    404: "the API has no such route, or no stage",
}


@dataclass(frozen=True)
class Expected:
    """What the greeting of one region must leave; `email` is never printed."""

    greeting_id: str
    email: str
    repository: str
    others: frozenset[str]
    """The ids of the other regions' greetings."""


def check_status(place: Regional, answer: Answer | NoAnswer) -> Result:
    """Check that GET /status answers 200 without a token and names its region."""
    call = "GET /status"
    if isinstance(answer, NoAnswer):
        reason = answer.reason
        return Status.FAIL, f"{call} got no answer ({reason}): the region's API is down, or its address is wrong."
    if answer.status == 503:
        return Status.FAIL, f"{call} answered 503: the function cannot read table {place.table_name}."
    if answer.status != 200:
        return _unwanted(place, call, answer)
    seen = answer.body.get("region"), answer.body.get("status")
    if seen != (place.region, "ok"):
        wanted = f"wanted {place.region!r} and 'ok'"
        return Status.FAIL, f"{call} says region {seen[0]!r} and status {seen[1]!r}, {wanted}."
    return Status.PASS, f"{call} answered 200 without a token."


def check_greet(place: Regional, answer: Answer | NoAnswer, greeting_id: str) -> Result:
    """Check that GET /greet with an ID token answers 200 from this region, with the key as the greeting's id."""
    call, region = "GET /greet with an ID token", place.region
    if isinstance(answer, NoAnswer):
        return Status.FAIL, f"{call} got no answer ({answer.reason})."
    if answer.status != 200:
        return _unwanted(place, call, answer)
    if (ran := answer.body.get("region")) != region:
        return Status.FAIL, f"GET /greet ran in {ran!r}, wanted {region!r}: the API calls a function elsewhere."
    if answer.body.get("greeting_id") != greeting_id:
        return Status.FAIL, "GET /greet did not use the Idempotency-Key as the greeting_id."
    if not isinstance(answer.body.get("message"), str):
        return Status.FAIL, "GET /greet answered 200 without a message."
    return Status.PASS, f"{call} answered 200 from this region."


def check_item(place: Regional, tables: Mapping[str, Items], expected: Expected) -> Result:
    """Check that the greeting's item is in this region's table, well formed, and in no other table."""
    found = {region: _with_id(items, expected.greeting_id) for region, items in tables.items()}
    if strays := [region for region, items in found.items() if items and region != place.region]:
        return Status.FAIL, f"The item is in the table of {', '.join(strays)}: the function writes to the wrong table."
    own, table = tables[place.region], place.table_name
    if isinstance(own, NoAnswer):
        return Status.UNKNOWN, f"The item could not be observed: {own.reason}."
    if not found[place.region]:
        return Status.FAIL, f"Table {table} lacks the item: the function wrote nothing, or to another table."
    if wrong := _malformed(found[place.region][0], place.region, expected.email):
        return Status.FAIL, f"The item in table {table} {wrong}."
    if reasons := unseen_reasons(*tables.values()):
        return Status.UNKNOWN, f"The item is in table {table}; another region's table could not be read: {reasons}."
    return Status.PASS, f"The item is in table {table} and in no other region's."


def check_replicated_item(
    place: Regional, tables: Mapping[str, Items], expected: Expected, seconds: Mapping[str, float], patience: int
) -> Result:
    """Check that the greeting's item is in this region's table, well formed, and arrived in every other one.

    `seconds` is how long it took to arrive, by region; `patience` is how long it was waited for.
    """
    own, table = tables[place.region], place.table_name
    if isinstance(own, NoAnswer):
        return Status.UNKNOWN, f"The item could not be observed: {own.reason}."
    found = _with_id(own, expected.greeting_id)
    if not found:
        return Status.FAIL, f"Table {table} lacks the item: the function wrote nothing, or to another table."
    if wrong := _malformed(found[0], place.region, expected.email):
        return Status.FAIL, f"The item in table {table} {wrong}."
    unseen = [name for name, items in tables.items() if isinstance(items, NoAnswer)]
    if late := sorted(tables.keys() - seconds.keys() - {place.region, *unseen}):
        return Status.FAIL, f"The item did not arrive in {', '.join(late)} within {patience} s: it is not replicated."
    if unseen:
        reasons = unseen_reasons(*tables.values())
        return Status.UNKNOWN, f"The item is in table {table}; another region's table could not be read: {reasons}."
    arrived = ", ".join(f"{name} after {took:.1f} s" for name, took in sorted(seconds.items()) if name != place.region)
    return Status.PASS, f"The item is in table {table} and arrived in {arrived or 'no other region: there is none'}."


def check_message(place: Regional, heard: Messages, expected: Expected) -> Result:
    """Check that the message arrived with exactly the fields and values of the wire contract."""
    if isinstance(heard, NoAnswer):
        return Status.UNKNOWN, f"Messages could not be observed: {heard.reason}."
    mine = _with_email(heard, expected.email)
    if not mine:
        others = f" ({len(heard)} others arrived)" if heard else ""
        return Status.FAIL, (
            f"No message with the caller's e-mail arrived from {place.topic_arn} in time{others}: the "
            "function did not publish there, or the topic or its key does not deliver."
        )
    if wrong := _misworded(mine[0], place.region, expected):
        return Status.FAIL, f"The message {wrong}."
    return Status.PASS, "The message arrived with exactly email, source, region and repo."


def check_once(place: Regional, again: Answer | NoAnswer, items: Items, heard: Messages, expected: Expected) -> Result:
    """Check that the same Idempotency-Key twice gives the same answer, one item and one message."""
    call = "The same Idempotency-Key again"
    if isinstance(again, NoAnswer) or isinstance(items, NoAnswer) or isinstance(heard, NoAnswer):
        reasons = unseen_reasons(again, items, heard)
        return Status.UNKNOWN, f"The effect of the second call could not be observed: {reasons}."
    if again.status != 200:
        return _unwanted(place, call, again)
    if again.body.get("greeting_id") != expected.greeting_id:
        return Status.FAIL, f"{call} answered another greeting_id."
    own = [item for item in items if item.get("greeting_id") not in expected.others]
    mine = _with_email(heard, expected.email)
    if (len(own), len(mine)) != (1, 1):
        left = f"items: {len(own)}, messages: {len(mine)}"
        return Status.FAIL, f"The same Idempotency-Key twice left {left}; wanted one of each."
    return Status.PASS, "The same Idempotency-Key twice gave one item and one message."


def unseen_reasons(*observed: object) -> str:
    """Return why something was not observed, or nothing."""
    return "; ".join(seen.reason for seen in observed if isinstance(seen, NoAnswer))


def probable_cause(place: Regional, answer: Answer) -> str:
    """Return the probable cause of an unwanted answer."""
    if answer.status >= 500 and is_from_function(answer):
        return f"the function failed, see its log /aws/lambda/{place.function_name}"
    if answer.status >= 500:
        return "the API could not call the function (permission, integration), or the function crashed"
    return _GREET_MEANS.get(answer.status, "the wire contract has no such answer")


def is_from_function(answer: Answer) -> bool:
    """Return whether the function made this error; one of the API gateway has the form {"message": ...}."""
    return isinstance(answer.body.get("error"), dict)


def _unwanted(place: Regional, call: str, answer: Answer) -> Result:
    if answer.status == 429:
        return Status.UNKNOWN, f"{call} answered 429: it is throttled, try again."
    return Status.FAIL, f"{call} answered {answer.status}, wanted 200: {probable_cause(place, answer)}."


def _with_id(items: Items, greeting_id: str) -> list[Item]:
    return [] if isinstance(items, NoAnswer) else [item for item in items if item.get("greeting_id") == greeting_id]


def _with_email(messages: list[Message], email: str) -> list[Message]:
    return [message for message in messages if message.get("email") == email]


def _malformed(item: Item, region: str, email: str) -> str:
    if missing := sorted({"region", "created_at", "expires_at"} - item.keys()):
        return f"lacks {', '.join(missing)}"
    if item["region"] != region:
        return f"says region {item['region']!r}, wanted {region!r}"
    if any(email in str(value) for value in item.values()):
        return "holds the caller's e-mail: no e-mail may be in the table"
    return ""


def _misworded(message: Message, region: str, expected: Expected) -> str:
    wanted = {"email": expected.email, "source": "Lambda", "region": region, "repo": expected.repository}
    if missing := sorted(wanted.keys() - message.keys()):
        return f"lacks {', '.join(missing)}"
    if extra := len(message.keys() - wanted.keys()):
        return f"has {extra} fields besides email, source, region and repo"
    wrong = [f"{name} {message[name]!r}, wanted {wanted[name]!r}" for name in wanted if message[name] != wanted[name]]
    return f"says {'; '.join(wrong)}" if wrong else ""
