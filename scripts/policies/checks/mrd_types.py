"""The policy that modules use no type that gives rights in a form that no policy reads."""

import re
from typing import Any

from _aws import TYPES
from _policy import ResourcePolicy, in_plan, many, one
from _statements import owned

UNREAD = re.compile(
    r"^aws_(?:iam|cloudformation|ram|organizations|lakeformation|servicecatalog)_"
    r"|_(?:policy|policies|policy_attachment|grant|permission|permissions|acl|access_point|function_url)$"
)
GIVES_NO_RIGHT = re.compile(
    r"^aws_(?:appautoscaling|autoscaling|cloudfront_cache|cloudfront_origin_request|cloudfront_response_headers)_policy$"
    r"|^aws_(?:dlm|ecr)_lifecycle_policy$|^aws_(?:default_)?network_acl$"
)
OWN_POLICY = re.compile(r"^(?:\$\{)?aws_iam_policy\.")


def resource_is_known(conf: dict[str, Any], resource_type: str) -> str:
    """Return why a resource of this type may give rights that no policy reads."""
    # Any other type that is new is in nobody's accepted picture (MRD_ACCEPTED_001), and Checkov checks it.
    if resource_type not in TYPES and UNREAD.search(resource_type) and not GIVES_NO_RIGHT.search(resource_type):
        return f"The gate has no policy for {resource_type}."
    named = [str(name) for name in many(conf, "managed_policy_arns") if not owned(str(name))]
    if resource_type == "aws_iam_role" and named:
        return f"The role has {', '.join(named)}, and the gate does not know what it grants."
    if resource_type == "aws_iam_role_policy_attachment" and (name := str(one(conf, "policy_arn"))):
        # In a plan it is an ARN, or not known yet: the code of the module decides.
        own = OWN_POLICY.search(name) if not in_plan(conf) else owned(name)
        return "" if own else f"The role gets the policy {name}, which is not one of the module's own."
    return ""


checks = [ResourcePolicy("CKV_MRD_025", ("aws_*",), resource_is_known)]
