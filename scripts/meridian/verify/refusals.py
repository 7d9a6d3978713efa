"""The calls that must be refused, the check of each answer, and the check that they left nothing."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from meridian.verify import tokens
from meridian.verify.checks import is_from_function, probable_cause
from meridian.verify.deployment import Regional
from meridian.verify.findings import Finding, Rule
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.observe import Items, Messages, Table
from meridian.verify.user import User

OPEN_ROUTE = "the route has no authorizer"
NO_SIGNATURE_CHECK = "the authorizer does not check the signature"
AUTHORIZER = frozenset({401})
FUNCTION = frozenset({403})
EITHER = AUTHORIZER | FUNCTION


@dataclass(frozen=True)
class Attempt:
    """One call of GET /greet that must be refused with a status in `wanted`.

    `what` completes "GET /greet ...", `cause` is the fault if the call is accepted.
    """

    rule: str
    what: str
    cause: str
    authorization: str | None = field(default=None, repr=False)
    """The header's value; None sends no header."""
    wanted: frozenset[int] = AUTHORIZER


def attempts_without_user() -> list[Attempt]:
    """Return the calls that need no signed-in user."""
    return [
        Attempt("refuse-no-token", "without a token", OPEN_ROUTE),
        Attempt("refuse-empty", "with an empty Authorization header", OPEN_ROUTE, ""),
        Attempt("refuse-bearer-only", "with Bearer and no token", OPEN_ROUTE, "Bearer"),
        Attempt("refuse-garbage", "with garbage for a token", OPEN_ROUTE, "Bearer not.a.token"),
    ]


def attempts_with_user(region: str, user: User) -> list[Attempt | Finding]:
    """Return the calls made from a real user's tokens; a finding replaces a call that cannot be made."""
    real = user.tokens.id
    flipped, foreign, unsigned = tokens.flipped_signature(real), tokens.foreign_signed(real), tokens.unsigned(real)
    changed = tokens.changed_payload(real, email=user.forged_address)
    return [
        _attempt("flipped-byte", "with one byte of the signature changed", NO_SIGNATURE_CHECK, flipped),
        _attempt("changed-payload", "with another e-mail in the payload", NO_SIGNATURE_CHECK, changed),
        _attempt("foreign-key", "signed by a foreign key under the real kid", NO_SIGNATURE_CHECK, foreign),
        _attempt("alg-none", "with alg none and no signature", "the authorizer accepts unsigned tokens", unsigned),
        *_signed_with_public_key(region, user),
        _of_other_client(region, user),
        _attempt(
            "access-token",
            "with an access token",
            "the function does not check token_use",
            user.tokens.access,
            FUNCTION,
        ),
        _attempt("refresh-token", "with a refresh token", OPEN_ROUTE, user.tokens.refresh, EITHER),
    ]


def _attempt(name: str, what: str, cause: str, token: str, wanted: frozenset[int] = AUTHORIZER) -> Attempt:
    return Attempt(f"refuse-{name}", what, cause, f"Bearer {token}", wanted)


def _signed_with_public_key(region: str, user: User) -> list[Attempt | Finding]:
    forms = {"hs256-pem": tokens.pem, "hs256-der": tokens.der}
    reason = ""
    if isinstance(user.jwks, NoAnswer):
        reason = f"The pool's keys could not be read: {user.jwks.reason}."
    else:
        try:
            key = tokens.public_key(user.jwks, str(tokens.read_header(user.tokens.id).get("kid")))
        except LookupError as error:
            reason = f"The pool does not publish the key that signed the token: {error}."
    if reason:
        return [Rule(region, f"refuse-{name}").unknown(reason) for name in forms]
    return [
        _attempt(
            name,
            f"with HS256 keyed with the public key as {name[-3:].upper()}",
            "the authorizer lets the token choose its algorithm",
            tokens.hmac_signed(user.tokens.id, form(key)),
        )
        for name, form in forms.items()
    ]


def _of_other_client(region: str, user: User) -> Attempt | Finding:
    if isinstance(user.other_client, Finding):
        return replace(user.other_client, region=region)
    return _attempt(
        "other-client",
        "with an ID token of another client of the pool",
        "the authorizer does not check the audience",
        user.other_client,
    )


def with_open_route(attempt: Attempt | Finding) -> Attempt | Finding:
    """Return the attempt for a route without authorizer: it accepts every token, whatever is wrong with it."""
    if isinstance(attempt, Finding) or attempt.wanted == FUNCTION:
        return attempt
    return replace(attempt, cause=OPEN_ROUTE)


def passed_authorizer(answer: Answer | NoAnswer) -> bool:
    """Return whether a call passed the authorizer: it was accepted, or the function answered it."""
    return isinstance(answer, Answer) and (answer.status < 300 or is_from_function(answer))


def check_refusal(place: Regional, attempt: Attempt, answer: Answer | NoAnswer) -> Finding:
    """Check that the call was refused with a wanted status, by the authorizer where that must refuse it."""
    rule, call = Rule(place.region, attempt.rule), f"GET /greet {attempt.what}"
    if isinstance(answer, NoAnswer):
        return rule.unknown(f"{call} got no answer ({answer.reason}).")
    if answer.status == 429:
        return rule.unknown(f"{call} answered 429: it is throttled, try again.")
    if answer.status not in attempt.wanted:
        wanted = " or ".join(str(code) for code in sorted(attempt.wanted))
        why = _cause_of_status(place, attempt, answer)
        return rule.failed(f"{call} answered {answer.status}, wanted {wanted}: {why}.")
    if attempt.wanted == AUTHORIZER and is_from_function(answer):
        return rule.failed(f"{call} was refused by the function, not by the authorizer: {attempt.cause}.")
    return rule.passed(f"{call} answered {answer.status}.")


def _cause_of_status(place: Regional, attempt: Attempt, answer: Answer) -> str:
    if answer.status < 300:
        return attempt.cause
    if answer.status == 404:
        return "the API has no route GET /greet or no stage"
    if answer.status >= 500:
        return probable_cause(place, answer)
    if attempt.wanted == AUTHORIZER and is_from_function(answer):
        return f"it reached the function, {attempt.cause}"
    if answer.status == 401:
        return "the authorizer refused what the function should refuse"
    return "something other than the authorizer answered"


def check_no_trace(
    place: Regional, accepted: int, own: Table, heard: Messages | NoAnswer, known: Collection[str]
) -> Finding:
    """Check that no refused call wrote an item or published a message; `known` are the ids of this run's greetings."""
    rule = Rule(place.region, "no-trace")
    extra_items = sum(item.get("greeting_id") not in known for item in own.items) if isinstance(own, Items) else 0
    extra_messages = 0
    if isinstance(heard, Messages):
        extra_messages = heard.forged + (max(0, len(heard.mine) - 1) if accepted else 0)
    if extra_items or extra_messages:
        sentence = f"Calls that must be refused ran: they left {extra_items} items and {extra_messages} messages."
        return rule.failed(sentence)
    for unseen in (own, heard):
        if isinstance(unseen, NoAnswer):
            return rule.unknown(f"What the refused calls left could not be observed: {unseen.reason}.")
    if not isinstance(own, Items) or not isinstance(heard, Messages):
        return rule.unknown("What the refused calls left could not be observed: there is no table.")
    return rule.passed(f"The refused calls wrote no item and sent no message in {heard.waited:.0f} s.")
