"""The policy that requests, messages, logs and code stay in this account."""

import re
from typing import Any

from _policy import ResourcePolicy, blocks, flat, many, one
from _statements import foreign, owned

# Variables that make a runtime load other code, or an SDK call another host.
DIVERTS = re.compile(
    r"AWS_ENDPOINT_URL\w*|AWS_LAMBDA_EXEC_WRAPPER|LD_(?:LIBRARY_PATH|PRELOAD)|NODE_(?:EXTRA_CA_CERTS|OPTIONS|PATH)"
    r"|NODE_TLS_REJECT_UNAUTHORIZED|PYTHON(?:HOME|PATH|STARTUP)|(?:ALL|HTTPS?)_PROXY",
    re.IGNORECASE,
)


def _integration(conf: dict[str, Any]) -> str:
    kind, uri = one(conf, "integration_type"), str(one(conf, "integration_uri") or "")
    if kind != "AWS_PROXY" or one(conf, "integration_subtype"):
        kind = one(conf, "integration_subtype") or kind
        return f"The integration is of type {kind}; only AWS_PROXY to a function is allowed."
    account = foreign(uri)
    return f"The integration leads to the account {account}." if account else ""


def _log(conf: dict[str, Any]) -> str:
    account = foreign(str(one(conf, "access_log_settings", "destination_arn") or ""))
    return f"The access log goes to the account {account}." if account else ""


def _triggers(conf: dict[str, Any]) -> str:
    for name in ("email_configuration", "lambda_config", "sms_configuration"):
        for value in _values(conf.get(name)):
            if account := foreign(str(value)):
                return f"{name} names the account {account}."
    return ""


def _copies(conf: dict[str, Any]) -> str:
    copies = [str(one(block, "region_name")) for block in blocks(conf, "replica")]
    return f"The table is copied to {', '.join(copies)}." if copies else ""


def _values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [inner for part in value.values() for inner in _values(part)]
    return [inner for part in flat(value) for inner in _values(part)] if isinstance(value, list) else [value]


def _code(conf: dict[str, Any]) -> str:
    if other := [name for name in ("image_uri", "s3_bucket", "s3_key") if one(conf, name)]:
        return f"The code comes from {', '.join(other)} and not from the module's package."
    if layers := [str(name) for name in many(conf, "layers") if not owned(str(name))]:
        return f"The function runs the layer {', '.join(layers)} of another account."
    for block in blocks(conf, "environment"):
        variables = one(block, "variables")
        if isinstance(variables, dict) and (set_ := [name for name in variables if DIVERTS.fullmatch(str(name))]):
            return f"The setting {', '.join(sorted(set_))} makes the runtime load other code or call other hosts."
    return ""


def _subscriber(conf: dict[str, Any]) -> str:
    protocol, endpoint = one(conf, "protocol"), str(one(conf, "endpoint") or "")
    if protocol == "http" or endpoint.startswith("http://"):
        return "A subscriber gets the messages by plain http."
    if endpoint.startswith("arn:") and not owned(endpoint):
        return "A subscriber is in another account."
    return ""


BY_TYPE = {
    "aws_apigatewayv2_integration": _integration,
    "aws_apigatewayv2_stage": _log,
    "aws_cognito_user_pool": _triggers,
    "aws_dynamodb_table": _copies,
    "aws_lambda_function": _code,
    "aws_sns_topic_subscription": _subscriber,
}
checks = [ResourcePolicy("CKV_MRD_026", BY_TYPE, lambda conf, resource_type: BY_TYPE[resource_type](conf))]
