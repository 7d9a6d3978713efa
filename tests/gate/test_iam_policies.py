"""The policies over IAM, statement by statement: whom a role trusts, and what a condition stands for."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from meridian.gate.checkov.engine import VENV
from tests.conftest import ROOT, missing

pytestmark = pytest.mark.slow

PLAIN, WITH_IDS = "example-org/meridian", "example-org@123/meridian@456"
ISSUER = "token.actions.githubusercontent.com"
Question = dict[str, Any]


def ask(questions: list[Question]) -> list[str]:
    """Return what the policies say of each question."""
    python = ROOT / VENV / "bin/python"
    if not python.exists():
        missing("Checkov is not installed: run `make checkov`.")
    done = subprocess.run(
        [str(python), "-I", str(Path(__file__).with_name("ask_policies.py")), str(ROOT / "scripts/policies/checks")],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def trust(subject: str, repository: str | None, *, plans: bool = False) -> Question:
    """Return the question whether a role may trust a subject, in the environment of a repository (None: in code)."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"},
        "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subject}},
    }
    facts = {"account_id": "123456789012", **({"repository": repository} if repository else {})}
    return {"function": "mrd_shared.trusts", "facts": facts, "statements": [statement], "more": ["trust", plans]}


TRUSTED = {
    "the form without ids": trust("repo:example-org/meridian:environment:dev", PLAIN),
    "the form with ids": trust("repo:example-org@123/meridian@456:environment:dev", WITH_IDS),
    "the form with ids, in code": trust("repo:example-org@123/meridian@456:environment:dev", None),
    "main": trust("repo:example-org@123/meridian@456:ref:refs/heads/main", WITH_IDS),
    "pull requests, by a role that plans": trust("repo:example-org/meridian:pull_request", PLAIN, plans=True),
    "pull requests with ids": trust("repo:example-org@123/meridian@456:pull_request", WITH_IDS, plans=True),
}
DISTRUSTED = {
    "another repository": trust("repo:another/meridian:environment:dev", PLAIN),
    "another repository with ids": trust("repo:another@123/meridian@456:environment:dev", WITH_IDS),
    "another repository of that name: its id": trust("repo:example-org@123/meridian@457:environment:dev", WITH_IDS),
    "another owner of that name: its id": trust("repo:example-org@124/meridian@456:environment:dev", WITH_IDS),
    "ids that the inventory does not have": trust("repo:example-org@123/meridian@456:environment:dev", PLAIN),
    "no ids where the inventory has them": trust("repo:example-org/meridian:environment:dev", WITH_IDS),
    "one id": trust("repo:example-org@123/meridian:environment:dev", None),
    "any id": trust("repo:example-org@*/meridian@456:environment:dev", None),
    "every environment": trust("repo:example-org/meridian:environment:*", PLAIN),
    "pull requests, by a role that applies": trust("repo:example-org/meridian:pull_request", PLAIN),
    "everything": trust("repo:example-org/meridian:*", PLAIN, plans=True),
}


def narrow(action: str, resource: str, **condition: dict[str, Any]) -> Question:
    """Return the question whether an identity's statement is narrow, in dev."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}
    facts = {"environment": "dev", "account_id": "123456789012"}
    return {"function": "mrd_iam.narrow", "facts": facts, "statements": [statement], "more": ["identity"]}


POOL, TABLE = "arn:aws:cognito-idp:us-east-1:1:userpool/*", "arn:aws:dynamodb:*:1:table/greeter-dev-*"
KEY = "arn:aws:kms:us-east-1:1:key/*"
REGIONS = {"aws:RequestedRegion": ["us-east-1"]}
OWN, NEW = {"aws:ResourceTag/Environment": "dev"}, {"aws:RequestTag/Environment": "dev"}
NARROW = {
    "what AWS shows only to those who may see all": narrow("cloudwatch:DescribeAlarms", "*", StringEquals=REGIONS),
    "what AWS does only for those who may do it to all": narrow("cloudwatch:PutCompositeAlarm", "*"),
    "a region by a condition": narrow("dynamodb:UpdateTable", TABLE, StringEquals=REGIONS),
    "an id by a tag": narrow("cognito-idp:DeleteUserPool", POOL, StringEquals=OWN),
    "a new one by the tag that it gets": narrow("cognito-idp:TagResource", POOL, StringEquals=NEW),
    "a key by its alias": narrow(
        "kms:Decrypt", KEY, **{"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/x"}}
    ),
    "reading what may be gone": narrow("cognito-idp:DescribeUserPool", POOL, StringEqualsIfExists=OWN),
}
WIDE = {
    "a list of one kind on everything": narrow("sns:ListSubscriptionsByTopic", "*", StringEquals=REGIONS),
    "a region without a condition": narrow("dynamodb:UpdateTable", TABLE),
    "a region by a pattern": narrow("dynamodb:UpdateTable", TABLE, StringLike={"aws:RequestedRegion": "us-*"}),
    "a region by a condition that may be absent": narrow("dynamodb:UpdateTable", TABLE, StringEqualsIfExists=REGIONS),
    "an id without a condition": narrow("cognito-idp:DeleteUserPool", POOL),
    "an id by a pattern": narrow("cognito-idp:DeleteUserPool", POOL, StringLike={"aws:ResourceTag/Environment": "*"}),
    "a key by any alias": narrow(
        "kms:Decrypt", KEY, **{"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/*"}}
    ),
    "every account": narrow("dynamodb:UpdateTable", TABLE.replace(":1:", ":*:"), StringEquals=REGIONS),
    "an id in every region": narrow("cognito-idp:DeleteUserPool", POOL.replace("us-east-1", "*"), StringEquals=OWN),
}


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """Return the answers to every question, asked at once."""
    questions = {**TRUSTED, **DISTRUSTED, **NARROW, **WIDE}
    return dict(zip(questions, ask([*questions.values()]), strict=True))


@pytest.mark.parametrize("name", [*TRUSTED, *NARROW])
def test_a_statement_that_is_right_passes(answers: dict[str, str], name: str) -> None:
    assert answers[name] == ""


@pytest.mark.parametrize("name", [*DISTRUSTED, *WIDE])
def test_a_statement_that_is_too_wide_is_found(answers: dict[str, str], name: str) -> None:
    assert answers[name] != ""
