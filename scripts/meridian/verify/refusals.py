"""The calls that must be refused, the check of each answer, and the check that they left nothing."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from meridian.verify import tokens
from meridian.verify.checks import is_from_function, probable_cause, unseen_reasons
from meridian.verify.deployment import Regional
from meridian.verify.findings import Result, Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.observe import Items, Messages
from meridian.verify.user import User

AUTHORIZER = frozenset({401})
FUNCTION = frozenset({403})
_OPEN = "the route has no authorizer, or one that accepts this"
_NOT_REFUSED = "the function did not refuse it before everything else, or the API cannot call the function"


@dataclass(frozen=True)
class Attempt:
    """One call that GET /greet must refuse with a status in `wanted`; `what` completes "GET /greet ..."."""

    rule: str
    what: str
    authorization: str | Result | None = field(repr=False)
    """The header's value; None sends no header, and a result says why the call cannot be made."""
    wanted: frozenset[int] = AUTHORIZER


@dataclass(frozen=True)
class Guarded:
    """A route that must refuse every forged token, and a call that reaches it."""

    title: str
    url: str
    method: str = "GET"
    body: Any = field(default=None, repr=False)
    authorization: str = "JWT"
    is_greet: bool = True
    """Whether the function behind it is ours, whose errors are known."""

    def wanted(self, attempt: Attempt) -> frozenset[int]:
        """Return the statuses that refuse an attempt: only a JWT authorizer always answers 401."""
        exact = self.is_greet or (self.authorization == "JWT" and attempt.wanted == AUTHORIZER)
        return attempt.wanted if exact else AUTHORIZER | FUNCTION


def attempts_without_user() -> list[Attempt]:
    """Return the calls that need no signed-in user."""
    return [
        Attempt("refuse-no-token", "without a token", None),
        Attempt("refuse-empty", "with an empty Authorization header", ""),
        Attempt("refuse-bearer-only", "with Bearer and no token", "Bearer"),
        Attempt("refuse-garbage", "with garbage for a token", "Bearer not.a.token"),
    ]


def attempts_with_user(user: User) -> list[Attempt]:
    """Return the calls made from a real user's tokens."""
    real = user.tokens.id
    changed = tokens.changed_payload(real, email=user.forged_address)
    pem, der = (_signed_with_public_key(user, encoding) for encoding in (Encoding.PEM, Encoding.DER))
    return [
        _attempt("flipped-byte", "with one byte of the signature changed", tokens.flipped_signature(real)),
        _attempt("changed-payload", "with another e-mail in the payload", changed),
        _attempt("foreign-key", "signed by a foreign key under the real kid", tokens.foreign_signed(real)),
        _attempt("alg-none", "with alg none and no signature", tokens.unsigned(real)),
        _attempt("hs256-pem", "with HS256 keyed with the public key as PEM", pem),
        _attempt("hs256-der", "with HS256 keyed with the public key as DER", der),
        _attempt("other-client", "with an ID token of another client of the pool", user.other_client),
        _attempt("access-token", "with an access token", user.tokens.access, FUNCTION),
        _attempt("refresh-token", "with a refresh token", user.tokens.refresh, AUTHORIZER | FUNCTION),
    ]


def _attempt(name: str, what: str, token: str | Result, wanted: frozenset[int] = AUTHORIZER) -> Attempt:
    return Attempt(f"refuse-{name}", what, f"Bearer {token}" if isinstance(token, str) else token, wanted)


def _signed_with_public_key(user: User, encoding: Encoding) -> str | Result:
    if isinstance(user.public_key, NoAnswer):
        return Status.UNKNOWN, f"The pool's public key could not be read: {user.public_key.reason}."
    return tokens.hmac_signed(user.tokens.id, user.public_key, encoding)


def check_refusal(place: Regional, guarded: Guarded, attempt: Attempt, answer: Answer | NoAnswer) -> Result:
    """Check that the call was refused with a wanted status, by the authorizer where that must refuse it."""
    call, wanted = f"{guarded.title} {attempt.what}", guarded.wanted(attempt)
    if isinstance(answer, NoAnswer):
        return Status.UNKNOWN, f"{call} got no answer ({answer.reason})."
    if answer.status == 429:
        return Status.UNKNOWN, f"{call} answered 429: it is throttled, try again."
    if answer.status not in wanted:
        codes = " or ".join(str(code) for code in sorted(wanted))
        why = _cause_of_status(place, guarded, attempt, answer)
        return Status.FAIL, f"{call} answered {answer.status}, wanted {codes}: {why}."
    if attempt.wanted == AUTHORIZER and _is_from_behind(guarded, answer):
        return Status.FAIL, f"{call} was refused by the function, not by the authorizer: {_OPEN}."
    return Status.PASS, f"{call} answered {answer.status}."


def _is_from_behind(guarded: Guarded, answer: Answer) -> bool:
    """Return whether the authorizer let the call pass: an answer of the API itself has the form {"message": ...}."""
    if guarded.is_greet or guarded.method == "HEAD":
        return is_from_function(answer)
    return answer.body.keys() != {"message"}


def _cause_of_status(place: Regional, guarded: Guarded, attempt: Attempt, answer: Answer) -> str:
    if answer.status < 300:
        return "the function does not check token_use" if attempt.wanted == FUNCTION else _OPEN
    if answer.status == 404 or answer.status >= 500:
        return probable_cause(place, answer) if guarded.is_greet else _NOT_REFUSED
    if attempt.wanted == AUTHORIZER and _is_from_behind(guarded, answer):
        return f"it reached the function: {_OPEN}"
    if not guarded.is_greet:
        return _NOT_REFUSED
    if answer.status == 401:
        return "the authorizer refused what the function should refuse"
    return "something other than the authorizer answered"


def check_no_trace(items: Items, heard: Messages, known: Collection[str], forged_email: str) -> Result:
    """Check that no refused call wrote an item or published a message; `known` are the ids of this run's greetings."""
    extra = 0 if isinstance(items, NoAnswer) else sum(item.get("greeting_id") not in known for item in items)
    forged = 0 if isinstance(heard, NoAnswer) else sum(message.get("email") == forged_email for message in heard)
    if extra or forged:
        return Status.FAIL, f"Calls that must be refused ran: they left {extra} items and {forged} forged messages."
    if reasons := unseen_reasons(items, heard):
        return Status.UNKNOWN, f"What the refused calls left could not be observed: {reasons}."
    return Status.PASS, "The refused calls wrote no item and sent no message."
