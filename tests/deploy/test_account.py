"""What is asked of a real account before a plan: each refusal has its own sentence, and an unknown is said."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
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

    def give(
        sts: Any = None, opt: Any = None, limit: Any = 1000, free: int | None = None, apis: Any = None, ours: Any = None
    ) -> Target:
        limits = {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": limit if free is None else free}
        own = ours if isinstance(ours, dict) else {}
        functions = {"Functions": [{"FunctionName": name} for name in (*own, "greeter-other-greet")]}
        reserved = [{"ReservedConcurrentExecutions": number} for number in own.values()]
        given: dict[str, list[tuple[str, Any]]] = {
            "sts": [("get_caller_identity", sts or CALLER)],
            "account": [("get_region_opt_status", opt if "Denied" in str(opt) else {"RegionOptStatus": opt})],
            "apigatewayv2": [("get_apis", apis or {"Items": []})],
            "lambda": [
                ("get_account_settings", limit if isinstance(limit, str) else {"AccountLimit": limits}),
                ("list_functions", ours if isinstance(ours, str) else functions),
                *(("get_function_concurrency", one) for one in reserved),
            ],
        }

        def client(_: Target, service: str, region: str = "us-east-1") -> Any:
            made: Any = boto3.client(
                service,  # type: ignore[call-overload]
                region_name=region,
                aws_access_key_id="x",
                aws_secret_access_key="x",
            )
            stub = Stubber(made)
            for operation, answer in given[service]:
                if isinstance(answer, str):
                    stub.add_client_error(operation, answer)
                elif isinstance(answer, Exception):
                    monkeypatch.setattr(made, operation, Mock(side_effect=answer))
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


@pytest.mark.parametrize(
    ("limit", "free", "ours", "says"),
    [
        (10, None, {}, "the account has 10, other functions reserve 0, and Lambda keeps 100 unreserved"),
        (149, None, {}, "the account has 149, other functions reserve 0"),
        (1000, 120, {}, "the account has 1000, other functions reserve 880"),
        (1000, 120, {"greeter-dev-greet": 20}, "other functions reserve 860"),
    ],
)
def test_a_reservation_without_room_is_refused(
    answers: Answers, limit: int, free: int | None, ours: dict[str, int], says: str
) -> None:
    """What other functions reserve is not there any more."""
    with pytest.raises(UserError, match="us-east-1: 50 concurrent executions cannot be reserved") as refused:
        account.check_account(answers(limit=limit, free=free, ours=ours))
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("free", "ours"),
    [(150, {}), (100, {"greeter-dev-greet": 50}), (120, {"greeter-dev-greet": 30}), (60, {"greeter-dev-greet": 80})],
)
def test_what_its_own_functions_reserve_is_room(answers: Answers, free: int, ours: dict[str, int]) -> None:
    """Also for an apply that reserves less, in an account with less than AWS keeps."""
    account.check_account(answers(free=free, ours=ours))


def test_a_region_without_http_apis_is_refused(answers: Answers) -> None:
    gone = EndpointConnectionError(endpoint_url="https://apigateway.us-east-1.amazonaws.com/")
    with pytest.raises(CouldNotTell, match="us-east-1: API Gateway does not answer, so HTTP APIs probably do not"):
        account.check_account(answers(apis=gone))


@pytest.mark.parametrize(
    ("function", "said"),
    [("{ memory_mb = 256 }", "arm64 functions in us-east-1; no call"), ('{ architecture = "x86_64" }', "")],
)
def test_the_processor_is_not_checked(
    answers: Answers, function: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """arm64 is the module's default."""
    real = answers()
    unit = real.root / "live/dev/us-east-1/compute/terragrunt.hcl"
    unit.write_text(f'terraform {{\n  before_hook "package" {{\n  }}\n}}\ninputs = {{ function = {function} }}\n')
    account.check_account(real)
    found = capsys.readouterr().err
    assert said in found if said else found == ""


def test_what_cannot_be_asked_is_said(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    account.check_account(answers("AccessDenied", limit="AccessDenied", apis="AccessDenied"))
    said = capsys.readouterr().err
    assert "us-east-1: not checked whether it is enabled" in said
    assert "us-east-1: not checked whether it has HTTP APIs" in said
    assert "us-east-1: not checked whether 50 concurrent executions can be reserved" in said


def test_reservations_that_cannot_be_listed_are_not_room(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    account.check_account(answers(free=120, ours="AccessDenied"))
    assert "not checked whether 50 concurrent executions can be reserved" in capsys.readouterr().err


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


def test_only_the_named_regions_are_asked(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others may be lost, and a plan of the rest has to go on."""
    asked: list[str] = []
    monkeypatch.setattr(account, "_require_http_apis", lambda _, region: asked.append(region))
    account.check_account(answers(), ["eu-west-1"])
    assert asked == ["eu-west-1"]
