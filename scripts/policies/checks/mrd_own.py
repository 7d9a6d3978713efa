"""The policy that requests and messages go to no other host, and that functions run only their package."""

import re
from typing import Any

from _policy import ResourcePolicy, blocks, one

# Variables that make a runtime load other code, or an SDK call another host.
DIVERTS = re.compile(
    r"AWS_ENDPOINT_URL\w*|AWS_LAMBDA_EXEC_WRAPPER|LD_(?:LIBRARY_PATH|PRELOAD)|NODE_(?:EXTRA_CA_CERTS|OPTIONS|PATH)"
    r"|NODE_TLS_REJECT_UNAUTHORIZED|PYTHON(?:HOME|PATH|STARTUP)|(?:ALL|HTTPS?)_PROXY",
    re.IGNORECASE,
)


def _integration(conf: dict[str, Any]) -> str:
    kind = one(conf, "integration_subtype") or one(conf, "integration_type")
    return "" if kind == "AWS_PROXY" else f"The integration is of type {kind}; only AWS_PROXY to a function is allowed."


def _code(conf: dict[str, Any]) -> str:
    if other := [name for name in ("image_uri", "s3_bucket", "s3_key") if one(conf, name)]:
        return f"The code comes from {', '.join(other)} and not from the module's package."
    for block in blocks(conf, "environment"):
        variables = one(block, "variables")
        if isinstance(variables, dict) and (set_ := [name for name in variables if DIVERTS.fullmatch(str(name))]):
            return f"The setting {', '.join(sorted(set_))} makes the runtime load other code or call other hosts."
    return ""


def _subscriber(conf: dict[str, Any]) -> str:
    plain = one(conf, "protocol") == "http" or str(one(conf, "endpoint") or "").startswith("http://")
    return "A subscriber gets the messages by plain http." if plain else ""


BY_TYPE = {
    "aws_apigatewayv2_integration": _integration,
    "aws_lambda_function": _code,
    "aws_sns_topic_subscription": _subscriber,
}
checks = [ResourcePolicy("CKV_MRD_026", BY_TYPE, lambda conf, resource_type: BY_TYPE[resource_type](conf))]
