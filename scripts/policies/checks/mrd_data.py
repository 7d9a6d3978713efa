"""Policies of users and data: passwords, sign-in, protection."""

from typing import Any

from _policy import ResourcePolicy, blocks, facts, flat, many, number, one, reference, true

FLOWS = {"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
URLS = ("callback_urls", "default_redirect_uri", "logout_urls")
CLASSES = ("require_lowercase", "require_numbers", "require_symbols", "require_uppercase")
DATA = ("aws_dynamodb_table", "aws_dynamodb_table_replica", "aws_cognito_user_pool")


def passwords_are_long(conf: dict[str, Any], _: str) -> str:
    """Return why a user pool accepts weak passwords."""
    found = blocks(conf, "password_policy")
    if not found:
        return "The pool has no password_policy: AWS's default has 8 characters."
    length = one(found[0], "minimum_length")
    if not reference(length) and (number(length) or 0) < 12:
        return f"Passwords may have only {length} characters."
    missing = [name for name in CLASSES if not true(one(found[0], name)) and not reference(one(found[0], name))]
    return f"The password policy lacks {', '.join(missing)}." if missing else ""


def client_is_narrow(conf: dict[str, Any], _: str) -> str:
    """Return why an app client allows a flow or an address that gives its users' tokens away."""
    flows = set(map(str, many(conf, "explicit_auth_flows")))
    if not flows or flows - FLOWS:
        return f"The client allows {', '.join(sorted(flows - FLOWS)) or 'the default flows'}."
    if other := sorted(
        str(flow) for flow in many(conf, "allowed_oauth_flows") if flow != "code" and not reference(flow)
    ):
        return f"The client allows the flow {', '.join(other)}."
    if plain := [url for name in URLS for url in many(conf, name) if url and not _secret(url)]:
        return f"The client sends tokens to {', '.join(map(str, plain))}."
    if not true(one(conf, "enable_token_revocation")):
        return "Tokens of the client cannot be revoked."
    if one(conf, "prevent_user_existence_errors") != "ENABLED":
        return "The client's errors show whether a user exists."
    return ""


def _secret(url: Any) -> bool:
    """Whether requests to a URL are encrypted."""
    return reference(url) or str(url).startswith("https://")


def address_is_confirmed(conf: dict[str, Any], _: str) -> str:
    """Return why a user pool trusts an address that its owner has not confirmed."""
    first = conf.get("auto_verified_attributes")
    if not any(name == "email" or reference(name) for name in flat(first)):
        return "A new user's address is never confirmed: auto_verified_attributes lacks email."
    later = many(conf, "user_attribute_update_settings", "attributes_require_verification_before_update")
    if not any(name == "email" or reference(name) for name in later):
        return "A changed address is used before it is confirmed."
    return ""


def data_is_protected(conf: dict[str, Any], resource_type: str) -> str | None:
    """Return why a table or a user pool can lose its data, or can be deleted in a protected environment."""
    # CKV_AWS_28 asks for a table's own.
    if resource_type == "aws_dynamodb_table_replica":
        recovery = one(conf, "point_in_time_recovery")
        if not true(recovery) and not reference(recovery):
            return "The replica has no point-in-time recovery; the table's own does not cover it."
    if resource_type != "aws_cognito_user_pool":
        protected = one(conf, "deletion_protection_enabled")
        good = true(protected)
    else:
        protected = one(conf, "deletion_protection")
        good = protected == "ACTIVE"
    # `retiring: true` is in the inventory first, where a reviewer sees it.
    if not facts().get("protected") or facts().get("retiring") is True or good or reference(protected):
        return ""
    return f"Deletion protection is {protected or 'off'} in the protected environment {facts()['environment']}."


checks = [
    ResourcePolicy("CKV_MRD_007", ("aws_cognito_user_pool",), passwords_are_long),
    ResourcePolicy("CKV_MRD_008", ("aws_cognito_user_pool_client",), client_is_narrow),
    ResourcePolicy("CKV_MRD_027", ("aws_cognito_user_pool",), address_is_confirmed),
    ResourcePolicy("CKV_MRD_010", DATA, data_is_protected),
]
