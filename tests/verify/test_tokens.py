"""Forged tokens against a real verification: the valid one passes, no forged one does."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meridian.verify import tokens

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key()
CLAIMS = {"sub": "s", "email": "real@example.com", "aud": "app", "token_use": "id"}
REAL = jwt.encode(CLAIMS, KEY, algorithm="RS256", headers={"kid": "k1"})


def verified(token: str) -> dict[str, Any]:
    """Verify as an authorizer should: RSA only, signature and audience."""
    return dict(jwt.decode(token, PUBLIC, algorithms=["RS256"], audience="app"))


@pytest.mark.parametrize(
    "forge",
    [
        tokens.flipped_signature,
        lambda token: tokens.changed_payload(token, email="other@example.com"),
        tokens.unsigned,
        tokens.foreign_signed,
        lambda token: tokens.hmac_signed(token, PUBLIC, Encoding.PEM),
        lambda token: tokens.hmac_signed(token, PUBLIC, Encoding.DER),
    ],
)
def test_a_forged_token_is_refused(forge: Callable[[str], str]) -> None:
    """The real token passes; a forged one is refused, well formed, and names the real key."""
    forged = forge(REAL)
    assert verified(REAL) == CLAIMS
    with pytest.raises(jwt.InvalidTokenError):
        verified(forged)
    assert len(forged.split(".")) == 3
    assert jwt.get_unverified_header(forged)["kid"] == "k1"


def test_one_byte_of_the_decoded_signature_differs() -> None:
    """The flip is in the bytes, not in base64 digits that may carry unused bits."""
    forged = tokens.flipped_signature(REAL)
    before, after = (jwt.utils.base64url_decode(token.split(".")[2]) for token in (REAL, forged))
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    assert forged.split(".")[:2] == REAL.split(".")[:2]


def test_the_changed_payload_keeps_header_and_signature() -> None:
    """Only a check of the signature can notice it."""
    forged = tokens.changed_payload(REAL, email="other@example.com")
    assert (forged.split(".")[0], forged.split(".")[2]) == (REAL.split(".")[0], REAL.split(".")[2])
    assert tokens.read_claims(forged) == {**CLAIMS, "email": "other@example.com"}


def test_the_unsigned_token_is_an_unsecured_one() -> None:
    """RFC 7515, appendix A.5: alg none and an empty signature; the claims are the real ones."""
    forged = tokens.unsigned(REAL)
    assert jwt.get_unverified_header(forged) == {"alg": "none", "typ": "JWT", "kid": "k1"}
    assert forged.endswith(".")
    assert tokens.read_claims(forged) == CLAIMS


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_the_hs256_token_is_keyed_with_the_public_key(encoding: Encoding) -> None:
    """A verifier that uses the public key as an HMAC secret accepts the token."""
    head, body, signature = tokens.hmac_signed(REAL, PUBLIC, encoding).split(".")
    secret = PUBLIC.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    wanted = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert jwt.utils.base64url_decode(signature) == wanted
    assert jwt.get_unverified_header(f"{head}.{body}.") == {"alg": "HS256", "typ": "JWT", "kid": "k1"}


def test_the_foreign_token_is_rightly_signed_by_another_key() -> None:
    """The foreign token has the real header and claims and an RSA signature of full length."""
    forged = tokens.foreign_signed(REAL)
    assert jwt.get_unverified_header(forged) == jwt.get_unverified_header(REAL)
    assert tokens.read_claims(forged) == CLAIMS
    assert len(jwt.utils.base64url_decode(forged.split(".")[2])) == 256
