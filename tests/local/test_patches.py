"""Each patch: with it MiniStack behaves as AWS does, without it not."""

import http.client
import importlib.metadata
import json
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from meridian.errors import OperationFailed
from meridian.local import patches
from meridian.targets import Target
from tests.local.conftest import ACCOUNT, as_role, node_package

DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError")
Check = Callable[[Target], Any]


def refused(call: Callable[..., Any], **request: Any) -> bool:
    """Return whether a call is denied; any other error fails the test."""
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            return True
        raise
    return False


def allow(actions: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    """Return a statement of a policy."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def test_another_version_of_ministack_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The patches replace private names, which fit one version only."""
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.5.34")
    with pytest.raises(OperationFailed, match=r"1\.5\.34 is installed.*written for 1\.5\.33"):
        patches.apply_patches()


def jwt_authorizer(target: Target) -> dict[str, Any]:
    """Return a JWT authorizer as it is read back after its creation."""
    api = target.client("apigatewayv2")
    api_id = api.create_api(Name="jwt", ProtocolType="HTTP")["ApiId"]
    made = api.create_authorizer(
        ApiId=api_id,
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Audience": ["one"], "Issuer": "https://example.com"},
    )
    found = api.get_authorizer(ApiId=api_id, AuthorizerId=made["AuthorizerId"])
    assert {k: v for k, v in made.items() if k != "ResponseMetadata"} == {
        k: v for k, v in found.items() if k != "ResponseMetadata"
    }
    return {key: value for key, value in found.items() if key.startswith(("Authorizer", "Enable"))}


def test_a_jwt_authorizer_has_no_settings_of_a_lambda_authorizer(patched: Target, plain: Target) -> None:
    """With them every first plan after an apply would show a change."""
    assert set(jwt_authorizer(patched)) == {"AuthorizerId", "AuthorizerType"}
    assert jwt_authorizer(plain)["AuthorizerPayloadFormatVersion"] == "2.0"


def tls_only(target: Target) -> Any:
    """Return an S3 client of a role, and a bucket that refuses calls without TLS."""
    bucket = f"tls-{uuid4()}"
    target.client("s3").create_bucket(Bucket=bucket)
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    target.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [deny]}))
    return as_role(target, f"tls-{uuid4().hex}", allow("s3:*"))("s3"), bucket


def test_a_tls_only_bucket_allows_loopback(patched: Target, plain: Target) -> None:
    """The policy stays in the modules and still applies to other callers."""
    for target, outcome in ((patched, False), (plain, True)):
        s3, bucket = tls_only(target)
        assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"") is outcome


def received_over_tls_only(target: Target) -> bool:
    """Return whether a TLS-only queue receives a topic's message."""
    sns, sqs = target.client("sns"), target.client("sqs")
    name = f"tls-{uuid4()}"
    topic, queue = sns.create_topic(Name=name)["TopicArn"], sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    admit = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    over_tls = {"Resource": arn, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Statement": [admit | over_tls]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="hello")
    return bool(target.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))


def test_services_call_each_other_over_tls(patched: Target, plain: Target) -> None:
    """SNS delivers to a queue that requires TLS."""
    assert received_over_tls_only(patched)
    assert not received_over_tls_only(plain)


LEADING = {
    "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["status"]},
    "Null": {"dynamodb:LeadingKeys": "false"},
}
CALLS: dict[str, Callable[[Any, str, str], Any]] = {
    "GetItem": lambda db, table, key: db.get_item(TableName=table, Key={"pk": {"S": key}}),
    "GetItem by ARN": lambda db, table, key: db.get_item(
        TableName=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{table}", Key={"pk": {"S": key}}
    ),
    "PutItem": lambda db, table, key: db.put_item(TableName=table, Item={"pk": {"S": key}}),
    "UpdateItem": lambda db, table, key: db.update_item(
        TableName=table, Key={"pk": {"S": key}}, AttributeUpdates={"a": {"Value": {"S": "b"}}}
    ),
}


