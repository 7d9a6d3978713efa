"""Each fact that the patches add to a request: with it a policy decides as on AWS, without it not."""

from typing import Any
from uuid import uuid4

import pytest

from meridian.targets import Target
from tests.local.conftest import ACCOUNT, as_role
from tests.local.test_edge_patches import make_firewall
from tests.local.test_patches import allow, refused

TRUST = (
    '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'
)
NOTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def unique() -> str:
    """Return a name of its own."""
    return f"n{uuid4().hex[:20]}"


def test_tags_of_a_table_are_for_who_may_tag_that_table(patched: Target, plain: Target) -> None:
    """The ARN is in the body; without it only `*` allows the call."""
    for target, outcome in ((patched, False), (plain, True)):
        name = unique()
        table = target.client("dynamodb").create_table(TableName=name, **TABLE)["TableDescription"]["TableArn"]
        db = as_role(target, name, allow("dynamodb:TagResource", table))("dynamodb")
        assert refused(db.tag_resource, ResourceArn=table, Tags=[{"Key": "a", "Value": "b"}]) is outcome
        assert refused(db.tag_resource, ResourceArn=f"{table}2", Tags=[{"Key": "a", "Value": "b"}])


def test_tags_of_a_topic_are_for_who_may_read_that_topic(patched: Target, plain: Target) -> None:
    for target, outcome in ((patched, False), (plain, True)):
        name = unique()
        topic = target.client("sns").create_topic(Name=name)["TopicArn"]
        sns = as_role(target, name, allow("sns:ListTagsForResource", topic))("sns")
        assert refused(sns.list_tags_for_resource, ResourceArn=topic) is outcome
        assert refused(sns.list_tags_for_resource, ResourceArn=f"{topic}2")


def test_an_alias_is_for_who_may_change_both_alias_and_key(patched: Target, plain: Target) -> None:
    for target, outcome in ((patched, False), (plain, True)):
        name = unique()
        mine, other = (target.client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2))
        alias = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/{name}"
        kms = as_role(target, name, allow("kms:CreateAlias", alias), allow("kms:CreateAlias", mine))("kms")
        assert refused(kms.create_alias, AliasName=f"alias/{name}", TargetKeyId=mine.rpartition("/")[2]) is outcome
        assert refused(kms.create_alias, AliasName=f"alias/{name}2", TargetKeyId=mine)
        assert refused(kms.create_alias, AliasName=f"alias/{name}", TargetKeyId=other)


def test_a_store_and_a_function_of_cloudfront_are_for_who_may_use_their_names(patched: Target, plain: Target) -> None:
    arn = f"arn:aws:cloudfront::{ACCOUNT}"
    config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    for target, outcome in ((patched, False), (plain, True)):
        name, admin = unique(), target.client("cloudfront")
        store = admin.create_key_value_store(Name=name)["KeyValueStore"]["ARN"]
        admin.create_key_value_store(Name=f"{name}2")
        edge = as_role(
            target,
            name,
            allow("cloudfront:CreateFunction", f"{arn}:function/{name}*"),
            allow("cloudfront:DescribeKeyValueStore", store),
            allow("cloudfront:ListTagsForResource", store),
        )("cloudfront")
        function = {"FunctionConfig": config, "FunctionCode": b"function handler() {}"}
        assert refused(edge.create_function, Name=name, **function) is outcome
        assert refused(edge.create_function, Name=f"not-{name}", **function)
        assert refused(edge.describe_key_value_store, Name=name) is outcome
        assert refused(edge.describe_key_value_store, Name=f"{name}2")
        assert refused(edge.list_tags_for_resource, Resource=store) is outcome
        assert refused(edge.list_tags_for_resource, Resource=f"{store}2")


