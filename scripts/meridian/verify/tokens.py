"""Forged tokens: what an authorizer must refuse, made from one that it accepts.

Sources: RFC 7515 (compact form), RFC 7518 3.2 and 3.6 (HS256, none), RFC 8725 2.1 and 3.1 (the
attacks: `none`, and an HMAC keyed with the public key).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Jwks = Mapping[str, Any]


def header(token: str) -> dict[str, Any]:
    """Return a token's header, unverified."""
    return _decoded(token.split(".")[0])


def claims(token: str) -> dict[str, Any]:
    """Return a token's claims, unverified."""
    return _decoded(token.split(".")[1])


def public_key(jwks: Jwks, kid: str) -> rsa.RSAPublicKey:
    """Return the RSA key of that id; LookupError where the key set has none."""
    for entry in jwks.get("keys", []):
        if entry.get("kid") == kid:
            key = jwt.PyJWK(entry).key
            if isinstance(key, rsa.RSAPublicKey):
                return key
    raise LookupError(f"the key set has no RSA key {kid!r}")


def flipped_signature(token: str) -> str:
    """Change one byte in the middle of the decoded signature: the last base64 digit may carry unused bits."""
    head, body, signature = token.split(".")
    raw = bytearray(_unpadded(signature))
    raw[len(raw) // 2] ^= 0x01
    return f"{head}.{body}.{_encoded(bytes(raw))}"


def changed_payload(token: str, **changes: Any) -> str:
    """Change claims and keep the signature."""
    head, body, signature = token.split(".")
    return f"{head}.{_json(_decoded(body) | changes)}.{signature}"


def unsigned(token: str) -> str:
    """Say `alg: none`, with the empty signature that belongs to it."""
    head, body, _ = token.split(".")
    return f"{_json(_decoded(head) | {'alg': 'none'})}.{body}."


def hmac_signed(token: str, secret: bytes) -> str:
    """Say HS256 under the real key id and sign with `secret`."""
    head, body, _ = token.split(".")
    signed = f"{_json(_decoded(head) | {'alg': 'HS256'})}.{body}"
    return f"{signed}.{_encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def foreign_signed(token: str) -> str:
    """Sign the real claims with a new RSA key under the real key id."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims(token), key, algorithm="RS256", headers=header(token))


def pem(key: rsa.RSAPublicKey) -> bytes:
    """Return the public key as PEM, as a server that mixes up its key types would hold it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def der(key: rsa.RSAPublicKey) -> bytes:
    """Return the public key as DER, the bytes that a JWK decodes to."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _json(value: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _decoded(part: str) -> dict[str, Any]:
    decoded = json.loads(_unpadded(part))
    if not isinstance(decoded, dict):
        raise ValueError("this part of the token is not a JSON object")
    return decoded


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
