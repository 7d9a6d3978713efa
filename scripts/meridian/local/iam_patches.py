"""Facts of a request that AWS's IAM computes and MiniStack's does not: resources, tags, boundaries, principals.

Without them it refuses correct policies, and an explicit `Deny` on such a fact has no effect.
"""

import contextvars
import json
from collections.abc import Mapping
from functools import wraps
from typing import Any
from urllib.parse import unquote

from meridian.local.alarm_patches import read_query

Facts = dict[str, Any]
NAMES_A_BOUNDARY = {"iam:CreateRole", "iam:PutRolePermissionsBoundary"}
"""The calls that name a boundary; other calls about a role are checked with the boundary that it has."""
Further = Mapping[str, tuple[tuple[str, str], ...]]
FURTHER: contextvars.ContextVar[Further | None] = contextvars.ContextVar("further", default=None)
"""For actions of the current request: the actions and resources that AWS checks besides them."""


def resources_in_bodies(iam_actions: Any, iam_evaluator: Any) -> None:
    """Authorize on a resource or an alias of a key that the body names, and a change of an alias also on its key.

    MiniStack authorizes these calls on `*`.
    """
    resource, decide = iam_actions.extract_resource_arn, iam_evaluator.enforce

    @wraps(resource)
    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        arn: str = resource(service, method, path, headers, body, *rest)
        given, (params, region, account) = _json(body), rest
        named, alias, key = (str(given.get(name, "")) for name in ("ResourceArn", "AliasName", "TargetKeyId"))
        named = named or iam_actions._query_param(params, "ResourceArn")
        target = f"arn:aws:kms:{region}:{account}:key/{key.rpartition('/')[2]}"
        aliased = ("kms:CreateAlias", "kms:UpdateAlias") if key else ()
        FURTHER.set({action: ((action, target),) for action in aliased})
        if arn == "*" and named.startswith("arn:"):
            return named
        return f"arn:aws:kms:{region}:{account}:{alias}" if arn == "*" and service == "kms" and alias else arn

    @wraps(decide)
    def enforce(key: str, action: str, service: str, region: str, *rest: Any, **named: Any) -> Any:
        denied = decide(key, action, service, region, *rest, **named)
        for further, arn in (FURTHER.get() or {}).get(action, ()):
            context = named.get("service_context")
            denied = denied or decide(key, further, service, region, resource_arn=arn, service_context=context)
        return denied

    iam_actions.extract_resource_arn, iam_evaluator.enforce = extract_resource_arn, enforce


def actions_on_aliases(iam_actions: Any) -> None:
    """Name the actions on one alias of a function, and those that read or delete a concurrency.

    MiniStack calls the first lambda:ListAliases, also to change or delete an alias, and the others
    lambda:PutFunctionConcurrency.
    """
    known = iam_actions._lambda_action
    on_alias = {"GET": "GetAlias", "PUT": "UpdateAlias", "DELETE": "DeleteAlias"}
    on_concurrency = {"GET": "GetFunctionConcurrency", "DELETE": "DeleteFunctionConcurrency"}

    @wraps(known)
    def lambda_action(method: str, path: str) -> Any:
        below = path.rstrip("/").partition("/functions/")[2].split("/")[1:]
        if len(below) == 2 and below[0] == "aliases":
            return on_alias.get(method)
        if below == ["concurrency"] and method in on_concurrency:
            return on_concurrency[method]
        return known(method, path)

    iam_actions._lambda_action = lambda_action


def tags_of_apis_and_pools(iam_actions: Any, tagging: Any, apigateway: Any, cognito: Any) -> None:
    """Set aws:RequestTag and aws:ResourceTag for HTTP APIs, with all that is below one, and for user pools.

    MiniStack has neither for them, so a policy that goes by tags refuses everything.
    """
    requested, tagged = iam_actions.request_tag_context, tagging.resource_tags

    @wraps(requested)
    def request_tag_context(service: str, action: str, body: bytes, params: Facts) -> Facts:
        given = _json(body)
        tags = given.get("UserPoolTags") or (given.get("tags") if service == "apigateway" else None) or {}
        context = {f"aws:RequestTag/{name}".lower(): value for name, value in tags.items()}
        found: Facts = requested(service, action, body, params)
        return found | context | ({"aws:TagKeys": list(tags)} if tags else {})

    @wraps(tagged)
    def resource_tags(arn: str) -> dict[str, str] | None:
        _, pool, pool_id = arn.partition(":userpool/")
        _, api, below = unquote(arn).rpartition("::/apis/")
        if pool:
            return dict((cognito._user_pools.get(pool_id) or {}).get("UserPoolTags") or {})
        if api:
            return dict(apigateway._api_tags.get(apigateway._api_arn(below.partition("/")[0])) or {})
        found: dict[str, str] | None = tagged(arn)
        return found

    iam_actions.request_tag_context, tagging.resource_tags = request_tag_context, resource_tags