def test_a_distribution_is_for_who_may_use_its_tags(patched: Target, plain: Target) -> None:
    """With tags it is made by who may also tag it; without tags, the right to tag is not asked for."""
    new, own = ({"StringEquals": {f"aws:{kind}Tag/Owner": "me"}} for kind in ("Request", "Resource"))
    every = f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"
    for target, outcome in ((patched, False), (plain, True)):
        edge = as_role(
            target,
            unique(),
            allow("cloudfront:CreateDistribution", every),
            allow("cloudfront:TagResource", every, **new),
            allow("cloudfront:UntagResource", every, **own),
        )("cloudfront")
        assert refused(edge.create_distribution, DistributionConfig=distribution()) is outcome
        assert refused(edge.create_distribution_with_tags, **with_tags({"Owner": "me"})) is outcome
        assert refused(edge.create_distribution_with_tags, **with_tags({"Owner": "you"}))
        make = target.client("cloudfront").create_distribution_with_tags
        made = [make(**with_tags({"Owner": owner})) for owner in ("me", "you")]
        mine, other = (one["Distribution"]["ARN"] for one in made)
        assert refused(edge.untag_resource, Resource=mine, TagKeys={"Items": ["Other"]}) is outcome
        assert refused(edge.untag_resource, Resource=other, TagKeys={"Items": ["Other"]})


def distribution() -> dict[str, Any]:
    """Return the least that CloudFront makes a distribution of."""
    origin = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    behavior = {
        "TargetOriginId": "a",
        "ViewerProtocolPolicy": "https-only",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    }
    origins = [{"Id": "a", "DomainName": "a.example.com", "CustomOriginConfig": origin}]
    return {
        "CallerReference": unique(),
        "Comment": "",
        "Enabled": False,
        "Origins": {"Quantity": 1, "Items": origins},
        "DefaultCacheBehavior": behavior,
    }


def with_tags(tags: dict[str, str]) -> dict[str, Any]:
    """Return a distribution with tags."""
    items = [{"Key": name, "Value": value} for name, value in tags.items()]
    return {"DistributionConfigWithTags": {"DistributionConfig": distribution(), "Tags": {"Items": items}}}


