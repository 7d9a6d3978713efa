"""One pure function per rule of a region: what was observed in, a finding out."""

from collections.abc import Mapping
from dataclasses import dataclass

from meridian.verify.deployment import Regional
from meridian.verify.findings import Finding, Rule
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.observe import Items, Messages, MissingTable, Table, Tables

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
    others: frozenset[str] = frozenset()
    """The ids of the other regions' greetings."""


def check_status(place: Regional, answer: Answer | NoAnswer) -> Finding:
    """Check that GET /status answers 200 without a token and names its region."""
    region, rule = place.region, Rule(place.region, "status")
    if isinstance(answer, NoAnswer):
        down = "" if answer.reachable else ": the region's API is down, or its address is wrong"
        return rule.failed(f"GET /status got no answer ({answer.reason}){down}.")
    if answer.status == 429:
        return rule.unknown("GET /status answered 429: it is throttled, try again.")
    if answer.status == 503:
        return rule.failed(f"GET /status answered 503: the function cannot read table {place.table_name}.")
    if answer.status != 200:
        return rule.failed(f"GET /status answered {answer.status}, wanted 200: {probable_cause(place, answer)}.")
    seen = answer.body.get("region"), answer.body.get("status")
    if seen != (region, "ok"):
        return rule.failed(f"GET /status says region {seen[0]!r} and status {seen[1]!r}, wanted {region!r} and 'ok'.")
    return rule.passed("GET /status answered 200 without a token.")


def check_greet(place: Regional, answer: Answer | NoAnswer, greeting_id: str) -> Finding:
    """Check that GET /greet with an ID token answers 200 from this region, with the key as the greeting's id."""
    region, rule = place.region, Rule(place.region, "greet")
    if isinstance(answer, NoAnswer):
        return rule.failed(f"GET /greet with an ID token got no answer ({answer.reason}).")
    if answer.status == 429:
        return rule.unknown("GET /greet answered 429: it is throttled, try again.")
    if answer.status != 200:
        why = probable_cause(place, answer)
        return rule.failed(f"GET /greet with an ID token answered {answer.status}, wanted 200: {why}.")
    if answer.body.get("region") != region:
        return rule.failed(
            f"GET /greet ran in {answer.body.get('region')!r}, wanted {region!r}: the API calls a function elsewhere."
        )
    if answer.body.get("greeting_id") != greeting_id:
        return rule.failed("GET /greet did not use the Idempotency-Key as the greeting_id.")
    if not isinstance(answer.body.get("message"), str):
        return rule.failed("GET /greet answered 200 without a message.")
    return rule.passed("GET /greet with an ID token answered 200 from this region.")


def check_item(place: Regional, tables: Tables, expected: Expected) -> Finding:
    """Check that the greeting's item is in this region's table, well formed, and in no other table."""
    region, rule = place.region, Rule(place.region, "item")
    strays = [
        f"{table.table} of {other}"
        for other, table in tables.items()
        if other != region and isinstance(table, Items) and table.with_id(expected.greeting_id)
    ]
    if strays:
        return rule.failed(f"The item is in table {', '.join(strays)}: the function writes to the wrong table.")
    own = tables[region]
    if isinstance(own, NoAnswer):
        return rule.unknown(f"The item could not be observed: {own.reason}.")
    if isinstance(own, MissingTable):
        return rule.failed(f"Table {own.table} does not exist: apply {region}/data.")
    found = own.with_id(expected.greeting_id)
    if not found:
        return rule.failed(f"There is no item in table {own.table}: the function wrote nothing, or to another table.")
    if wrong := _malformed(found[0], region, expected.email):
        return rule.failed(f"The item in table {own.table} {wrong}.")
    if unread := [table.reason for table in tables.values() if isinstance(table, NoAnswer)]:
        return rule.unknown(f"The item is in table {own.table}; another region's table could not be read: {unread[0]}.")
    return rule.passed(f"The item is in table {own.table} and in no other region's.")


def check_message(place: Regional, heard: Messages | NoAnswer, expected: Expected) -> Finding:
    """Check that the message arrived with exactly the fields and values of the wire contract."""
    region, rule = place.region, Rule(place.region, "message")
    if isinstance(heard, NoAnswer):
        return rule.unknown(f"Messages could not be observed: {heard.reason}.")
    if not heard.mine:
        others = f" ({heard.others} others arrived)" if heard.others else ""
        return rule.failed(
            f"No message with the caller's e-mail arrived from {place.topic_arn} in {heard.waited:.0f} s{others}: the "
            "function did not publish there, or the topic or its key does not deliver."
        )
    if wrong := _misworded(heard.mine[0], region, expected):
        return rule.failed(f"The message {wrong}.")
    return rule.passed("The message arrived with exactly email, source, region and repo.")


def check_once(
    place: Regional, again: Answer | NoAnswer, own: Table, heard: Messages | NoAnswer, expected: Expected
) -> Finding:
    """Check that the same Idempotency-Key twice gives the same answer, one item and one message."""
    rule = Rule(place.region, "once")
    for unseen in (again, own, heard):
        if isinstance(unseen, NoAnswer):
            return rule.unknown(f"The effect of the second call could not be observed: {unseen.reason}.")
    if not isinstance(again, Answer) or not isinstance(own, Items) or not isinstance(heard, Messages):
        return rule.unknown("The effect of the second call could not be observed: there is no table.")
    if again.status == 429:
        return rule.unknown("The second call answered 429: it is throttled, try again.")
    if again.status != 200:
        return rule.failed(
            f"The same Idempotency-Key again answered {again.status}, wanted 200: {probable_cause(place, again)}."
        )
    if again.body.get("greeting_id") != expected.greeting_id:
        return rule.failed("The same Idempotency-Key again answered another greeting_id.")
    items = [entry for entry in own.items if entry.get("greeting_id") not in expected.others]
    counts = len(items), len(heard.mine)
    if counts != (1, 1):
        return rule.failed(
            f"The same Idempotency-Key twice left items: {counts[0]}, messages: {counts[1]}; wanted one of each."
        )
    return rule.passed("The same Idempotency-Key twice gave one item and one message.")


def _malformed(found: Mapping[str, object], region: str, email: str) -> str:
    missing = sorted({"region", "created_at", "expires_at"} - found.keys())
    if missing:
        return f"lacks {', '.join(missing)}"
    if found["region"] != region:
        return f"says region {found['region']!r}, wanted {region!r}"
    if any(email in str(value) for value in found.values()):
        return "holds the caller's e-mail: no e-mail may be in the table"
    return ""


def _misworded(found: Mapping[str, object], region: str, expected: Expected) -> str:
    wanted = {"email": expected.email, "source": "Lambda", "region": region, "repo": expected.repository}
    if missing := sorted(wanted.keys() - found.keys()):
        return f"lacks {', '.join(missing)}"
    if extra := len(found.keys() - wanted.keys()):
        return f"has {extra} fields besides email, source, region and repo"
    wrong = [
        f"{name} {found[name]!r}, wanted {wanted[name]!r}"
        for name in ("source", "region", "repo")
        if found[name] != wanted[name]
    ]
    return f"says {'; '.join(wrong)}" if wrong else ""


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
