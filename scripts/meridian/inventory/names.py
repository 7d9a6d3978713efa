"""Checks of single values: names, account ids, repositories. Each returns a message, or None."""

import re
from typing import Any

from meridian.inventory.regions import partitions
from meridian.yamlfile.problems import did_you_mean, quote

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ACCOUNT = re.compile(r"[0-9]{12}")
# Leaves out what go-getter or a shell could interpret, and what AWS tags refuse (a tilde).
REPOSITORY = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
GITHUB = re.compile(r"https://github\.com/([A-Za-z0-9_-][A-Za-z0-9._-]*/[A-Za-z0-9_-][A-Za-z0-9._-]*)")
BOUNDARY = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+")
ROLE_PATH = re.compile(r"/([A-Za-z0-9_-]+/)*")
ID = re.compile(r"[1-9][0-9]{0,19}")
EXAMPLE_REPOSITORY = "https://github.com/example-org/meridian.git"
"""The repository of the example, until `meridian init` makes a fork its owner's."""
# IAM allows 64 characters for a role, S3 63 for a bucket. With 31 for the prefix a role has 17 left
# between it and the longest region's name (14), and the state bucket `<prefix>-state-<account id>` has 50.
PREFIX_LENGTH = 31
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; NAME excludes `xn--`.
RESERVED_FOR_S3 = ("sthree-", "amzn-s3-demo-")


def check_name(value: Any) -> str | None:
    """Say what is wrong with the name of a project or an environment."""
    if isinstance(value, str) and NAME.fullmatch(value):
        return None
    return f"{quote(value)} is not a name: use lowercase letters, digits and single dashes, e.g. greeter."


def check_prefix(project: str, environment: str) -> str | None:
    """Say that `<project>-<environment>` is too long for the names that AWS allows, or begins as none may."""
    text = f"{project}-{environment}"
    for word in RESERVED_FOR_S3:
        if text.startswith(word):
            return f"no bucket may begin with {word!r}, as '{text}-state-<account id>' would: choose another project."
    if len(text) <= PREFIX_LENGTH:
        return None
    return (
        f"{quote(text)} has {len(text)} characters, at most {PREFIX_LENGTH} fit: AWS allows 64 for the IAM role "
        f"'{text}-<role>-<region>', 63 for the bucket '{text}-state-<account id>'. "
        "Shorten the project's or the environment's name."
    )


def check_account(value: Any) -> str | None:
    """Say what is wrong with an account id."""
    if isinstance(value, str) and ACCOUNT.fullmatch(value):
        return None
    if isinstance(value, int):
        return f'{value} must be in quotes, or leading zeros get lost, e.g. "{value:012d}".'
    return f'{quote(value)} is not an account id: use 12 digits in quotes, e.g. "123456789012".'


def check_repository(value: Any) -> str | None:
    """Say what is wrong with the address of the repository."""
    if isinstance(value, str) and REPOSITORY.fullmatch(value) and len(value) <= 200:
        return None
    # Such an address may carry a password, and messages end in logs.
    safe = re.sub(r"//[^/@]*@", "//...@", value) if isinstance(value, str) else value
    return (
        f"{quote(safe)} is not a plain https URL (no user, no query, no empty step), "
        "e.g. https://github.com/example-org/meridian.git."
    )


def github_name(repository: str) -> str | None:
    """Return owner and name of a repository on github.com, None for one elsewhere."""
    found = GITHUB.fullmatch(repository.removesuffix(".git"))
    return found[1] if found else None


def check_boundary(value: Any) -> str | None:
    """Say what is wrong with the ARN of a permissions boundary."""
    if isinstance(value, str) and BOUNDARY.fullmatch(value):
        return None
    return f"{quote(value)} is not the ARN of a policy, e.g. arn:aws:iam::123456789012:policy/acme-boundary."


def check_role_path(value: Any) -> str | None:
    """Say what is wrong with the path of roles."""
    if isinstance(value, str) and ROLE_PATH.fullmatch(value) and len(value) <= 128:
        return None
    return f"{quote(value)} is not a path of roles: begin and end it with a slash, e.g. /acme/."


def check_id(value: Any) -> str | None:
    """Say what is wrong with an id of GitHub's."""
    if isinstance(value, str) and ID.fullmatch(value):
        return None
    return f'{quote(value)} is not an id: use digits in quotes, e.g. "123456".'


def check_region(value: Any) -> str | None:
    """Say what is wrong with the name of a region."""
    known = partitions()
    if isinstance(value, str) and value in known:
        return None
    return f"{quote(value)} is not an AWS region.{did_you_mean(str(value), known)}"


def check_reason(value: Any) -> str | None:
    """Say what is wrong with a reason."""
    if isinstance(value, str) and len(value.strip()) >= 10:
        return None
    return f'{quote(value)} is not a reason: say in one sentence why, e.g. "EU traffic is twice the rest".'
