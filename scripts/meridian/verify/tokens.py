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
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_decode, base64url_encode

Jwks = Mapping[str, Any]


def read_header(token: str) -> dict[str, Any]:
    """Return a token's header, unverified."""
    return jwt.get_unverified_header(token)


def read_claims(token: str) -> dict[str, Any]:
    """Return a token's claims, unverified."""
    return jwt.decode(token, options={"verify_signature": False})


def public_key(jwks: Jwks, kid: str) -> rsa.RSAPublicKey:
    """Return the RSA key with this id; raises LookupError if the key set has none."""
    for entry in jwks.get("keys", []):
        if entry.get("kid") == kid:
            key = jwt.PyJWK(entry).key
            if isinstance(key, rsa.RSAPublicKey):
                return key
    raise LookupError(f"the key set has no RSA key {kid!r}")


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
    return f"{_encode_json(read_header(token) | {'alg': 'none'})}.{token.split('.')[1]}."


def hmac_signed(token: str, secret: bytes) -> str:
    """Set HS256 under the real key id and sign with `secret`; PyJWT refuses a public key as the secret."""
    signed = f"{_encode_json(read_header(token) | {'alg': 'HS256'})}.{token.split('.')[1]}"
    return f"{signed}.{_encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def foreign_signed(token: str) -> str:
    """Sign the real claims with a new RSA key under the real key id."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(read_claims(token), key, algorithm="RS256", headers=read_header(token))


def pem(key: rsa.RSAPublicKey) -> bytes:
    """Return the public key as PEM, as a server that confuses key types would hold it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def der(key: rsa.RSAPublicKey) -> bytes:
    """Return the public key as DER, the bytes that a JWK decodes to."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _encode_json(value: Mapping[str, Any]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(raw: bytes) -> str:
    return base64url_encode(raw).decode()
