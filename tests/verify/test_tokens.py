"""Forged tokens against a real verification: the valid one passes, no forged one does."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from meridian.verify import refusals, tokens
from meridian.verify.findings import Finding, Rule, Status
from meridian.verify.http import NoAnswer
from meridian.verify.refusals import Attempt
from meridian.verify.user import Tokens, User

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key()
CLAIMS = {"sub": "s", "email": "real@example.com", "aud": "app", "token_use": "id"}
REAL = jwt.encode(CLAIMS, KEY, algorithm="RS256", headers={"kid": "k1"})
JWKS = {"keys": [{**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(PUBLIC)), "kid": "k1", "use": "sig"}]}


def verified(token: str) -> dict[str, Any]:
    """Verify as an authorizer should: RSA only, signature and audience."""
    return dict(jwt.decode(token, PUBLIC, algorithms=["RS256"], audience="app"))


def parts(token: str) -> list[str]:
    """Return header, payload and signature as they stand in the token."""
    return token.split(".")


def test_the_real_token_is_accepted() -> None:
    """The verification that refuses the forged ones accepts the real one."""
    assert verified(REAL) == CLAIMS


@pytest.mark.parametrize(
    "forge",
    [
        tokens.flipped_signature,
        lambda token: tokens.changed_payload(token, email="other@example.com"),
        tokens.unsigned,
        tokens.foreign_signed,
        lambda token: tokens.hmac_signed(token, tokens.pem(PUBLIC)),
        lambda token: tokens.hmac_signed(token, tokens.der(PUBLIC)),
    ],
)
def test_a_forged_token_is_refused(forge: Callable[[str], str]) -> None:
    """A forged token is refused, well formed, and names the real key."""
    forged = forge(REAL)
    with pytest.raises(jwt.InvalidTokenError):
        verified(forged)
    assert len(parts(forged)) == 3
    assert tokens.read_header(forged)["kid"] == "k1"


def test_one_byte_of_the_decoded_signature_differs() -> None:
    """The flip is in the bytes, not in base64 digits that may carry unused bits."""
    before, after = (jwt.utils.base64url_decode(parts(token)[2]) for token in (REAL, tokens.flipped_signature(REAL)))
    assert len(before) == len(after) == 256
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    assert parts(tokens.flipped_signature(REAL))[:2] == parts(REAL)[:2]


def test_the_changed_payload_keeps_header_and_signature() -> None:
    """Only a check of the signature can notice it."""
    forged = tokens.changed_payload(REAL, email="other@example.com")
    assert (parts(forged)[0], parts(forged)[2]) == (parts(REAL)[0], parts(REAL)[2])
    assert tokens.read_claims(forged) == {**CLAIMS, "email": "other@example.com"}


def test_the_unsigned_token_is_an_unsecured_one() -> None:
    """RFC 7515, appendix A.5: alg none and an empty signature; the claims are the real ones."""
    forged = tokens.unsigned(REAL)
    assert tokens.read_header(forged) == {"alg": "none", "typ": "JWT", "kid": "k1"}
    assert forged.endswith(".")
    assert jwt.decode(forged, options={"verify_signature": False}) == CLAIMS


@pytest.mark.parametrize("form", [tokens.pem, tokens.der])
def test_the_hs256_token_is_keyed_with_the_public_key(form: Callable[[rsa.RSAPublicKey], bytes]) -> None:
    """A verifier that uses the public key as an HMAC secret accepts the token."""
    head, body, signature = parts(tokens.hmac_signed(REAL, form(PUBLIC)))
    wanted = hmac.new(form(PUBLIC), f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert jwt.utils.base64url_decode(signature) == wanted
    assert tokens.read_header(f"{head}.{body}.") == {"alg": "HS256", "typ": "JWT", "kid": "k1"}


def test_the_foreign_token_is_rightly_signed_by_another_key() -> None:
    """The foreign token has the real header and claims and an RSA signature of full length."""
    forged = tokens.foreign_signed(REAL)
    assert tokens.read_header(forged) == tokens.read_header(REAL)
    assert tokens.read_claims(forged) == CLAIMS
    assert len(jwt.utils.base64url_decode(parts(forged)[2])) == 256


def test_a_key_is_found_by_its_id() -> None:
    """The key that the token names is the one that signed it; an unknown id is an error."""
    assert tokens.pem(tokens.public_key(JWKS, "k1")) == tokens.pem(PUBLIC)
    with pytest.raises(LookupError, match="no RSA key 'k2'"):
        tokens.public_key(JWKS, "k2")


def user(**changes: Any) -> User:
    """Return a user whose ID token is real."""
    usual = {"subject": "s", "address": "real@example.com", "tokens": Tokens(REAL, "a", "r"), "jwks": JWKS}
    return User(**({**usual, "forged_address": "f@example.com", "other_client": "o"} | changes))


def attempts(**changes: Any) -> list[Attempt | Finding]:
    """Return the calls with that user's tokens."""
    return refusals.attempts_with_user("eu-west-1", user(**changes))


def test_every_refusal_of_the_contract_is_tried() -> None:
    """Thirteen calls, each with a rule of its own; only two may reach the function."""
    made = [*refusals.attempts_without_user(), *attempts()]
    assert [attempt.rule for attempt in made] == [
        "refuse-no-token",
        "refuse-empty",
        "refuse-bearer-only",
        "refuse-garbage",
        "refuse-flipped-byte",
        "refuse-changed-payload",
        "refuse-foreign-key",
        "refuse-alg-none",
        "refuse-hs256-pem",
        "refuse-hs256-der",
        "refuse-other-client",
        "refuse-access-token",
        "refuse-refresh-token",
    ]
    wanted = {attempt.rule: attempt.wanted for attempt in made if isinstance(attempt, Attempt)}
    assert {rule: codes for rule, codes in wanted.items() if codes != {401}} == {
        "refuse-access-token": {403},
        "refuse-refresh-token": {401, 403},
    }


@pytest.mark.parametrize("jwks", [NoAnswer("down"), {"keys": []}, {}])
def test_without_the_public_key_its_attacks_are_not_tried(jwks: Any) -> None:
    """A key set that was not read, or lacks the key, makes these rules UNKNOWN."""
    left = [(a.rule, a.status) for a in attempts(jwks=jwks) if isinstance(a, Finding)]
    assert left == [("refuse-hs256-pem", Status.UNKNOWN), ("refuse-hs256-der", Status.UNKNOWN)]


def test_a_call_without_another_client_is_reported_in_its_region() -> None:
    """The reason is the same in every region."""
    reason = Rule("us-east-1", "refuse-other-client").skipped("Not tried.")
    left = [a for a in attempts(other_client=reason) if isinstance(a, Finding)]
    assert left == [Rule("eu-west-1", "refuse-other-client").skipped("Not tried.")]


def test_an_open_route_is_the_cause_for_every_forged_token() -> None:
    """A route without authorizer accepts every forgery; an access token still tests the function."""
    causes = {a.rule: a.cause for a in map(refusals.with_open_route, attempts()) if isinstance(a, Attempt)}
    assert causes["refuse-alg-none"] == refusals.OPEN_ROUTE
    assert causes["refuse-access-token"] == "the function does not check token_use"


def test_no_token_is_in_a_representation() -> None:
    """Neither an attempt nor its material shows a token when it is printed by mistake."""
    shown = repr(user()) + "".join(repr(attempt) for attempt in attempts())
    assert REAL not in shown
    assert parts(REAL)[1] not in shown
