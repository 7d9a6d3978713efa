"""The calls that must be refused: each with its header, what refuses it and what it means if nothing does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from meridian.verify import tokens
from meridian.verify.http import NoAnswer

OPEN_ROUTE = "the route has no authorizer"
AUTHORIZER = frozenset({401})
FUNCTION = frozenset({403})
EITHER = AUTHORIZER | FUNCTION


@dataclass(frozen=True)
class Attempt:
    """One call of GET /greet: `authorization` is the header's value, None for no header."""

    rule: str
    what: str
    blame: str
    authorization: str | None = field(default=None, repr=False)
    wanted: frozenset[int] = AUTHORIZER


@dataclass(frozen=True)
class NotTried:
    """An attempt that could not be made, and why; `on_purpose` where it should not be made here."""

    rule: str
    reason: str
    on_purpose: bool = False


@dataclass(frozen=True)
class Material:
    """What forging needs: the user's tokens, the pool's keys, an address and another client's ID token."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    jwks: Mapping[str, Any] | NoAnswer
    forged_address: str = field(repr=False)
    other_client: str | NotTried = field(repr=False)


def blame_the_route(attempt: Attempt | NotTried) -> Attempt | NotTried:
    """Return the attempt for a route that lets everybody through: no token's fault can be told there."""
    if isinstance(attempt, NotTried) or attempt.wanted == FUNCTION:
        return attempt
    return replace(attempt, blame=OPEN_ROUTE)


def without_user() -> list[Attempt]:
    """Return the attempts that need nobody to be signed in."""
    return [
        Attempt("refuse-no-token", "without a token", OPEN_ROUTE),
        Attempt("refuse-empty", "with an empty Authorization header", OPEN_ROUTE, ""),
        Attempt("refuse-bearer-only", "with Bearer and no token", OPEN_ROUTE, "Bearer"),
        Attempt("refuse-garbage", "with garbage for a token", OPEN_ROUTE, "Bearer not.a.token"),
    ]


def with_user(material: Material) -> list[Attempt | NotTried]:
    """Return the attempts made from a real user's tokens."""
    real = material.id_token
    changed = tokens.changed_payload(real, email=material.forged_address)
    return [
        _token("flipped-byte", "with one byte of the signature changed", tokens.flipped_signature(real)),
        _token("changed-payload", "with another e-mail in the payload", changed),
        _token("foreign-key", "signed by a foreign key under the real kid", tokens.foreign_signed(real)),
        Attempt(
            "refuse-alg-none",
            "with alg none and no signature",
            "the authorizer accepts unsigned tokens",
            f"Bearer {tokens.unsigned(real)}",
        ),
        *_signed_with_the_public_key(material),
        _of_another_client(material),
        *_of_another_kind(material),
    ]


def _token(name: str, what: str, token: str) -> Attempt:
    return Attempt(f"refuse-{name}", what, "the authorizer does not check the signature", f"Bearer {token}")


def _signed_with_the_public_key(material: Material) -> list[Attempt | NotTried]:
    forms = {"hs256-pem": tokens.pem, "hs256-der": tokens.der}
    if isinstance(material.jwks, NoAnswer):
        return [NotTried(f"refuse-{name}", f"The pool's keys were not read: {material.jwks.reason}") for name in forms]
    kid = str(tokens.header(material.id_token).get("kid"))
    try:
        key = tokens.public_key(material.jwks, kid)
    except LookupError as error:
        return [
            NotTried(f"refuse-{name}", f"The token names a key that the pool does not show: {error}.") for name in forms
        ]
    return [
        Attempt(
            f"refuse-{name}",
            f"with HS256 keyed with the public key as {name[-3:].upper()}",
            "the authorizer lets the token choose its algorithm",
            f"Bearer {tokens.hmac_signed(material.id_token, form(key))}",
        )
        for name, form in forms.items()
    ]


def _of_another_client(material: Material) -> Attempt | NotTried:
    if isinstance(material.other_client, NotTried):
        return material.other_client
    return Attempt(
        "refuse-other-client",
        "with an ID token of another client of the pool",
        "the authorizer does not check the audience",
        f"Bearer {material.other_client}",
    )


def _of_another_kind(material: Material) -> list[Attempt]:
    return [
        Attempt(
            "refuse-access-token",
            "with an access token",
            "the function does not check token_use",
            f"Bearer {material.access_token}",
            FUNCTION,
        ),
        Attempt(
            "refuse-refresh-token",
            "with a refresh token",
            OPEN_ROUTE,
            f"Bearer {material.refresh_token}",
            EITHER,
        ),
    ]
