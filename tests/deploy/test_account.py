"""What is asked of a real account before a plan: each refusal has its own sentence, and an unknown is said."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from meridian.deploy import account
from meridian.errors import CouldNotTell, UserError
from meridian.targets import Target

CALLER = {"Account": "100000000001", "Arn": "arn:aws:iam::100000000001:user/u", "UserId": "u"}
Answers = Callable[..., Target]


@pytest.fixture
def answers(target: Target, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Return a function that makes a real target of one region whose AWS gives these answers; a text is an error."""
    unit = target.root / "live/dev/us-east-1/compute/terragrunt.hcl"
    unit.parent.mkdir(parents=True)
    unit.write_text("inputs = { function = { memory_mb = 256, reserved_concurrency = 50 } }\n")
    one = replace(target.environment, regions=target.environment.regions[:1])
    real = Target("aws", target.root, one, target.repository)

    def give(sts: Any = None, opt: Any = None, limit: Any = 1000) -> Target:
        given = {
            "sts": ("get_caller_identity", sts or CALLER),
            "account": ("get_region_opt_status", opt if "Denied" in str(opt) else {"RegionOptStatus": opt}),
            "lambda": (
                "get_account_settings",
                limit if isinstance(limit, str) else {"AccountLimit": {"ConcurrentExecutions": limit}},
            ),
        }

        def client(_: Target, service: str, region: str = "us-east-1") -> Any:
            made: Any = boto3.client(
                service,  # type: ignore[call-overload]
                region_name=region,
                aws_access_key_id="x",
                aws_secret_access_key="x",
            )
            stub, (operation, answer) = Stubber(made), given[service]
            if isinstance(answer, str):
                stub.add_client_error(operation, answer)
            else:
                stub.add_response(operation, answer)
            stub.activate()
            return made

        monkeypatch.setattr(Target, "client", client)
        monkeypatch.setattr(Target, "session", SimpleNamespace(get_credentials=lambda: None))
        return real

    return give


def test_an_account_that_has_all_is_not_spoken_of(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    account.check_account(answers())
    assert capsys.readouterr().err == ""


def test_the_local_aws_is_not_asked(target: Target) -> None:
    account.check_account(target)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("DISABLED", "it is not enabled. Run `aws account enable-region --region-name us-east-1`"),
        ("ENABLING", "it is being enabled, which takes minutes to hours"),
        ("ENABLED", "the session token is one of the global STS endpoint"),
        ("AccessDenied", "probably not enabled (not checked: "),
    ],
)
def test_a_region_that_refuses_the_credentials_says_why(answers: Answers, status: str, sentence: str) -> None:
    with pytest.raises(CouldNotTell) as refused:
        account.check_account(answers("InvalidClientTokenId", status))
    assert sentence in refused.value.message


@pytest.mark.parametrize("limit", [10, 149])
def test_a_reservation_without_room_is_refused(answers: Answers, limit: int) -> None:
    with pytest.raises(UserError, match=f"us-east-1: 50 .* the account has {limit}"):
        account.check_account(answers(limit=limit))


def test_what_cannot_be_asked_is_said(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    account.check_account(answers("AccessDenied", limit="AccessDenied"))
    said = capsys.readouterr().err
    assert "us-east-1: not checked whether it is enabled" in said
    assert "us-east-1: not checked whether 50 concurrent executions can be reserved" in said


@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        (SimpleNamespace(token=None), ""),
        (SimpleNamespace(token="t"), "not checked: when the session token ends"),
        (SimpleNamespace(token="t", method="env", refresh_needed=lambda _: True), "end in less than 15 minutes"),
        (SimpleNamespace(token="t", method="sso", refresh_needed=lambda _: True), ""),
    ],
)
def test_credentials_that_end_soon_are_noted(
    answers: Answers,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    credentials: SimpleNamespace,
    said: str,
) -> None:
    real = answers()
    monkeypatch.setattr(Target, "session", SimpleNamespace(get_credentials=lambda: credentials))
    account.check_account(real)
    found = capsys.readouterr().err
    assert said in found if said else found == ""
