"""Policies of the HTTP API: authorizer, permissions, CORS and throttles."""

from typing import Any

from _aws import ISSUER
from _policy import ResourcePolicy, blocks, facts, many, number, one, reference
from _statements import foreign

OPEN_ROUTES = {"GET /status"}
HEADER = "$request.header.Authorization"
RATE, BURST = 10_000, 5_000  # the account's default limits: AWS, "Amazon API Gateway quotas"


def route_has_authorizer(conf: dict[str, Any], resource_type: str) -> str:
    """Return why a route, or an API that makes routes itself, lets a call pass without the JWT authorizer."""
    if resource_type == "aws_apigatewayv2_api":
        return _routes_itself(conf)
    key, kind = one(conf, "route_key"), one(conf, "authorization_type")
    if key in OPEN_ROUTES and kind in {"NONE", None}:
        return ""
    if kind != "JWT":
        return f"The route {key} has authorization_type {kind or 'NONE'}."
    unknown_id = "__change_actions__" in conf and "create" in conf["__change_actions__"]
    return "" if one(conf, "authorizer_id") or unknown_id else f"The route {key} names no authorizer."


def _routes_itself(conf: dict[str, Any]) -> str:
    """Return the setting that gives an API routes without an authorizer, beside its route resources."""
    if made := [name for name in ("body", "route_key", "target") if one(conf, name)]:
        return f"The API's {', '.join(made)} creates routes without an authorizer."
    kind = one(conf, "protocol_type")
    return "" if kind == "HTTP" or reference(kind) else f"The API is of type {kind}, which has no JWT authorizer."


def authorizer_is_cognito(conf: dict[str, Any], _: str) -> str:
    """Return why an authorizer accepts tokens of another issuer than the environment's user pool."""
    if one(conf, "authorizer_type") != "JWT":
        return f"The authorizer is of type {one(conf, 'authorizer_type')}."
    issuer, audience = one(conf, "jwt_configuration", "issuer"), many(conf, "jwt_configuration", "audience")
    if not issuer or not (reference(issuer) or ISSUER.fullmatch(str(issuer))):
        return f"The issuer {issuer} is not a Cognito user pool."
    if other := [name for name in many(conf, "identity_sources") if name != HEADER and not reference(name)]:
        return f"The token comes in {', '.join(map(str, other))}, which URLs and logs show."
    if "issuers" in facts() and not _of_environment(str(issuer)):
        return f"The issuer {issuer} is not the pool of {facts()['environment']}."
    named = any(str(entry).strip() for entry in audience)
    return "" if named else "The audience is empty: the API accepts any client's token."


def _of_environment(issuer: str) -> bool:
    """Whether an issuer is a pool in the environment's plans, or a mock before the pool exists."""
    issuers = facts()["issuers"]
    # A pool has two addresses, and its tokens name either.
    known = {one.replace("https://issuer-", "https://", 1) for one in issuers}
    if issuer.replace("https://issuer-", "https://", 1) in known:
        return True
    return not issuers and (reference(issuer) or facts()["mock"] in issuer)


def permission_is_scoped(conf: dict[str, Any], _: str) -> str:
    """Return why a permission is for another account, or lets more than named routes invoke the function.

    Checkov itself reports a principal * (CKV_AWS_301), and a service without source_arn (CKV_AWS_364).
    """
    principal, action, source = (str(one(conf, name) or "") for name in ("principal", "action", "source_arn"))
    if account := foreign(principal):
        return f"The principal {principal} is of the account {account}."
    if action != "lambda:InvokeFunction" and not reference(action):
        return f"The action is {action}; only lambda:InvokeFunction is allowed."
    return f"source_arn {source} holds a wildcard." if "*" in source or "?" in source else ""


def cors_is_named(conf: dict[str, Any], _: str) -> str:
    """Return why CORS allows an origin that is not HTTPS, or a wildcard."""
    for block in blocks(conf, "cors_configuration"):
        for origin in many(block, "allow_origins"):
            if not reference(origin) and (not str(origin).startswith("https://") or "*" in str(origin)):
                return f"CORS allows {origin}."
        for name in ("allow_headers", "allow_methods", "expose_headers"):
            if "*" in many(block, name):
                return f"CORS has * in {name}."
    return ""


def stage_is_throttled(conf: dict[str, Any], _: str) -> str:
    """Return why a stage or a route has no throttle below the account's limits."""
    found = blocks(conf, "default_route_settings")
    if not found:
        return "The stage has no default_route_settings: nothing is throttled."
    for block in (*found, *blocks(conf, "route_settings")):
        for name, most in (("throttling_rate_limit", RATE), ("throttling_burst_limit", BURST)):
            value = one(block, name)
            if reference(value):
                continue
            limit = number(value)
            if limit is None or not 0 < limit <= most:
                return f"{name} is {value}; it must be above 0 and at most {most}."
    return ""


checks = [
    ResourcePolicy("CKV_MRD_001", ("aws_apigatewayv2_route", "aws_apigatewayv2_api"), route_has_authorizer),
    ResourcePolicy("CKV_MRD_002", ("aws_apigatewayv2_authorizer",), authorizer_is_cognito),
    ResourcePolicy("CKV_MRD_003", ("aws_lambda_permission",), permission_is_scoped),
    ResourcePolicy("CKV_MRD_004", ("aws_apigatewayv2_api",), cors_is_named),
    ResourcePolicy("CKV_MRD_005", ("aws_apigatewayv2_stage",), stage_is_throttled),
]
