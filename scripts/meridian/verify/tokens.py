"""Forged tokens that an authorizer must refuse, each made from a token that it accepts.

Sources: RFC 7515 (compact form), RFC 7518 3.2 and 3.6 (HS256, none), RFC 8725 2.1 and 3.1 (the
attacks: `none`, and an HMAC keyed with the public key).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_decode, base64url_encode


def read_claims(token: str) -> dict[str, Any]:
    """Return a token's claims, unverified."""
    return jwt.decode(token, options={"verify_signature": False})


def flipped_signature(token: str) -> str:
    """Change one byte in the middle of the decoded signature: the last base64 digit may carry unused bits."""
    head, body, signature = token.split(".")
    raw = bytearray(base64url_decode(signature))
    raw[len(raw) // 2] ^= 0x01
    return f"{head}.{body}.{_encode(bytes(raw))}"


def changed_payload(token: str, **changes: Any) -> str:
    """Change claims and keep the signature."""
    head, _, signature = token.split(".")
    return f"{head}.{_encode_json(read_claims(token) | changes)}.{signature}"


def unsigned(token: str) -> str:
    """Set `alg: none`, with the empty signature that belongs to it."""
    return f"{_with_algorithm(token, 'none')}."


def hmac_signed(token: str, key: RSAPublicKey, encoding: Encoding) -> str:
    """Set HS256 and sign with the public key as the secret, which PyJWT refuses to do.

    A server that confuses key types holds the key as PEM, or as DER: the bytes that a JWK decodes to.
    """
    secret = key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    signed = _with_algorithm(token, "HS256")
    return f"{signed}.{_encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def foreign_signed(token: str) -> str:
    """Sign the real claims with a new RSA key under the real key id."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(read_claims(token), key, algorithm="RS256", headers=jwt.get_unverified_header(token))


def _with_algorithm(token: str, name: str) -> str:
    """Return header and payload with another algorithm under the real key id."""
    return f"{_encode_json(jwt.get_unverified_header(token) | {'alg': name})}.{token.split('.')[1]}"


def _encode_json(value: Mapping[str, Any]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(raw: bytes) -> str:
    return base64url_encode(raw).decode()
