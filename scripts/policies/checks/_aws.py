"""What the gate knows of AWS: resource types, and the issuers of its user pools. Standard library only."""

import re
from typing import NamedTuple

ISSUER = re.compile(r"https://(?:issuer-)?cognito-idp\.([a-z0-9-]+)\.amazonaws\.(?:com|com\.cn|eu)/\1_[A-Za-z0-9]+")


class Type(NamedTuple):
    """A resource type that a module may declare."""

    data: str = ""
    """What is lost with a resource."""
    policy: str = ""
    """The attribute that holds its policy."""
    kind: str = ""
    """What that policy is: identity, trust, key or shared."""
    grants: bool = False
    """Whether a new one can give rights to, or on, what existed before."""
    address: str = ""
    """What clients hold of a resource, and lose with it."""
    repeats: bool = False
    """Whether its policy can repeat another resource's, so that a plan often does not know it."""
    acts: bool = False
    """Whether it does something with the rights of a role."""


TYPES = {
    "aws_acm_certificate": Type(),
    "aws_acm_certificate_validation": Type(),
    "aws_apigatewayv2_api": Type(address="the URL that they call"),
    "aws_apigatewayv2_api_mapping": Type(),
    "aws_apigatewayv2_authorizer": Type(),
    "aws_apigatewayv2_domain_name": Type(address="the name that they call"),
    "aws_apigatewayv2_integration": Type(acts=True),
    "aws_apigatewayv2_route": Type(),
    "aws_apigatewayv2_stage": Type(),
    "aws_budgets_budget": Type(),
    "aws_cloudfront_distribution": Type(address="the name that they call"),
    "aws_cloudfront_function": Type(),
    "aws_cloudfront_key_value_store": Type(),
    "aws_cloudwatch_composite_alarm": Type(),
    "aws_cloudwatch_dashboard": Type(),
    "aws_cloudwatch_log_group": Type(data="its log events"),
    "aws_cloudwatch_log_metric_filter": Type(),
    "aws_cloudwatch_metric_alarm": Type(),
    "aws_cognito_user_pool": Type(data="its users"),
    "aws_cognito_user_pool_client": Type(address="the client id that they sign in with"),
    "aws_dynamodb_resource_policy": Type(policy="policy", kind="shared", grants=True),
    "aws_dynamodb_table": Type(data="its items"),
    "aws_dynamodb_table_replica": Type(data="its region's copy of the items"),
    "aws_iam_openid_connect_provider": Type(),
    "aws_iam_policy": Type(policy="policy", kind="identity", grants=True),
    "aws_iam_role": Type(policy="assume_role_policy", kind="trust"),
    "aws_iam_role_policy": Type(policy="policy", kind="identity", grants=True),
    "aws_iam_role_policy_attachment": Type(grants=True),
    "aws_kms_alias": Type(),
    "aws_kms_key": Type(data="all data that it encrypts", policy="policy", kind="key"),
    "aws_kms_key_policy": Type(policy="policy", kind="key", grants=True),
    "aws_lambda_alias": Type(),
    "aws_lambda_function": Type(acts=True),
    "aws_lambda_permission": Type(),
    "aws_route53_health_check": Type(),
    "aws_route53_record": Type(),
    "aws_route53_zone": Type(data="its delegation"),
    "aws_s3_bucket": Type(data="its objects", policy="policy", kind="shared", repeats=True),
    "aws_s3_bucket_lifecycle_configuration": Type(),
    "aws_s3_bucket_ownership_controls": Type(),
    "aws_s3_bucket_policy": Type(policy="policy", kind="shared"),
    "aws_s3_bucket_public_access_block": Type(),
    "aws_s3_bucket_server_side_encryption_configuration": Type(),
    "aws_s3_bucket_versioning": Type(),
    "aws_secretsmanager_secret": Type(policy="policy", kind="shared", repeats=True),
    "aws_sns_topic": Type(address="the ARN that they use", policy="policy", kind="shared", repeats=True),
    "aws_sns_topic_policy": Type(policy="policy", kind="shared"),
    "aws_sns_topic_subscription": Type(data="the subscriber's confirmation"),
    "aws_sqs_queue": Type(data="its messages", policy="policy", kind="shared", repeats=True),
    "aws_sqs_queue_policy": Type(policy="policy", kind="shared"),
    "aws_wafv2_web_acl": Type(),
    "aws_wafv2_web_acl_association": Type(),
    "aws_wafv2_web_acl_logging_configuration": Type(),
}
