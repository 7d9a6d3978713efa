"""Leaves out of a plan what a role repeats of its policies: what AWS had before the apply.

Terraform reads `inline_policy` of a role from AWS. If a policy was widened by hand, the plan that narrows it again
still has the wide one there. The policy's own resource has the value that is applied, and the gate checks it there.
"""

from typing import Any

ROLE, POLICY = "aws_iam_role", "aws_iam_role_policy"


def drop_repeated_policies(plan: dict[str, Any]) -> None:
    """Remove each inline policy of a role that a resource of the same plan sets; change `plan` in place.

    A policy without a resource stays, and so does everything of a role whose module sets `inline_policy`.
    """
    resources = plan["planned_values"].get("root_module", {}).get("resources", [])
    written = plan.get("configuration", {}).get("root_module", {}).get("resources", [])
    setting = {one["address"] for one in written if "inline_policy" in one.get("expressions", {})}
    planned = [one.get("values", {}) for one in resources if one.get("type") == POLICY]
    named = {(values.get("role"), values.get("name")) for values in planned}
    for one in resources:
        values = one.get("values", {})
        if one.get("type") == ROLE and values.get("inline_policy") and one["address"].partition("[")[0] not in setting:
            values["inline_policy"] = [
                block for block in values["inline_policy"] if (values.get("name"), block.get("name")) not in named
            ]
