"""Whether a module holds what cannot be made again: told by its resources, not by its name."""

import re
from pathlib import Path

from meridian.modules import git
from meridian.modules.ledger import Row

# Deleting or replacing one of these loses data, accounts, or the key to data.
TYPES = frozenset(
    {
        "aws_cognito_user_pool",
        "aws_db_instance",
        "aws_dynamodb_table",
        "aws_efs_file_system",
        "aws_kms_key",
        "aws_opensearch_domain",
        "aws_rds_cluster",
        "aws_s3_bucket",
        "aws_secretsmanager_secret",
    }
)
_RESOURCE = re.compile(r'^\s*resource\s+"([a-z0-9_]+)"\s+"([A-Za-z0-9_-]+)"', re.MULTILINE)


def held(root: Path, row: Row) -> list[str]:
    """Return the resources of a released module that hold data, e.g. aws_dynamodb_table.greetings, sorted."""
    folder = f"modules/{row.module}/"
    names = git.run(root, "ls-tree", "-r", "-z", "--name-only", row.commit, "--", folder).decode("utf-8", "replace")
    files = [f"{row.commit}:{name}" for name in names.split("\0") if name.endswith(".tf")]
    texts = [found[1].decode("utf-8", "replace") for found in git.objects(root, files).values() if found]
    return sorted(f"{kind}.{name}" for text in texts for kind, name in _RESOURCE.findall(text) if kind in TYPES)
