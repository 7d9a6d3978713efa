"""The whole command against an AWS in memory and an API on this machine: verdict, removal, secrets, report."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from meridian.errors import CouldNotTell, UserError
from meridian.targets import Target
from meridian.verify import command, user
from meridian.verify.http import NoAnswer
from meridian.verify.run import RunId, Waits
from meridian.verify.user import Tokens
from tests.verify.fakes import REPOSITORY, Aws, refused, served, target

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
UNAUTHORIZED = (401, {"message": "Unauthorized"})
Verify = Callable[..., int]


class Api:
    """One region's API according to the wire contract, over the AWS in memory."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.tokens: list[str] = []
        self.seen: set[str] = set()

    def __call__(self, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        if path == "/status":
            return 200, {"region": "us-east-1", "status": "ok"}
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        self.tokens.append(token)
        if token == "access":
            return 403, {"error": {"code": "id_token_required"}}
        try:
            claims = jwt.decode(token, KEY.public_key(), algorithms=["RS256"], audience="app")
        except jwt.InvalidTokenError:
            return UNAUTHORIZED
        key = headers["Idempotency-Key"]
        if key not in self.seen:
            self.seen.add(key)
            self._write(key, claims["email"])
        return 200, {"region": "us-east-1", "greeting_id": key, "message": "hello"}

    def _write(self, key: str, email: str) -> None:
        names = {"greeting_id": key, "region": "us-east-1", "created_at": "now", "expires_at": "later"}
        self.aws.items["us-east-1", "t"] = [{name: {"S": value} for name, value in names.items()}]
        message = {"email": email, "source": "Lambda", "region": "us-east-1", "repo": REPOSITORY}
        self.aws.inbox = [{"MessageId": key, "Body": json.dumps(message)}]


@pytest.fixture
def aws() -> Aws:
    """Return an empty AWS in memory."""
    return Aws()


@pytest.fixture
def api(aws: Aws) -> Api:
    """Return the API that writes into it."""
    return Api(aws)


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: Aws, api: Api) -> Iterator[Verify]:
    """Return a verify command of one region that talks to memory; `**changes` go to its target."""

    def sign_in(_: Any, pool: str, client: str, credentials: user.Credentials) -> Tokens:
        claims = {"sub": "subject", "email": credentials.address, "aud": client, "token_use": "id"}
        return Tokens(jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "k"}), "access", "refresh-me-not")

    keys = {"keys": [{**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k"}]}
    monkeypatch.setattr(user, "sign_in", sign_in)
    monkeypatch.setattr(user, "_read_jwks", lambda run: keys)
    monkeypatch.setattr(command, "make_clients", lambda target: aws.client)
    monkeypatch.setattr("meridian.verify.run.WAITS", {"local": Waits(arrival=1, quiet=0, ready=0)})
    monkeypatch.setattr(Target, "require_account", lambda self: None)
    with served(api) as address:
        found = {
            "us-east-1/identity": {"issuer": "https://i", "client_id": "app", "user_pool_id": "us-east-1_p"},
            "us-east-1/data": {"table_name": "t", "topic_arn": "arn:aws:sns:us-east-1:100000000001:topic"},
            "us-east-1/compute": {"api_url": address, "function_name": "f"},
        }
        monkeypatch.setattr("meridian.plans.outputs.read_outputs", lambda target: found)

        def run(*, as_json: bool = False, protected: bool = False, regions: tuple[str, ...] = ("us-east-1",)) -> int:
            where = target(tmp_path, protected=protected, regions=regions)
            monkeypatch.setattr(command, "resolve", lambda *_: where)
            return command.verify(environment="dev", root=tmp_path, target="local", as_json=as_json)

        yield run


def report(root: Path) -> dict[str, Any]:
    """Return the kept report."""
    found: dict[str, Any] = json.loads((root / "out/verify.json").read_text())
    return found


def left(aws: Aws) -> set[str]:
    """Return the name of everything that still exists."""
    return set().union(*aws.things.values(), *([str(i) for i in items] for items in aws.items.values()))


def test_a_correct_deployment_is_verified(verify: Verify, aws: Aws, tmp_path: Path, capsys: Any) -> None:
    """Every check passes, a line each and a table; nothing is left; the report is kept."""
    assert verify() == 0
    shown = capsys.readouterr().out
    assert shown.count("PASS     us-east-1") == len(report(tmp_path)["findings"]) - 1
    assert "region     greet  item  message  refusals  status  seconds" in shown
    assert left(aws) == set()
    assert (report(tmp_path)["verdict"], report(tmp_path)["regions"][0]["refusals"]) == ("ok", "PASS")


def test_no_secret_is_printed_or_kept(
    verify: Verify, aws: Aws, api: Api, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither address nor password nor any token is in output or report, not even inside AWS's own words."""
    made: list[str] = []
    password, address = user.new_password, RunId.new_address

    def secret_password(minimum: int) -> str:
        made.append(password(minimum))
        return made[-1]

    def secret_address(run: RunId) -> str:
        made.append(address(run))
        aws.faults["admin_delete_user"] = refused("InvalidParameterException", f"Value {made[0]} is bad")
        return made[-1]

    monkeypatch.setattr(user, "new_password", secret_password)
    monkeypatch.setattr(RunId, "new_address", secret_address)
    assert verify() == 1
    everything = "".join(capsys.readouterr()) + (tmp_path / "out/verify.json").read_text()
    assert "Value [hidden] is bad" in everything
    secrets = [*made, *(token for token in api.tokens if len(token) > 20)]
    assert len(secrets) > 8
    assert [secret for secret in secrets if secret in everything] == []


def test_json_is_the_only_output(verify: Verify, tmp_path: Path, capsys: Any) -> None:
    """`--json` prints the kept report and nothing else."""
    assert verify(as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == report(tmp_path)


def test_a_protected_environment_gets_no_client(verify: Verify, aws: Aws, capsys: Any) -> None:
    """The skipped check is a line with its reason, and does not turn the run red."""
    assert verify(protected=True) == 0
    assert "cognito-idp.create_user_pool_client" not in aws.calls
    assert (
        "SKIP     us-east-1       refuse-other-client     Not tried: a protected environment gets"
        in capsys.readouterr().out
    )


def test_a_broken_rule_is_exit_1(verify: Verify, api: Api, tmp_path: Path, capsys: Any) -> None:
    """A message that lacks a field is found, and the run still removes everything."""
    api._write = lambda key, email: None  # type: ignore[method-assign]
    assert verify() == 1
    shown = capsys.readouterr().out
    assert "FAIL     us-east-1       item" in shown
    assert "FAIL     us-east-1       message" in shown
    assert left(api.aws) == set()


@pytest.mark.parametrize("operation", ["describe_user_pool", "sign_up", "admin_confirm_sign_up"])
def test_without_a_user_nothing_is_green(verify: Verify, aws: Aws, operation: str, tmp_path: Path) -> None:
    """If no user can be made the rest is UNKNOWN, what needs no user is still checked, nothing is left."""
    aws.faults[operation] = refused("AccessDeniedException")
    assert verify() == 3
    found = {f["rule"]: f["status"] for f in report(tmp_path)["findings"]}
    assert (found["sign-up"], found["greet"], found["refuse-forged"]) == ("UNKNOWN", "UNKNOWN", "UNKNOWN")
    assert (found["status"], found["refuse-no-token"]) == ("PASS", "PASS")
    assert left(aws) == set()


def test_a_pool_that_requires_a_second_factor_is_unknown(
    verify: Verify, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No user is created that could never sign in; the line names the reason."""
    monkeypatch.setattr(user, "read_pool", lambda *_: user.Pool(True, True, 12))
    assert verify() == 3
    assert any("requires a second factor" in f["sentence"] for f in report(tmp_path)["findings"])


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (user.SignInIncomplete("a second factor"), 3, "UNKNOWN"),
        (refused("NotAuthorizedException"), 1, "FAIL"),
        (refused("InternalErrorException"), 3, "UNKNOWN"),
    ],
)
def test_without_a_sign_in_nothing_is_green(
    verify: Verify, aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception, code: int, status: str
) -> None:
    """A refused sign-in is a fault of the deployment; one that could not be tried is UNKNOWN."""

    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(user, "sign_in", fail)
    assert verify() == code
    found = {f["rule"]: f["status"] for f in report(tmp_path)["findings"]}
    assert (found["sign-in"], found["greet"], found["refuse-forged"]) == (status, "UNKNOWN", "UNKNOWN")
    assert left(aws) == set()


def test_a_pool_without_another_client_is_unknown(verify: Verify, aws: Aws, tmp_path: Path) -> None:
    """The audience is checked with a token of another client, or the run is not green."""
    aws.faults["create_user_pool_client"] = refused("LimitExceededException")
    assert verify() == 3
    found = {f["rule"]: f["status"] for f in report(tmp_path)["findings"]}
    assert (found["refuse-other-client"], found["refuse-alg-none"]) == ("UNKNOWN", "PASS")


def test_a_region_that_is_down_fails(verify: Verify, aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its other rules are UNKNOWN; the user is removed."""
    monkeypatch.setattr("meridian.verify.http.send_get", lambda *_: NoAnswer("connection refused", reachable=False))
    assert verify() == 1
    (row,) = report(tmp_path)["regions"]
    assert (row["status"], row["greet"], row["refusals"]) == ("FAIL", "UNKNOWN", "UNKNOWN")
    assert left(aws) == set()


def test_a_refused_real_token_fails(verify: Verify, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the call would have left is UNKNOWN, not a second failure."""
    monkeypatch.setattr(Api, "__call__", lambda *_: UNAUTHORIZED)
    assert verify() == 1
    found = {f["rule"]: f["status"] for f in report(tmp_path)["findings"]}
    assert (found["greet"], found["item"], found["message"], found["once"]) == ("FAIL", *["UNKNOWN"] * 3)


def test_a_failed_removal_is_a_fail(verify: Verify, aws: Aws, capsys: Any) -> None:
    """A queue that cannot be removed is named."""
    aws.faults["delete_queue"] = refused("AccessDenied")
    assert verify() == 1
    assert "Queue meridian-verify-" in capsys.readouterr().out


@pytest.mark.parametrize(
    "broken", ["observe.read_tables", "http.send_get", "refusals.attempts_with_user", "user._read_jwks"]
)
def test_everything_is_removed_when_our_own_code_breaks(
    verify: Verify, aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: str
) -> None:
    """A bug is raised after the removal; no older green report stays."""

    def bug(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(f"meridian.verify.{broken}", bug)
    with pytest.raises(ZeroDivisionError):
        verify()
    assert left(aws) == set()
    assert report(tmp_path)["verdict"] == "unknown"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["sqs.create_queue", "cognito-idp.sign_up", "sns.subscribe", "dynamodb.query"])
def test_everything_is_removed_on_a_signal(
    verify: Verify, aws: Aws, tmp_path: Path, capsys: Any, number: signal.Signals, moment: str
) -> None:
    """Ctrl-C, SIGTERM and a closed terminal, a second signal too, at any moment: nothing is left."""
    signalled = threading.Event()

    class Watched(list[str]):
        def append(self, call: str) -> None:
            super().append(call)
            if call == moment and not signalled.is_set():
                signalled.set()
                os.kill(os.getpid(), number)
                os.kill(os.getpid(), number)
                time.sleep(0.05)

    aws.calls = Watched()
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        verify()
    assert signalled.is_set()
    assert left(aws) == set()
    assert report(tmp_path)["verdict"] == "unknown"
    assert signal.getsignal(number) is before
    assert "stopping: first removing what this run created." in capsys.readouterr().err


@pytest.mark.parametrize("moment", ["sqs.create_queue", "sqs.delete_queue"])
def test_everything_is_removed_on_a_signal_without_a_terminal(
    verify: Verify, aws: Aws, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """`meridian verify dev 2>&1 | head -1`: the notice of the signal cannot be written."""

    def broken(_: str) -> None:
        raise BrokenPipeError

    class Watched(list[str]):
        def append(self, call: str) -> None:
            super().append(call)
            if call == moment and self.count(call) == 1:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.05)

    aws.calls = Watched()
    monkeypatch.setattr("meridian.verify.cleanup.say", broken)
    with pytest.raises(KeyboardInterrupt):
        verify()
    assert left(aws) == set()


@pytest.mark.parametrize("error", [CouldNotTell("no credentials"), UserError("another account")])
def test_without_credentials_nothing_is_created(
    verify: Verify, aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Any, capsys: Any
) -> None:
    """The error reaches the command line, and replaces an older report."""

    def fail(_: Target) -> None:
        raise error

    monkeypatch.setattr(Target, "require_account", fail)
    with pytest.raises(type(error)):
        verify(as_json=True)
    assert aws.calls == []
    assert report(tmp_path)["exit_code"] == error.code
    assert json.loads(capsys.readouterr().out) == report(tmp_path)


def test_without_outputs_nothing_is_created(verify: Verify, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that was never applied cannot be verified: exit 3."""
    monkeypatch.setattr("meridian.plans.outputs.read_outputs", lambda target: {})
    with pytest.raises(CouldNotTell, match="us-east-1/identity: output 'issuer' is missing"):
        verify()
    assert aws.calls == []


def test_a_region_without_outputs_hides_no_other(verify: Verify, tmp_path: Path, capsys: Any) -> None:
    """It is UNKNOWN, exit 3; the other one is verified all the same, but for what its item did there."""
    assert verify(regions=("us-east-1", "eu-west-1")) == 3
    east, west = report(tmp_path)["regions"]
    columns = ("greet", "message", "refusals", "status")
    assert (east["region"], east["item"], {east[name] for name in columns}) == ("us-east-1", "UNKNOWN", {"PASS"})
    assert (west["region"], west["item"], {west[name] for name in columns}) == ("eu-west-1", "UNKNOWN", {"UNKNOWN"})
    out = capsys.readouterr().out
    assert "Not tried: eu-west-1/compute: output 'api_url' is missing" in out
    assert "another region's table could not be read: eu-west-1/compute: output 'api_url' is missing.\n" in out


def test_a_missing_key_set_is_unknown(verify: Verify, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the public key its attacks are UNKNOWN, not left out."""
    monkeypatch.setattr(user, "_read_jwks", lambda run: NoAnswer("connection refused"))
    assert verify() == 3
    found = {f["rule"]: f["status"] for f in report(tmp_path)["findings"]}
    assert (found["refuse-hs256-pem"], found["refuse-hs256-der"]) == ("UNKNOWN", "UNKNOWN")


@pytest.mark.parametrize(("patience", "code"), [(0, 1), (3, 0)], ids=["no patience", "patience"])
def test_a_new_api_gets_time_to_answer(
    verify: Verify, api: Api, monkeypatch: pytest.MonkeyPatch, patience: int, code: int
) -> None:
    """Only the first answer of /status is awaited; a wrong one at the end is a failure."""
    answers = iter([(404, {"message": "Not Found"})])
    known = Api.__call__

    def new(self: Api, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        return next(answers, known(self, path, headers)) if path == "/status" else known(self, path, headers)

    monkeypatch.setattr(Api, "__call__", new)
    waits = {"local": Waits(arrival=1, quiet=0, ready=patience)}
    monkeypatch.setattr("meridian.verify.run.WAITS", waits)
    assert verify() == code
