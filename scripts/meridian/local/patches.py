"""Behaviour of AWS that MiniStack lacks and the modules need; each patch documents what AWS does.

MiniStack looks its handlers up by module attribute for every request, so replacing
attributes is enough. The version is pinned because the names are private.
"""

import contextvars
import importlib.metadata
import ipaddress
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from meridian.errors import OperationFailed
from meridian.local import alarm_patches, alias_patches, iam_patches, replica_patches

WRITTEN_FOR = "1.5.33"
JWT_AUTHORIZER = frozenset({"authorizerId", "authorizerType", "identitySource", "jwtConfiguration", "name"})


def apply_patches() -> None:
    """Patch the MiniStack modules of this process; raises OperationFailed for another version."""
    found = importlib.metadata.version("ministack")
    if found != WRITTEN_FOR:
        raise OperationFailed(
            f"MiniStack {found} is installed; the patches of the local AWS are written for {WRITTEN_FOR}.",
            "Run `make setup`, or move the patches and their tests to the new version.",
        )
    from hypercorn.protocol import h11
    from ministack import app
    from ministack.core import iam_actions, iam_evaluator
    from ministack.services import (
        acm,
        apigateway,
        apigateway_v1,
        cloudfront,
        cloudwatch,
        cognito,
        dynamodb,
        iam,
        kms,
        lambda_svc,
        tagging,
    )

    jwt_authorizers_have_no_request_settings(apigateway)
    loopback_is_secure_transport(app, iam_evaluator)
    leading_keys(iam_actions, dynamodb)
    function_names_and_passed_roles(iam_actions, iam_evaluator)
    iam_patches.resources_in_bodies(iam_actions, iam_evaluator)
    iam_patches.actions_on_aliases(iam_actions)
    iam_patches.tags_of_apis_and_pools(iam_actions, tagging, apigateway, cognito)
    iam_patches.tags_of_certificates_and_names(tagging, acm, apigateway_v1)
    iam_patches.resources_of_route53(iam_actions)
    iam_patches.resources_of_alarms_and_budgets(iam_actions)
    iam_patches.resources_of_cloudfront(iam_actions, cloudfront)
    iam_patches.tags_of_distributions(iam_actions, tagging, cloudfront)
    iam_patches.resources_of_firewalls(iam_actions)
    iam_patches.boundaries_and_principals(iam_actions, iam_evaluator, iam)
    alarm_patches.alarms_keep_every_field(cloudwatch)
    alarm_patches.alarms_are_evaluated(cloudwatch)
    alarm_patches.composite_alarms_have_a_suppressor(cloudwatch)
    alarm_patches.apis_send_metrics(apigateway, cloudwatch)
    alias_patches.aliases_have_weights(lambda_svc)
    alias_patches.calls_are_counted_by_version(lambda_svc, cloudwatch)
    replica_patches.replicas_have_keys(dynamodb)
    replica_patches.dynamodb_has_a_key_of_its_own(kms)
    apis_need_permission_to_invoke(apigateway, lambda_svc, iam_evaluator)
    permissions_go_with_their_alias(lambda_svc)
    certificates_keep_their_options(acm)
    certificates_are_listed_by_tags(acm, tagging)
    answers_come_in_one_piece(h11)


def jwt_authorizers_have_no_request_settings(apigateway: Any) -> None:
    """Return JWT authorizers without the settings of Lambda authorizers.

    AWS has those for Lambda (REQUEST) authorizers only. MiniStack adds them to all,
    and Terraform then plans `authorizer_payload_format_version -> null`.
    """
    create = apigateway._create_authorizer

    @wraps(create)
    def create_authorizer(api_id: str, data: dict[str, Any]) -> Any:
        status, headers, body = create(api_id, data)
        made = json.loads(body)
        if made.get("authorizerType") != "JWT":
            return status, headers, body
        stored = apigateway._authorizers[api_id][made["authorizerId"]]
        for name in stored.keys() - JWT_AUTHORIZER - data.keys():
            del stored[name]
        return apigateway._apigw_response(stored, status)

    apigateway._create_authorizer = create_authorizer


