"""What the person who runs `bootstrap` has to be allowed: every action that it can need, by IAM's names."""

KEY = (
    *("kms:CreateAlias", "kms:CreateKey", "kms:Decrypt", "kms:DescribeKey", "kms:EnableKeyRotation"),
    *("kms:GenerateDataKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases"),
    *("kms:ListResourceTags", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource"),
)
BUCKET = (
    *("s3:CreateBucket", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock"),
    *("s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration"),
    *("s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket"),
    *("s3:PutBucketOwnershipControls", "s3:PutBucketPolicy"),
    *("s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning"),
    *("s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration"),
)
STATE = ("s3:DeleteObject", "s3:GetObject", "s3:PutObject")
PROVIDER = (
    *("iam:AddClientIDToOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider"),
    *("iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders", "iam:RemoveClientIDFromOpenIDConnectProvider"),
    *("iam:TagOpenIDConnectProvider", "iam:UntagOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint"),
)
ROLES = (
    *("iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary"),
    *("iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:GetRole", "iam:GetRolePolicy"),
    *("iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"),
    *("iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole"),
    *("iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"),
)
POLICIES = (
    *("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:GetPolicy"),
    *("iam:GetPolicyVersion", "iam:ListPolicyVersions", "iam:TagPolicy", "iam:UntagPolicy"),
)


COPY = (
    *("iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:PassRole"),
    *("iam:PutRolePolicy", "iam:TagRole", "iam:UpdateAssumeRolePolicy", "s3:PutReplicationConfiguration"),
)


def needed_rights(*, roles: bool, copy: bool = False) -> list[str]:
    """Return the actions for bucket and key, and those for the roles and for the copy of the states, sorted."""
    more = (*((*PROVIDER, *ROLES, *POLICIES) if roles else ()), *(COPY if copy else ()))
    return sorted({*KEY, *BUCKET, *STATE, *more})