def tags_of_certificates_and_names(tagging: Any, acm: Any, apigateway_v1: Any) -> None:
    """Set aws:ResourceTag for certificates, and for custom domains with their mappings.

    MiniStack has it for neither, so a policy that goes by tags refuses everything.
    """
    tagged = tagging.resource_tags

    @wraps(tagged)
    def resource_tags(arn: str) -> dict[str, str] | None:
        head, name, below = unquote(arn).rpartition("::/domainnames/")
        if ":certificate/" in arn:
            certificate = acm._certificates.get(arn) or {}
            return {tag["Key"]: tag.get("Value", "") for tag in certificate.get("Tags", ())}
        if name:
            return dict(apigateway_v1._v1_tags.get(f"{head}{name}{below.partition('/')[0]}") or {})
        found: dict[str, str] | None = tagged(arn)
        return found

    tagging.resource_tags = resource_tags


def resources_of_route53(iam_actions: Any) -> None:
    """Authorize on the health check or the change that a path names. MiniStack knows hosted zones only."""
    resource = iam_actions.extract_resource_arn

    @wraps(resource)
    def extract_resource_arn(service: str, method: str, path: str, *rest: Any) -> str:
        arn: str = resource(service, method, path, *rest)
        *_, kind, name = ("", *path.strip("/").split("/"))
        if service == "route53" and arn == "*" and kind in {"change", "healthcheck"}:
            return f"arn:aws:route53:::{kind}/{name}"
        return arn

    iam_actions.extract_resource_arn = extract_resource_arn


def resources_of_alarms_and_budgets(iam_actions: Any) -> None:
    """Authorize on the one alarm, dashboard or budget that a call names, and call the actions on budgets as IAM does.

    MiniStack authorizes most of these calls on `*`, and asks for budgets:CreateBudget, which IAM does not know.
    """
    resource, action = iam_actions.extract_resource_arn, iam_actions.extract_iam_action

    @wraps(resource)
    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        arn: str = resource(service, method, path, headers, body, *rest)
        if arn != "*" or service not in {"budgets", "monitoring"}:
            return arn
        params, region, account = rest
        asked = _json(body) or read_query(params)
        match asked:
            case {"ResourceARN": str(named)}:
                return named
            case {"BudgetName": str(name)} | {"Budget": {"BudgetName": str(name)}}:
                return f"arn:aws:budgets::{account}:budget/{name}"
            case {"DashboardName": str(name)} | {"DashboardNames": [str(name)]}:
                return f"arn:aws:cloudwatch::{account}:dashboard/{name}"
            case {"AlarmNames": [str(name)]}:
                return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
        return arn

    @wraps(action)
    def extract_iam_action(service: str, *request: Any) -> Any:
        found = action(service, *request)
        if service != "budgets" or found is None or "Tag" in found:
            return found
        return "budgets:ViewBudget" if found.startswith("budgets:Describe") else "budgets:ModifyBudget"

    iam_actions.extract_resource_arn, iam_actions.extract_iam_action = extract_resource_arn, extract_iam_action


def resources_of_cloudfront(iam_actions: Any, cloudfront: Any) -> None:
    """Authorize on the function, store or distribution that a call names, and one with tags also as their change.

    MiniStack knows distributions only, and asks for cloudfront:CreateDistributionWithTags, which IAM does not know.
    """
    resource, action = iam_actions.extract_resource_arn, iam_actions.extract_iam_action

    def named(path: str, body: bytes, params: Facts, account: str) -> str:
        kind, name = [*path.strip("/").split("/")[1:3], ""][:2]
        match kind:
            case "tagging":
                return str(iam_actions._query_param(params, "Resource"))
            case "key-value-store":
                return str(cloudfront._kvstores.get(name, {}).get("ARN", f"arn:aws:cloudfront::{account}:{kind}/*"))
            case "function":
                return f"arn:aws:cloudfront::{account}:function/{name or _texts(iam_actions, body, 'Name')[0]}"
            case "distribution":
                return f"arn:aws:cloudfront::{account}:distribution/{name or '*'}"
        return "*"

    @wraps(resource)
    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        arn: str = resource(service, method, path, headers, body, *rest)
        if service != "cloudfront" or arn != "*":
            return arn
        arn = named(path, body, rest[0], rest[2])
        tagged = (("cloudfront:TagResource", arn),) if _tags(iam_actions, body) else ()
        FURTHER.set({"cloudfront:CreateDistribution": tagged})
        return arn

    @wraps(action)
    def extract_iam_action(service: str, *request: Any) -> Any:
        found = action(service, *request)
        return found.removesuffix("WithTags") if service == "cloudfront" and found else found

    iam_actions.extract_resource_arn, iam_actions.extract_iam_action = extract_resource_arn, extract_iam_action