def limited_table(target: Target) -> Any:
    """Return a DynamoDB client that may touch the partition `status` only, and the table."""
    table = f"t-{uuid4()}"
    target.client("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    return as_role(target, f"keys-{uuid4().hex}", allow("dynamodb:*", **LEADING))("dynamodb"), table


def test_a_role_limited_to_leading_keys_reaches_no_other_key(patched: Target, plain: Target) -> None:
    """Without the key in the request context a strict policy would deny every call."""
    database, table = limited_table(patched)
    for name, call in CALLS.items():
        assert not refused(call, db=database, table=table, key="status"), name
        assert refused(call, db=database, table=table, key="another"), name
    assert refused(database.scan, TableName=table), "a Scan names no item"
    batch = {table: {"Keys": [{"pk": {"S": "another"}}]}}
    assert refused(database.batch_get_item, RequestItems=batch), "nor does a batch"
    database, table = limited_table(plain)
    assert refused(CALLS["GetItem"], db=database, table=table, key="status")


def create_function(target: Target, role: Callable[[str], Any], name: str, executor: str) -> bool:
    """Return whether a role may not create a function that runs as another role."""
    return refused(
        role("lambda").create_function,
        FunctionName=name,
        Role=f"arn:aws:iam::{ACCOUNT}:role/{executor}",
        Runtime="nodejs22.x",
        Handler="index.handler",
        Code={"ZipFile": node_package("")},
    )


def test_making_a_function_needs_its_name_and_its_role(patched: Target, plain: Target) -> None:
    """A policy for `app-*` allows only such functions, and the caller needs iam:PassRole."""
    for target in (patched, plain):
        as_role(target, "app-executor")
        as_role(target, "administrator")
    names = allow("lambda:*", f"arn:aws:lambda:*:{ACCOUNT}:function:app-*")
    passing = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    roles = allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/app-*", **passing)
    maker = as_role(patched, "maker", names, roles)
    assert not create_function(patched, maker, "app-one", "app-executor")
    assert create_function(patched, maker, "app-two", "administrator")
    assert create_function(patched, maker, "other", "app-executor")
    assert create_function(plain, as_role(plain, "maker", names, roles), "app-one", "app-executor")
    anything = as_role(plain, "anything", allow("lambda:*"))
    assert not create_function(plain, anything, "other", "administrator"), "MiniStack never checks iam:PassRole"


def permissions_without_alias(target: Target) -> set[str]:
    """Delete an alias that has a permission; return the ids of the permissions that its function still has."""
    functions, name = target.client("lambda"), f"alias-{uuid4()}"
    maker = as_role(target, name, allow("lambda:*"), allow("iam:PassRole"))
    assert not create_function(target, maker, name, name)
    invoke = {"FunctionName": name, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    functions.add_permission(**invoke, StatementId="function")
    functions.add_permission(**invoke, StatementId="alias", Qualifier="live")
    functions.delete_alias(FunctionName=name, Name="live")
    return {one["Sid"] for one in json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"]}


def test_the_permissions_of_an_alias_go_with_it(patched: Target, plain: Target) -> None:
    """An apply that makes a deleted alias again would wait five minutes for a conflict, and fail."""
    assert permissions_without_alias(patched) == {"function"}
    assert permissions_without_alias(plain) == {"function", "alias"}


CODE = "export const handler = async () => ({ statusCode: 200, body: process.version });"


def api_of_a_function(target: Target) -> tuple[str, str]:
    """Make a function and an API whose route is GET /greet; return the API's id and the function's name."""
    name = f"api-{uuid4()}"
    as_role(target, name)
    arn = target.client("lambda").create_function(
        FunctionName=name,
        Role=f"arn:aws:iam::{ACCOUNT}:role/{name}",
        Runtime="nodejs22.x",
        Handler="index.handler",
        Code={"ZipFile": node_package(CODE)},
    )["FunctionArn"]
    api = target.client("apigatewayv2")
    api_id = api.create_api(Name="api", ProtocolType="HTTP")["ApiId"]
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    integration = api.create_integration(
        ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=uri, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    for route in ("GET /greet", "$default"):
        api.create_route(ApiId=api_id, RouteKey=route, Target=f"integrations/{integration}")
    api.create_stage(ApiId=api_id, StageName="$default", AutoDeploy=True)
    return api_id, name


def get(target: Target, api_id: str, path: str) -> tuple[int, str]:
    """Call an API as its clients do, by its host name, at the loopback address."""
    where = urlsplit(str(target.endpoint))
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=10)
    connection.request("GET", path, headers={"Host": f"{api_id}.execute-api.localhost:{where.port}"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_an_api_invokes_only_functions_that_allow_it(patched: Target, plain: Target) -> None:
    """A missing or too narrow permission is a 500, as on AWS; and functions run the pinned Node.js."""
    api_id, name = api_of_a_function(patched)
    source = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api_id}/$default"
    assert get(patched, api_id, "/greet") == (500, '{"message":"Internal Server Error"}')
    permission = {"FunctionName": name, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    patched.client("lambda").add_permission(StatementId="greet", SourceArn=f"{source}/GET/greet", **permission)
    status, body = get(patched, api_id, "/greet")
    assert (status, body[:4]) == (200, "v22.")
    assert get(patched, api_id, "/other")[0] == 500
    patched.client("lambda").add_permission(StatementId="other", SourceArn=f"{source}/$default", **permission)
    assert get(patched, api_id, "/other")[0] == 200
    plain_api, _ = api_of_a_function(plain)
    assert get(plain, plain_api, "/greet")[0] == 200


def options_of_a_certificate(target: Target, **options: str) -> Any:
    """Return what is read back of the options that a certificate was requested with."""
    acm = target.client("acm")
    asked = {"Options": options} if options else {}
    arn = acm.request_certificate(DomainName="a.example.com", ValidationMethod="DNS", **asked)["CertificateArn"]
    return acm.describe_certificate(CertificateArn=arn)["Certificate"]["Options"]


def test_a_certificate_keeps_its_options(patched: Target, plain: Target) -> None:
    """A plan compares them."""
    disabled = {"CertificateTransparencyLoggingPreference": "DISABLED"}
    assert options_of_a_certificate(patched, **disabled) == disabled
    assert options_of_a_certificate(patched) == {"CertificateTransparencyLoggingPreference": "ENABLED"}
    assert options_of_a_certificate(plain, **disabled) == {}


def certificate_by_tags(target: Target) -> bool:
    """Return whether a new certificate is listed by its tag in its region, and in no other one."""
    tag = {"Key": "Unit", "Value": str(uuid4())}
    acm = target.client("acm")
    arn = acm.request_certificate(DomainName="a.example.com", Tags=[tag])["CertificateArn"]
    listed = {
        region: [
            one["ResourceARN"]
            for one in target.client("resourcegroupstaggingapi", region).get_resources(
                TagFilters=[{"Key": tag["Key"], "Values": [tag["Value"]]}]
            )["ResourceTagMappingList"]
        ]
        for region in ("us-east-1", "eu-west-1")
    }
    return listed == {"us-east-1": [arn], "eu-west-1": []}


def test_a_certificate_is_listed_by_its_tags(patched: Target, plain: Target) -> None:
    """`audit` finds the certificates that no state knows by them."""
    assert certificate_by_tags(patched)
    assert not certificate_by_tags(plain)


def pieces(target: Target, method: str = "GET") -> list[bytes]:
    """Return what each read of one answer's bytes gave, from a connection that is read at once."""
    address = urlsplit(str(target.endpoint))
    found = []
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(f"{method} /_ministack/health HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        connection.settimeout(0.5)
        with suppress(TimeoutError):
            while piece := connection.recv(65536):
                found.append(piece)
    return found


def test_an_answer_comes_in_one_piece(patched: Target, plain: Target) -> None:
    """Terraform's AWS provider sometimes drops the connection between the pieces and repeats the call."""
    (whole,) = pieces(patched)
    assert whole.startswith(b"HTTP/1.1 200")
    assert whole.endswith(b"}")
    assert any(len(pieces(plain)) > 1 for _ in range(20))


def test_an_answer_without_a_body_has_its_head(patched: Target) -> None:
    (whole,) = pieces(patched, "HEAD")
    assert whole.startswith(b"HTTP/1.1 ")
    assert whole.endswith(b"\r\n\r\n")