def test_a_firewall_is_for_who_may_use_its_name_and_what_it_stands_before(patched: Target, plain: Target) -> None:
    for target, outcome in ((patched, False), (plain, True)):
        name = unique()
        mine, other = make_firewall(target, "REGIONAL", name=name), make_firewall(target, "REGIONAL")
        pools = [target.client("cognito-idp").create_user_pool(PoolName=name)["UserPool"]["Arn"] for _ in range(2)]
        firewall = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/webacl/{name}/*"
        waf = as_role(
            target,
            name,
            allow(["wafv2:ListTagsForResource", "wafv2:PutLoggingConfiguration"], firewall),
            allow("wafv2:AssociateWebACL", firewall),
            allow("wafv2:AssociateWebACL", pools[0]),
        )("wafv2")
        logs = [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:aws-waf-logs-{name}"]
        for acl, expected in ((mine, outcome), (other, True)):
            wanted = {"ResourceArn": acl, "LogDestinationConfigs": logs}
            assert refused(waf.list_tags_for_resource, ResourceARN=acl) is expected
            assert refused(waf.put_logging_configuration, LoggingConfiguration=wanted) is expected
            assert refused(waf.associate_web_acl, WebACLArn=acl, ResourceArn=pools[0]) is expected
        assert refused(waf.associate_web_acl, WebACLArn=mine, ResourceArn=pools[1])


def test_a_pool_is_for_who_may_use_its_tags(patched: Target, plain: Target) -> None:
    own = {"StringEquals": {"aws:ResourceTag/Owner": "me"}}
    new = {"StringEquals": {"aws:RequestTag/Owner": "me"}}
    for target, outcome in ((patched, False), (plain, True)):
        create, admin = allow("cognito-idp:CreateUserPool", **new), target.client("cognito-idp")
        pools = as_role(target, unique(), create, allow("cognito-idp:DeleteUserPool", **own))("cognito-idp")
        assert refused(pools.create_user_pool, PoolName="a", UserPoolTags={"Owner": "me"}) is outcome
        assert refused(pools.create_user_pool, PoolName="a", UserPoolTags={"Owner": "you"})
        assert refused(pools.create_user_pool, PoolName="a")
        mine, other = (admin.create_user_pool(PoolName="a", UserPoolTags={"Owner": owner}) for owner in ("me", "you"))
        assert refused(pools.delete_user_pool, UserPoolId=mine["UserPool"]["Id"]) is outcome
        assert refused(pools.delete_user_pool, UserPoolId=other["UserPool"]["Id"])


def test_an_api_with_its_routes_is_for_who_may_use_its_tags(patched: Target, plain: Target) -> None:
    own = {"StringEquals": {"aws:ResourceTag/Owner": "me"}}
    new = {"StringEquals": {"aws:RequestTag/Owner": "me"}}
    apis_arn = "arn:aws:apigateway:us-east-1::/apis"
    for target, outcome in ((patched, False), (plain, True)):
        create = allow("apigateway:POST", apis_arn, **new)
        below = allow(["apigateway:POST", "apigateway:DELETE"], f"{apis_arn}/*", **own)
        apis, admin = as_role(target, unique(), create, below)("apigatewayv2"), target.client("apigatewayv2")
        assert refused(apis.create_api, Name="a", ProtocolType="HTTP", Tags={"Owner": "me"}) is outcome
        assert refused(apis.create_api, Name="a", ProtocolType="HTTP")
        mine, other = (
            admin.create_api(Name="a", ProtocolType="HTTP", Tags={"Owner": owner})["ApiId"] for owner in ("me", "you")
        )
        assert refused(apis.create_route, ApiId=mine, RouteKey="GET /") is outcome
        assert refused(apis.create_route, ApiId=other, RouteKey="GET /")
        assert refused(apis.delete_api, ApiId=other)


def test_a_certificate_and_a_name_are_for_who_may_use_their_tags(patched: Target, plain: Target) -> None:
    own = {"StringEquals": {"aws:ResourceTag/Owner": "me"}}
    for target, outcome in ((patched, False), (plain, True)):
        role = as_role(target, unique(), allow(["acm:DeleteCertificate", "apigateway:POST"], **own))
        for owner, denied in (("me", outcome), ("you", True)):
            domain = f"{unique()}.example.com"
            made = target.client("acm").request_certificate(
                DomainName=domain, ValidationMethod="DNS", Tags=[{"Key": "Owner", "Value": owner}]
            )
            config = {"CertificateArn": made["CertificateArn"], "EndpointType": "REGIONAL"}
            names = target.client("apigatewayv2")
            names.create_domain_name(DomainName=domain, DomainNameConfigurations=[config], Tags={"Owner": owner})
            api = names.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
            mapping = {"DomainName": domain, "ApiId": api, "Stage": "$default"}
            names.create_stage(ApiId=api, StageName="$default")
            assert refused(role("apigatewayv2").create_api_mapping, **mapping) is denied
            assert refused(role("acm").delete_certificate, CertificateArn=made["CertificateArn"]) is denied


def test_a_health_check_is_for_who_may_read_health_checks(patched: Target, plain: Target) -> None:
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "api.example.com"}
    for target, outcome in ((patched, False), (plain, True)):
        name, zones = unique(), target.client("route53")
        made = zones.create_health_check(CallerReference=name, HealthCheckConfig=config)["HealthCheck"]["Id"]
        zone = zones.create_hosted_zone(Name="example.com", CallerReference=name)["ChangeInfo"]["Id"]
        resources = [f"arn:aws:route53:::{kind}/*" for kind in ("change", "healthcheck")]
        some = as_role(target, name, allow(["route53:GetChange", "route53:GetHealthCheck"], resources))("route53")
        assert refused(some.get_health_check, HealthCheckId=made) is outcome
        assert refused(some.get_change, Id=zone) is outcome
        none = as_role(target, f"{name}-2", allow("route53:Get*", "arn:aws:route53:::hostedzone/*"))("route53")
        assert refused(none.get_health_check, HealthCheckId=made)
        assert refused(none.get_change, Id=zone)


def test_alarms_dashboards_and_budgets_are_for_who_may_change_those(patched: Target, plain: Target) -> None:
    for target, outcome in ((patched, False), (plain, True)):
        name = unique()
        actions = ["cloudwatch:DeleteAlarms", "cloudwatch:ListTagsForResource", "cloudwatch:PutDashboard"]
        arns = [
            f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}*",
            f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}*",
        ]
        money = allow(["budgets:ModifyBudget", "budgets:ViewBudget"], f"arn:aws:budgets::{ACCOUNT}:budget/{name}*")
        role = as_role(target, name, allow(actions, arns), money)
        alarms, budgets = role("cloudwatch"), role("budgets")
        alarm = {"MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
        alarm |= {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
        for one, denied in ((name, outcome), (f"x{name}", True)):
            target.client("cloudwatch").put_metric_alarm(AlarmName=one, **alarm)
            arn = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{one}"
            assert refused(alarms.list_tags_for_resource, ResourceARN=arn) is denied
            assert refused(alarms.put_dashboard, DashboardName=one, DashboardBody='{"widgets": []}') is denied
            limit = {"Amount": "1.0", "Unit": "USD"}
            budget = {"BudgetName": one, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}
            assert refused(budgets.create_budget, AccountId=ACCOUNT, Budget=budget) is denied
            if not denied:
                budgets.describe_budget(AccountId=ACCOUNT, BudgetName=one)
            assert refused(alarms.delete_alarms, AlarmNames=[one]) is denied
        assert refused(alarms.delete_alarms, AlarmNames=[name, f"x{name}"])


def test_a_role_is_for_who_gives_it_the_boundary(patched: Target, plain: Target) -> None:
    """Making one names the boundary; changing one is checked with the boundary that it has."""
    for target, outcome in ((patched, False), (plain, True)):
        name, admin = unique(), target.client("iam")
        boundary = admin.create_policy(PolicyName=name, PolicyDocument=NOTHING)["Policy"]["Arn"]
        bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
        iam = as_role(target, name, allow(["iam:CreateRole", "iam:PutRolePolicy"], **bounded))("iam")
        made, free = f"{name}-made", f"{name}-free"
        call = {"RoleName": made, "AssumeRolePolicyDocument": TRUST}
        assert refused(iam.create_role, **call)
        assert refused(iam.create_role, **call, PermissionsBoundary=boundary) is outcome
        admin.create_role(RoleName=free, AssumeRolePolicyDocument=TRUST)
        if outcome:
            admin.create_role(**call, PermissionsBoundary=boundary)
        policy = {"PolicyName": "p", "PolicyDocument": NOTHING}
        assert refused(iam.put_role_policy, RoleName=made, **policy) is outcome
        assert refused(iam.put_role_policy, RoleName=free, **policy)


@pytest.mark.parametrize(("principal", "denied"), [("apigateway.amazonaws.com", False), ("*", True)])
def test_a_permission_is_for_a_principal_that_the_policy_names(patched: Target, principal: str, denied: bool) -> None:
    only = {"StringEquals": {"lambda:Principal": "apigateway.amazonaws.com"}}
    functions = as_role(patched, unique(), allow("lambda:AddPermission", **only))("lambda")
    call = {"FunctionName": "none", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": principal}
    if denied:
        assert refused(functions.add_permission, **call)
    else:
        with pytest.raises(functions.exceptions.ResourceNotFoundException):
            functions.add_permission(**call)


def test_a_metric_is_for_who_may_send_to_its_namespace(patched: Target, plain: Target) -> None:
    for target, outcome in ((patched, False), (plain, True)):
        name = unique()
        own = {"StringEquals": {"cloudwatch:namespace": f"{name}/watch"}}
        metrics = as_role(target, name, allow("cloudwatch:PutMetricData", **own))("cloudwatch")
        data = [{"MetricName": "Applying", "Value": 1}]
        assert refused(metrics.put_metric_data, Namespace=f"{name}/watch", MetricData=data) is outcome
        assert refused(metrics.put_metric_data, Namespace="other/watch", MetricData=data)


def test_who_may_list_aliases_may_not_delete_one(patched: Target, plain: Target) -> None:
    """MiniStack calls each of them lambda:ListAliases."""
    for target, outcome in ((patched, True), (plain, False)):
        functions = as_role(target, unique(), allow("lambda:ListAliases"))("lambda")
        call = {"FunctionName": "none", "Name": "live"}
        if outcome:
            assert refused(functions.delete_alias, **call)
            assert refused(functions.delete_function_concurrency, FunctionName="none")
        else:
            with pytest.raises(functions.exceptions.ResourceNotFoundException):
                functions.delete_alias(**call)


def test_who_may_read_an_alias_reads_it(patched: Target) -> None:
    functions = as_role(patched, unique(), allow(["lambda:GetAlias", "lambda:GetFunctionConcurrency"]))("lambda")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_alias(FunctionName="none", Name="live")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_function_concurrency(FunctionName="none")