def tags_of_distributions(iam_actions: Any, tagging: Any, cloudfront: Any) -> None:
    """Set aws:RequestTag and aws:ResourceTag for CloudFront. MiniStack has neither for it."""
    requested, tagged = iam_actions.request_tag_context, tagging.resource_tags

    @wraps(requested)
    def request_tag_context(service: str, action: str, body: bytes, params: Facts) -> Facts:
        found: Facts = requested(service, action, body, params)
        given = _tags(iam_actions, body) if service == "cloudfront" else {}
        return found | {f"aws:RequestTag/{name}".lower(): value for name, value in given.items()}

    @wraps(tagged)
    def resource_tags(arn: str) -> dict[str, str] | None:
        if ":cloudfront:" in arn:
            return {tag["Key"]: tag.get("Value", "") for tag in cloudfront._tags.get(arn, ())}
        found: dict[str, str] | None = tagged(arn)
        return found

    iam_actions.request_tag_context, tagging.resource_tags = request_tag_context, resource_tags


def resources_of_firewalls(iam_actions: Any) -> None:
    """Authorize on the firewall that a call names, and its association also on what it is put before.

    MiniStack authorizes these calls on `*`.
    """
    resource = iam_actions.extract_resource_arn

    @wraps(resource)
    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        arn: str = resource(service, method, path, headers, body, *rest)
        if service != "wafv2":
            return arn
        match _json(body):
            case {"WebACLArn": str(firewall), "ResourceArn": str(before)}:
                FURTHER.set({"wafv2:AssociateWebACL": (("wafv2:AssociateWebACL", before),)})
                return firewall
            case {"ResourceARN": str(firewall)} | {"LoggingConfiguration": {"ResourceArn": str(firewall)}}:
                return firewall
        return arn

    iam_actions.extract_resource_arn = extract_resource_arn


def boundaries_and_principals(iam_actions: Any, iam_evaluator: Any, iam: Any) -> None:
    """Set iam:PermissionsBoundary for calls about a role, lambda:Principal and cloudwatch:namespace.

    MiniStack sets none of them: a policy that wants a boundary refuses every role.
    """
    resource, decide = iam_actions.extract_resource_arn, iam_evaluator.enforce
    request: contextvars.ContextVar[tuple[Facts, Facts]] = contextvars.ContextVar("request", default=({}, {}))

    @wraps(resource)
    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        request.set((_json(body), rest[0]))
        arn: str = resource(service, method, path, headers, body, *rest)
        return arn

    def facts(action: str, arn: str) -> Facts:
        body, params = request.get()
        if action == "lambda:AddPermission":
            return {"lambda:Principal": body.get("Principal")}
        if action == "cloudwatch:PutMetricData":
            return {"cloudwatch:namespace": body.get("Namespace")}
        if action in NAMES_A_BOUNDARY:
            return {"iam:PermissionsBoundary": iam_actions._query_param(params, "PermissionsBoundary")}
        if action.startswith("iam:") and ":role/" in arn:
            role = iam._roles.get_scoped(arn.split(":")[4], None, arn.rpartition("/")[2])
            return {"iam:PermissionsBoundary": (role or {}).get("PermissionsBoundary")}
        return {}

    @wraps(decide)
    def enforce(
        key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Facts | None = None
    ) -> Any:
        known = {name: value for name, value in facts(action, resource_arn).items() if value}
        return decide(
            key, action, service, region, resource_arn=resource_arn, service_context=(service_context or {}) | known
        )

    iam_actions.extract_resource_arn, iam_evaluator.enforce = extract_resource_arn, enforce


def _json(body: bytes) -> Facts:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _tags(iam_actions: Any, body: bytes) -> dict[str, str]:
    names, values = (_texts(iam_actions, body, f"Tag/{{*}}{part}") for part in ("Key", "Value"))
    return dict(zip(names, values, strict=True))


def _texts(iam_actions: Any, body: bytes, kind: str) -> list[str]:
    return [one.text or "" for one in iam_actions.fromstring(body).iterfind(f".//{{*}}{kind}")] if body else []