def loopback_is_secure_transport(app: Any, iam_evaluator: Any) -> None:
    """Treat calls from this machine, and between services, as made over TLS.

    Policies require aws:SecureTransport. MiniStack speaks plain HTTP, but traffic on the
    loopback interface does not leave the machine. A call with `X-Forwarded-Proto: http`
    still counts as made without TLS.
    """
    serve, pin = app.app, app.pin_request_origin
    named: contextvars.ContextVar[bool] = contextvars.ContextVar("names_its_protocol", default=False)

    async def served(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        named.set(any(name.lower() == b"x-forwarded-proto" for name, _ in scope.get("headers", [])))
        await serve(scope, receive, send)

    def pin_request_origin(source_ip: str, secure_transport: bool) -> None:
        local = ipaddress.ip_address(source_ip).is_loopback and not named.get()
        pin(source_ip, secure_transport or local)

    app.app, app.pin_request_origin = served, pin_request_origin
    iam_evaluator._request_origin = contextvars.ContextVar("request_origin", default=("127.0.0.1", True))


def leading_keys(iam_actions: Any, dynamodb: Any) -> None:
    """Set dynamodb:LeadingKeys to the partition key of a call about one item.

    MiniStack never sets it, so `ForAllValues` would match every key. A query or a batch stays
    without it: a policy that wants it denies them.
    """
    known = iam_actions.dynamodb_service_context

    @wraps(known)
    def dynamodb_service_context(body: bytes) -> dict[str, Any]:
        context: dict[str, Any] = known(body)
        request = _json(body)
        table = dynamodb._tables.get(str(request.get("TableName")).rsplit("/", 1)[-1]) or {}
        key = _map(_map(request.get("Key") or request.get("Item")).get(table.get("pk_name", "")))
        return context | ({"dynamodb:LeadingKeys": [str(value) for value in key.values()]} if key else {})

    iam_actions.dynamodb_service_context = dynamodb_service_context


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _json(body: bytes) -> dict[str, Any]:
    try:
        return _map(json.loads(body or b"{}"))
    except ValueError:
        return {}


def function_names_and_passed_roles(iam_actions: Any, iam_evaluator: Any) -> None:
    """Authorize lambda:CreateFunction on the named function, and require iam:PassRole for its role.

    AWS reads both from the body. MiniStack authorizes on `*` and never checks iam:PassRole.
    """
    resource, decide = iam_actions.extract_resource_arn, iam_evaluator.enforce
    passed: contextvars.ContextVar[str] = contextvars.ContextVar("passed_role", default="")

    @wraps(resource)
    def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        arn: str = resource(service, method, path, headers, body, *rest)
        request = _json(body) if service == "lambda" else {}
        passed.set(str(request.get("Role", "")))
        if arn == "*" and path.endswith("/functions") and "FunctionName" in request:
            _, region, account = rest
            return f"arn:aws:lambda:{region}:{account}:function:{str(request['FunctionName']).rsplit(':', 1)[-1]}"
        return arn

    @wraps(decide)
    def enforce(key: str, action: str, service: str, *rest: Any, **named: Any) -> Any:
        denied = decide(key, action, service, *rest, **named)
        role = passed.get()
        if denied or not role or action not in {"lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"}:
            return denied
        context = {"iam:PassedToService": "lambda.amazonaws.com"}
        return decide(key, "iam:PassRole", "iam", "", resource_arn=role, service_context=context)

    iam_actions.extract_resource_arn = extract_resource_arn
    iam_evaluator.enforce = enforce


def apis_need_permission_to_invoke(apigateway: Any, lambda_svc: Any, iam_evaluator: Any) -> None:
    """Let an HTTP API invoke only a function whose own policy allows that API, stage and route.

    Without a matching aws_lambda_permission AWS answers 500 `Internal Server Error`.
    """
    invoke = apigateway._invoke_lambda_proxy

    def allows(function: str, source: str, region: str, account: str) -> bool:
        found = lambda_svc.function_policy_for_arn(function)
        context = iam_evaluator.EvalContext(
            principal_arn="",
            principal_type="Service",
            principal_account="",
            action="lambda:InvokeFunction",
            resource_arn=function,
            region=region,
            service_context={"aws:sourcearn": source, "aws:sourceaccount": account},
        )
        verdict = iam_evaluator.evaluate_resource_policy(found and found[0], context, "apigateway.amazonaws.com")
        return bool(verdict.decision == "Allow")

    @wraps(invoke)
    async def invoke_lambda_proxy(
        integration: dict[str, Any], api: str, stage: str, path: str, method: str, *rest: Any, **named: Any
    ) -> Any:
        region, account = named["owner_region"], named["owner_account_id"]
        verb, _, route = str(rest[3]).rpartition(" ")
        source = f"arn:aws:execute-api:{region}:{account}:{api}/{stage}/{verb and method}{route}"
        function = apigateway._extract_lambda_ref_from_integration_uri(integration.get("integrationUri", ""))
        if not allows(function, source, region, account):
            return 500, {"Content-Type": "application/json"}, b'{"message":"Internal Server Error"}'
        return await invoke(integration, api, stage, path, method, *rest, **named)

    apigateway._invoke_lambda_proxy = invoke_lambda_proxy


def permissions_go_with_their_alias(lambda_svc: Any) -> None:
    """Delete the permissions of an alias with it.

    In AWS an alias has a policy of its own. MiniStack has one policy for each function, where a permission of a
    deleted alias stays and refuses the same permission for the next alias of that name.
    """
    delete = lambda_svc._delete_alias

    @wraps(delete)
    def delete_alias(function: str, alias: str) -> Any:
        status, headers, body = delete(function, alias)
        if status == 204:
            policy, gone = lambda_svc._functions[function]["policy"], f":{function}:{alias}"
            policy["Statement"] = [one for one in policy["Statement"] if not one["Resource"].endswith(gone)]
        return status, headers, body

    lambda_svc._delete_alias = delete_alias


def certificates_keep_their_options(acm: Any) -> None:
    """Keep the options that a certificate is requested with; AWS logs it in public by default.

    MiniStack keeps none, and every later plan sets them again.
    """
    request = acm._request_certificate

    @wraps(request)
    def request_certificate(data: dict[str, Any]) -> Any:
        answer = request(data)
        if answer[0] == 200:
            made = acm._certificates[json.loads(answer[2])["CertificateArn"]]
            made["Options"] = {"CertificateTransparencyLoggingPreference": "ENABLED", **data.get("Options", {})}
        return answer

    acm._request_certificate = request_certificate


def certificates_are_listed_by_tags(acm: Any, tagging: Any) -> None:
    """List certificates among the resources that have certain tags, as AWS does; MiniStack leaves them out."""
    tagging._COLLECTORS["acm"] = lambda: (
        (arn, one.get("Tags", []))
        for arn, one in list(acm._certificates.items())
        if arn.split(":")[3] == tagging.get_region()
    )


def answers_come_in_one_piece(h11: Any) -> None:
    """Send the head of a response together with the first part of its body.

    Hypercorn sends them apart. Between the two, Terraform's AWS provider sometimes drops
    the connection and repeats the call; a call that AWS refuses the second time (AddPermission)
    then fails an apply that had worked, after five minutes of retries.
    """
    protocol, library = h11.H11Protocol, h11.h11

    async def send_h11_event(self: Any, event: Any) -> None:
        try:
            data = self.connection.send(event) or b""
        except library.LocalProtocolError:
            if self.connection.their_state != library.ERROR:
                raise
            return
        held = vars(self).pop("_held_head", b"")
        if isinstance(event, library.Response):
            self._held_head = data
        else:
            await self.send(h11.RawData(data=held + data))

    protocol._send_h11_event = send_h11_event
