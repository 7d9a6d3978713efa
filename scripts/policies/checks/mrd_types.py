"""What a module may be made of: no policy was written for any other type, so none would see what it opens."""

from typing import Any

from _catalogue import CATALOGUE
from _judged import Judged, many, reference
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.data.base_check import BaseDataCheck

POLICY = "CKV_MRD_025"
KNOWN = {
    *(f"aws_apigatewayv2_{name}" for name in ("api", "authorizer", "integration", "route", "stage")),
    *("aws_cloudwatch_log_group", "aws_cloudwatch_metric_alarm"),
    *("aws_cognito_user_pool", "aws_cognito_user_pool_client"),
    *("aws_dynamodb_resource_policy", "aws_dynamodb_table"),
    *("aws_iam_policy", "aws_iam_role", "aws_iam_role_policy"),
    *("aws_kms_alias", "aws_kms_key", "aws_kms_key_policy"),
    *("aws_lambda_alias", "aws_lambda_function", "aws_lambda_permission"),
    *("aws_s3_bucket", "aws_s3_bucket_policy", "aws_s3_bucket_versioning"),
    *(f"aws_s3_bucket_{name}" for name in ("lifecycle_configuration", "ownership_controls", "public_access_block")),
    "aws_s3_bucket_server_side_encryption_configuration",
    *("aws_sns_topic", "aws_sns_topic_policy", "aws_sns_topic_subscription"),
    *("aws_sqs_queue", "aws_sqs_queue_policy"),
}
# Reading is no harmless thing: some data sources invoke functions, others put secrets into plans.
READ = {
    *("aws_caller_identity", "aws_iam_policy_document", "aws_partition", "aws_region", "aws_service_principal"),
}


class ResourceIsKnown(Judged):
    policy = POLICY
    types = ("aws_*",)

    def judge(self, conf: dict[str, Any]) -> str:
        if self.entity_type not in KNOWN:
            return f"The gate has no policy for {self.entity_type}."
        named = [str(name) for name in many(conf, "managed_policy_arns") if not reference(name)]
        if self.entity_type == "aws_iam_role" and named:
            return f"The role has {', '.join(named)}, and nobody here sees what that grants."
        return ""


class DataIsKnown(BaseDataCheck):
    def __init__(self) -> None:
        entry = CATALOGUE[POLICY]
        super().__init__(
            name=entry.title, id=entry.id, categories=[CheckCategories.GENERAL_SECURITY], supported_data=["aws_*"]
        )

    def scan_data_conf(self, conf: dict[str, Any]) -> CheckResult:
        self.details = [] if self.entity_type in READ else [f"The gate has no policy for reading {self.entity_type}."]
        return CheckResult.FAILED if self.details else CheckResult.PASSED


checks = [ResourceIsKnown(), DataIsKnown()]
