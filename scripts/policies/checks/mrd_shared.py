"""Policies over who may use a role, a key, a topic, a bucket or a queue."""

import re
from collections.abc import Sequence
from typing import Any

from _policy import ResourcePolicy, facts, one, reference
from _statements import DocumentPolicy, Statement, both, bound, foreign, known, of_json

WEB_IDENTITY = "sts:assumerolewithwebidentity"
TOKENS = "token.actions.githubusercontent.com"
# Repositories made since 15 July 2026 name ids too: repo:OWNER@OWNER_ID/REPO@REPO_ID:...
REPOSITORY = r"[^:/@*?]+/[^:/@*?]+|[^:/@*?]+@[0-9]+/[^:/@*?]+@[0-9]+"
SUBJECT = re.compile(rf"repo:({REPOSITORY}):(?:(pull_request)|(?:environment:|ref:refs/(?:heads|tags)/)[^*?].*)")
PLANS = ".plan"
"""The end of the name of a role that only reads."""
TLS = "aws:securetransport"
# The services whose policies have to deny requests without TLS.
OVER_TLS = {"s3", "sns", "sqs"}


def trusts(statements: Sequence[Statement], kind: str, reads: bool = True) -> str:
    """Return a principal that a role should not trust; a document alone does not say whose it is."""
    for statement in statements:
        if kind != "trust" or not statement.allows:
            continue
        actions = {name.lower() for name in statement.actions}
        for who, name in statement.principals:
            wanted = {WEB_IDENTITY} if who == "Federated" else {"sts:assumerole"}
            if actions != wanted:
                return f"The role allows {name} to call {', '.join(statement.actions)}; only {wanted.pop()} is allowed."
            if "*" in name:
                return f"The role trusts {name}."
            if who != "Service" and (account := foreign(name)):
                return f"The role trusts {name} of the account {account}."
            if who == "Federated" and not reference(name) and not name.endswith(f":oidc-provider/{TOKENS}"):
                return f"The role trusts {name}; only tokens of {TOKENS} are allowed."
        if WEB_IDENTITY in actions and (wrong := _web_identity(statement, reads)):
            return wrong
    return ""


def _web_identity(statement: Statement, reads: bool) -> str:
    """Return what is wrong with a statement for tokens; only a role that `reads` may trust pull requests."""
    audiences = [test for test in statement.conditions if test.key.endswith(":aud")]
    subjects = [test for test in statement.conditions if test.key.endswith(":sub")]
    if not any(test.operator == "StringEquals" for test in audiences):
        return "The role accepts tokens of any audience: it has no StringEquals on the provider's :aud."
    good = [test for test in subjects if test.operator in {"StringEquals", "StringLike"}]
    if not good:
        return "The role accepts tokens of any subject: it has no StringEquals or StringLike on the provider's :sub."
    own = facts().get("repository")
    for value in known(good[0].values):
        found = SUBJECT.fullmatch(value)
        if not found or (found[2] and not reads):
            return f"The role accepts tokens of the subject {value}: name repository and environment, or branch."
        if own and found[1] != own:
            return f"The role accepts tokens of the repository {found[1]}; this one is {own}."
    return ""


def over_tls(statements: Sequence[Statement], kind: str) -> str:
    """Return why a topic, bucket or queue answers requests without TLS."""
    services = {name.partition(":")[0].lower() for one in statements for name in one.actions}
    if kind != "shared" or not services & OVER_TLS or any(_denies_plain(one) for one in statements):
        return ""
    return "The policy does not deny requests without TLS (aws:SecureTransport)."


def stays_inside(statements: Sequence[Statement], kind: str) -> str:
    """Return a principal of another account, or a service that acts for one."""
    for statement in statements if kind in {"key", "shared"} else ():
        for who, name in statement.principals if statement.allows else ():
            if account := foreign(name):
                return f"{', '.join(statement.actions)} is allowed to {name} of the account {account}."
            if who == "Service" and not bound(statement):
                return f"{', '.join(statement.actions)} is allowed to {name} for any account."
    return ""


def _role(conf: dict[str, Any], resource_type: str) -> str | None:
    statements = of_json(one(conf, "assume_role_policy"))
    reads = str(one(conf, "name")).endswith(PLANS)
    return None if statements is None else trusts(statements, "trust", reads)


def _denies_plain(statement: Statement) -> bool:
    tests = [(test.operator, test.key, *map(str.lower, test.values)) for test in statement.conditions]
    return not statement.allows and statement.any_principal and tests == [("Bool", TLS, "false")]


checks = [
    DocumentPolicy("CKV_MRD_018", trusts),
    ResourcePolicy("CKV_MRD_018", ("aws_iam_role",), _role),
    *both("CKV_MRD_020", over_tls),
    *both("CKV_MRD_024", stays_inside),
]
