"""Policies over what the inventory brings: sign-up, tokens, logs, concurrency, subscribers."""

from typing import Any

from _policy import ResourcePolicy, facts, number, one, reference, true

MINUTES = {"seconds": 1 / 60, "minutes": 1.0, "hours": 60.0, "days": 1440.0}
# Attribute, name of its unit, Cognito's default unit and value, the maximum in minutes.
# An ID token cannot be revoked; a refresh token can.
TOKENS = (
    ("id_token_validity", "id_token", "hours", 1, 60),
    ("access_token_validity", "access_token", "hours", 1, 60),
    ("refresh_token_validity", "refresh_token", "days", 30, 30 * 1440),
)
YEAR = 365


def tokens_are_short_lived(conf: dict[str, Any], _: str) -> str:
    """Return why a token is valid for too long."""
    for name, token, usual, default, most in TOKENS:
        value, unit = one(conf, name), one(conf, "token_validity_units", token) or usual
        if reference(value) or reference(unit):
            continue
        length = number(value) or default
        if unit not in MINUTES or length * MINUTES[unit] > most:
            return f"{name} is {length:g} {unit}; at most {_span(most)}."
    return ""


def _span(minutes: int) -> str:
    return f"{minutes} minutes" if minutes <= 60 else f"{minutes // 1440} days"


def sign_up_is_closed(conf: dict[str, Any], _: str) -> str:
    """Return why anyone can sign up in a protected environment."""
    closed = one(conf, "admin_create_user_config", "allow_admin_create_user_only")
    if not facts().get("protected") or true(closed) or reference(closed):
        return ""
    return f"Self sign-up is open in the protected environment {facts()['environment']}."


def logs_are_kept(conf: dict[str, Any], _: str) -> str:
    """Return why logs are not kept as long as the environment requires."""
    days = one(conf, "retention_in_days")
    if reference(days):
        return ""
    kept = number(days) or 0
    if facts().get("protected"):
        short = f"Logs are kept for only {kept:g} days in the protected {facts()['environment']}."
        return short if 0 < kept < YEAR else ""
    return "" if kept else "Logs are kept for ever: retention_in_days is not set."


def concurrency_is_reserved(conf: dict[str, Any], _: str) -> str:
    """Return why a function reserves no concurrency."""
    reserved = one(conf, "reserved_concurrent_executions")
    if not facts().get("protected") or reference(reserved) or (number(reserved) or 0) >= 1:
        return ""
    return f"The function reserves no concurrency in the protected environment {facts()['environment']}."


def subscriber_uses_tls(conf: dict[str, Any], _: str) -> str:
    """Return why a subscriber gets messages by plain http."""
    plain = one(conf, "protocol") == "http" or str(one(conf, "endpoint") or "").startswith("http://")
    return "A subscriber gets the messages by plain http." if plain else ""


checks = [
    ResourcePolicy("CKV_MRD_012", ("aws_cognito_user_pool_client",), tokens_are_short_lived),
    ResourcePolicy("CKV_MRD_013", ("aws_cognito_user_pool",), sign_up_is_closed),
    ResourcePolicy("CKV_MRD_015", ("aws_cloudwatch_log_group",), logs_are_kept),
    ResourcePolicy("CKV_MRD_016", ("aws_lambda_function",), concurrency_is_reserved),
    ResourcePolicy("CKV_MRD_026", ("aws_sns_topic_subscription",), subscriber_uses_tls),
]
