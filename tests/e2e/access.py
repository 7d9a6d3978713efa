"""The roles of pipelines on a local AWS: how one is assumed, and what each must not be able to do."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from meridian.targets import Target
from tests.local.test_iam_patches import with_tags

ISSUER, AUDIENCE = "token.actions.githubusercontent.com", "sts.amazonaws.com"
REPOSITORY = "repo:example-org/meridian"
PULL_REQUEST, MAIN = f"{REPOSITORY}:pull_request", f"{REPOSITORY}:ref:refs/heads/main"
DEPLOYMENT = f"{REPOSITORY}:environment:dev"
SUBJECTS = {"plan": PULL_REQUEST, "apply": DEPLOYMENT}
"""Whom GitHub's tokens name; the verify role is only for the apply role."""
ROLES = ("plan", "apply", "verify")
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"}
ONCE = Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
TRUST = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)
ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def token(subject: str, audience: str = AUDIENCE) -> str:
    """Return a token as GitHub makes it; the local AWS reads its claims and does not check its signature."""
    parts = [{"alg": "RS256", "typ": "JWT"}, {"iss": f"https://{ISSUER}", "sub": subject, "aud": audience}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def assume(target: Target, role: str, subject: str, audience: str = AUDIENCE) -> dict[str, str]:
    """Return the variables of a session of a role, for a subject; raises ClientError if it is refused."""
    unsigned = ONCE.merge(Config(signature_version=UNSIGNED))
    sts = boto3.client("sts", region_name="us-east-1", endpoint_url=target.endpoint, config=unsigned)
    found = sts.assume_role_with_web_identity(
        RoleArn=arn(target, role), RoleSessionName="test", WebIdentityToken=token(subject, audience)
    )["Credentials"]
    return _variables(found)


def assume_verify(target: Target) -> dict[str, str]:
    """Return the variables of a session of the verify role, which a session of the apply role assumes."""
    apply = Session(target, assume(target, "apply", DEPLOYMENT), {})
    return _variables(
        apply.client("sts").assume_role(RoleArn=arn(target, "verify"), RoleSessionName="test")["Credentials"]
    )


def arn(target: Target, role: str) -> str:
    """Return the ARN of a role of a pipeline."""
    return f"arn:aws:iam::{target.environment.account_id}:role/{target.environment.prefix}.{role}"


def _variables(found: Mapping[str, Any]) -> dict[str, str]:
    names = {"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey"}
    names |= {"AWS_SESSION_TOKEN": "SessionToken"}
    return {variable: found[name] for variable, name in names.items()}


@dataclass(frozen=True)
class Session:
    """Clients of a session of a role, and the ids of what is deployed."""

    target: Target
    variables: Mapping[str, str]
    ids: Mapping[str, str]
    """API and pool of the environment, and a pool and an API that are not its own."""

    def client(self, service: Any, region: str = "us-east-1") -> Any:
        """Return a client that has the rights of the role and tries once."""
        keys = [self.variables[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")]
        session = boto3.Session(*keys, region_name=region)
        return session.client(service, endpoint_url=self.target.endpoint, config=ONCE)

    @property
    def bucket(self) -> str:
        """The environment's state bucket."""
        return self.target.environment.state_bucket

    def policy(self, name: str) -> str:
        """Return the ARN of a policy of the account."""
        return f"arn:aws:iam::{self.target.environment.account_id}:policy/{name}"

    def role(self, name: str) -> str:
        """Return the ARN of a role of the account."""
        return f"arn:aws:iam::{self.target.environment.account_id}:role/{name}"


def is_refused(call: Callable[[Session], Any], session: Session) -> bool:
    """Return whether a call is denied; any other error fails the test, because it proves nothing."""
    try:
        call(session)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if error.response["Error"]["Code"] in DENIED or status == 403:
            return True
        raise
    return False


STATE = "live/dev/us-east-1/data/terraform.tfstate"
ROLE, FUNCTION, TABLE = "greeter-dev-greet-us-east-1", "greeter-dev-greet", "greeter-dev-greetings"
EDGE = "greeter-dev-edge"
NEW_TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
OWN_TAGS = {"Project": "greeter", "Environment": "dev"}
Call = Callable[[Session], Any]

PLAN: dict[str, Call] = {
    "make a table": lambda s: s.client("dynamodb").create_table(TableName="greeter-dev-x", **NEW_TABLE),
    "read items": lambda s: s.client("dynamodb").scan(TableName=TABLE),
    "read one item": lambda s: s.client("dynamodb").get_item(TableName=TABLE, Key={"subject": {"S": "status"}}),
    "list users": lambda s: s.client("cognito-idp").list_users(UserPoolId=s.ids["pool"]),
    "read a secret": lambda s: s.client("secretsmanager").get_secret_value(SecretId="greeter-dev-secret"),
    "read the secret of the edge": lambda s: s.client("secretsmanager").get_secret_value(SecretId=EDGE),
    "write a state": lambda s: s.client("s3").put_object(Bucket=s.bucket, Key=STATE, Body=b""),
    "delete a state": lambda s: s.client("s3").delete_object(Bucket=s.bucket, Key=STATE),
    "lock a state of another environment": lambda s: s.client("s3").put_object(
        Bucket=s.bucket, Key="live/prod/us-east-1/data/terraform.tfstate.tflock", Body=b""
    ),
    "read a state of another environment": lambda s: s.client("s3").get_object(
        Bucket=s.bucket, Key="live/prod/us-east-1/data/terraform.tfstate"
    ),
    "lock the state of the roles": lambda s: s.client("s3").put_object(
        Bucket=s.bucket, Key="live/dev/us-east-1/access/terraform.tfstate.tflock", Body=b""
    ),
    "invoke a function": lambda s: s.client("lambda").invoke(FunctionName=FUNCTION),
    "change a function": lambda s: s.client("lambda").update_function_configuration(FunctionName=FUNCTION, Timeout=9),
    "change an API": lambda s: s.client("apigatewayv2").update_api(ApiId=s.ids["api"], Name="x"),
    "delete a pool": lambda s: s.client("cognito-idp").delete_user_pool(UserPoolId=s.ids["pool"]),
    "publish a message": lambda s: s.client("sns").publish(
        TopicArn=f"arn:aws:sns:us-east-1:{s.target.environment.account_id}:greeter-dev-verification", Message="x"
    ),
    "assume the apply role": lambda s: s.client("sts").assume_role(
        RoleArn=s.role("greeter-dev.apply"), RoleSessionName="test"
    ),
    "assume the verify role": lambda s: s.client("sts").assume_role(
        RoleArn=s.role("greeter-dev.verify"), RoleSessionName="test"
    ),
    "read a pool of others": lambda s: s.client("cognito-idp").describe_user_pool(UserPoolId=s.ids["other pool"]),
    "read a table in another region": lambda s: s.client("dynamodb", "us-west-2").describe_table(TableName=TABLE),
}
APPLY: dict[str, Call] = {
    "make a table of another name": lambda s: s.client("dynamodb").create_table(TableName="shop-x", **NEW_TABLE),
    "make a table in another region": lambda s: s.client("dynamodb", "us-west-2").create_table(
        TableName="greeter-dev-x", **NEW_TABLE
    ),
    "read items": lambda s: s.client("dynamodb").scan(TableName=TABLE),
    "list users": lambda s: s.client("cognito-idp").list_users(UserPoolId=s.ids["pool"]),
    "delete the log of another": lambda s: s.client("logs").delete_log_group(logGroupName="/aws/lambda/shop"),
    "delete a pool of others": lambda s: s.client("cognito-idp").delete_user_pool(UserPoolId=s.ids["other pool"]),
    "delete an API of others": lambda s: s.client("apigatewayv2").delete_api(ApiId=s.ids["other api"]),
    "read the secret of the edge": lambda s: s.client("secretsmanager").get_secret_value(SecretId=EDGE),
    "store the secret of the edge": lambda s: s.client("secretsmanager").put_secret_value(
        SecretId=EDGE, SecretString="x"
    ),
    "take a distribution of others over": lambda s: s.client("cloudfront").tag_resource(
        Resource=s.ids["other distribution"],
        Tags={"Items": [{"Key": name, "Value": value} for name, value in OWN_TAGS.items()]},
    ),
    "make a distribution of another environment": lambda s: s.client("cloudfront").create_distribution_with_tags(
        **with_tags({"Project": "greeter", "Environment": "prod"})
    ),
    "delete a firewall of others": lambda s: s.client("wafv2").delete_web_acl(
        Name="shop", Scope="CLOUDFRONT", Id="x", LockToken="x"
    ),
    "make a pool of another environment": lambda s: s.client("cognito-idp").create_user_pool(
        PoolName="x", UserPoolTags={"Project": "greeter", "Environment": "prod"}
    ),
    "make an API without tags": lambda s: s.client("apigatewayv2").create_api(Name="x", ProtocolType="HTTP"),
    "make a role without the boundary": lambda s: s.client("iam").create_role(
        RoleName="greeter-dev-greet-x", AssumeRolePolicyDocument=TRUST
    ),
    "make a role with another boundary": lambda s: s.client("iam").create_role(
        RoleName="greeter-dev-greet-x",
        AssumeRolePolicyDocument=TRUST,
        PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess",
    ),
    "make a role of another name": lambda s: s.client("iam").create_role(
        RoleName="shop-role", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=s.policy("greeter-dev.boundary")
    ),
    "remove the boundary": lambda s: s.client("iam").delete_role_permissions_boundary(RoleName=ROLE),
    "replace the boundary": lambda s: s.client("iam").put_role_permissions_boundary(
        RoleName=ROLE, PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess"
    ),
    "change the boundary": lambda s: s.client("iam").create_policy_version(
        PolicyArn=s.policy("greeter-dev.boundary"), PolicyDocument=ANYTHING, SetAsDefault=True
    ),
    "attach a policy": lambda s: s.client("iam").attach_role_policy(
        RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    ),
    "change whom a role trusts": lambda s: s.client("iam").update_assume_role_policy(
        RoleName=ROLE, PolicyDocument=TRUST
    ),
    "give itself rights": lambda s: s.client("iam").put_role_policy(
        RoleName="greeter-dev.apply", PolicyName="x", PolicyDocument=ANYTHING
    ),
    "change whom it trusts": lambda s: s.client("iam").update_assume_role_policy(
        RoleName="greeter-dev.apply", PolicyDocument=TRUST
    ),
    "give the plan role rights": lambda s: s.client("iam").put_role_policy(
        RoleName="greeter-dev.plan", PolicyName="x", PolicyDocument=ANYTHING
    ),
    "change its own policy": lambda s: s.client("iam").create_policy_version(
        PolicyArn=s.policy("greeter-dev.apply-named"), PolicyDocument=ANYTHING, SetAsDefault=True
    ),
    "detach the guard": lambda s: s.client("iam").detach_role_policy(
        RoleName="greeter-dev.apply", PolicyArn=s.policy("greeter-dev.guard")
    ),
    "delete the provider": lambda s: s.client("iam").delete_open_id_connect_provider(
        OpenIDConnectProviderArn=f"arn:aws:iam::{s.target.environment.account_id}:oidc-provider/{ISSUER}"
    ),
    "make a user": lambda s: s.client("iam").create_user(UserName="greeter-dev-user"),
    "make an access key": lambda s: s.client("iam").create_access_key(UserName="admin"),
    "pass itself to a function": lambda s: s.client("lambda").update_function_configuration(
        FunctionName=FUNCTION, Role=s.role("greeter-dev.apply")
    ),
    "pass another role to a function": lambda s: s.client("lambda").update_function_configuration(
        FunctionName=FUNCTION, Role=s.role("admin")
    ),
    "let everybody invoke": lambda s: s.client("lambda").add_permission(
        FunctionName=FUNCTION, StatementId="x", Action="lambda:InvokeFunction", Principal="*"
    ),
    "invoke a function": lambda s: s.client("lambda").invoke(FunctionName=FUNCTION),
    "read a state of another environment": lambda s: s.client("s3").get_object(
        Bucket=s.bucket, Key="live/prod/us-east-1/data/terraform.tfstate"
    ),
    "write a state of another environment": lambda s: s.client("s3").put_object(
        Bucket=s.bucket, Key="live/prod/us-east-1/data/terraform.tfstate", Body=b""
    ),
    "write the state of the roles": lambda s: s.client("s3").put_object(
        Bucket=s.bucket, Key="live/dev/us-east-1/access/terraform.tfstate", Body=b""
    ),
    "delete a state": lambda s: s.client("s3").delete_object(Bucket=s.bucket, Key=STATE),
    "change the bucket's policy": lambda s: s.client("s3").delete_bucket_policy(Bucket=s.bucket),
    "stop the bucket's versions": lambda s: s.client("s3").put_bucket_versioning(
        Bucket=s.bucket, VersioningConfiguration={"Status": "Suspended"}
    ),
    "move the alias of the states' key": lambda s: s.client("kms").delete_alias(AliasName="alias/greeter-dev-state"),
    "delete the key of the states": lambda s: s.client("kms").schedule_key_deletion(KeyId=s.ids["state key"]),
    "tag the key of the states": lambda s: s.client("kms").tag_resource(
        KeyId=s.ids["state key"], Tags=[{"TagKey": "Unit", "TagValue": "data"}]
    ),
}
VERIFY: dict[str, Call] = {
    "assume the apply role": lambda s: s.client("sts").assume_role(
        RoleArn=s.role("greeter-dev.apply"), RoleSessionName="test"
    ),
    "change a table": lambda s: s.client("dynamodb").delete_table(TableName=TABLE),
    "write a state": lambda s: s.client("s3").put_object(Bucket=s.bucket, Key=STATE, Body=b""),
    "change a function": lambda s: s.client("lambda").update_function_configuration(FunctionName=FUNCTION, Timeout=9),
    "list users of others": lambda s: s.client("cognito-idp").list_users(UserPoolId=s.ids["other pool"]),
    "read the routes of others": lambda s: s.client("apigatewayv2").get_routes(ApiId=s.ids["other api"]),
    "change an API": lambda s: s.client("apigatewayv2").update_api(ApiId=s.ids["api"], Name="x"),
    "make a queue of another name": lambda s: s.client("sqs").create_queue(QueueName="shop"),
}
REFUSED = {"plan": PLAN, "apply": APPLY, "verify": VERIFY}
TOKENS = {
    "another repository": ("repo:another/meridian:environment:dev", AUDIENCE),
    "another environment": (f"{REPOSITORY}:environment:prod", AUDIENCE),
    "another branch": (f"{REPOSITORY}:ref:refs/heads/feature", AUDIENCE),
    "a longer environment": (f"{DEPLOYMENT}2", AUDIENCE),
    "another audience": (DEPLOYMENT, "sigstore"),
}


def make_others(target: Target) -> dict[str, str]:
    """Make what does not belong to the environment, and return ids of it and of what is deployed."""
    cognito, gateway, iam = target.client("cognito-idp"), target.client("apigatewayv2"), target.client("iam")
    pools = {one["Name"]: one["Id"] for one in cognito.list_user_pools(MaxResults=60)["UserPools"]}
    apis = {one["Name"]: one["ApiId"] for one in gateway.get_apis()["Items"]}
    tags = {"Project": "shop", "Environment": "prod"}
    iam.create_role(RoleName="admin", AssumeRolePolicyDocument=TRUST)
    iam.create_user(UserName="admin")
    target.client("secretsmanager").create_secret(Name="greeter-dev-secret", SecretString="x")
    target.client("logs").create_log_group(logGroupName="/aws/lambda/shop")
    body = json.dumps({"version": 4})
    key = target.client("kms").describe_key(KeyId=target.environment.state_key_alias)["KeyMetadata"]["KeyId"]
    target.client("s3").put_object(
        Bucket=target.environment.state_bucket, Key="live/prod/us-east-1/data/terraform.tfstate", Body=body
    )
    other = target.client("cloudfront").create_distribution_with_tags(**with_tags(tags))
    return {
        "pool": pools["greeter-dev-users"],
        "api": apis["greeter-dev-api"],
        "other pool": cognito.create_user_pool(PoolName="shop", UserPoolTags=tags)["UserPool"]["Id"],
        "other api": gateway.create_api(Name="shop", ProtocolType="HTTP", Tags=tags)["ApiId"],
        "other distribution": other["Distribution"]["ARN"],
        "state key": key,
    }
