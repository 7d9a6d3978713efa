"""The whole command against an AWS in memory and an API on this machine: verdict, removal, secrets, report."""

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jwt
import pytest
from pycognito.aws_srp import AWSSRP
from pycognito.exceptions import ForceChangePasswordException

from meridian.errors import CouldNotTell, UserError
from meridian.inventory.model import Region
from meridian.targets import Target
from meridian.verify import command, user
from meridian.verify.declared import parse_calls
from meridian.verify.findings import Reporter
from meridian.verify.http import NoAnswer
from meridian.verify.run import Waits
from tests.verify.fakes import REPOSITORY, Aws, refused, served, target
from tests.verify.test_tokens import KEY, PUBLIC

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
            claims = jwt.decode(token, PUBLIC, algorithms=["RS256"], audience="app")
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


class Signalling(list[str]):
    """The calls of AWS; at the first one of `moment` this process gets a signal twice."""

    def __init__(self, moment: str, number: signal.Signals) -> None:
        super().__init__()
        self.moment, self.number = moment, number

    def append(self, call: str) -> None:
        """Add a call."""
        super().append(call)
        if call == self.moment and self.count(call) == 1:
            os.kill(os.getpid(), self.number)
            os.kill(os.getpid(), self.number)
            time.sleep(0.05)


@pytest.fixture
def api(aws: Aws) -> Api:
    """Return the API that writes into it."""
    return Api(aws)


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, aws: Aws, api: Api) -> Iterator[Verify]:
    """Return a verify command of one region that talks to memory; `**changes` go to its target."""

    def sign_in(flow: AWSSRP) -> dict[str, Any]:
        claims = {"sub": "subject", "email": flow.username, "aud": flow.client_id, "token_use": "id"}
        token = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "k1"})
        return {"AuthenticationResult": {"IdToken": token, "AccessToken": "access", "RefreshToken": "refresh-me-not"}}

    monkeypatch.setattr(AWSSRP, "authenticate_user", sign_in)
    monkeypatch.setattr(user, "_read_public_key", lambda *_: PUBLIC)
    monkeypatch.setattr(command, "make_clients", lambda target: aws.client)
    monkeypatch.setattr("meridian.verify.run.WAITS", {"local": Waits(arrival=1, quiet=0, ready=0)})
    monkeypatch.setattr(Target, "require_account", lambda self: None)
    with served(api) as address:
        found = {
            "us-east-1/identity": {"issuer": "https://i", "client_id": "app", "user_pool_id": "us-east-1_p"},
            "us-east-1/data": {"table_name": "t", "topic_arn": "arn:aws:sns:us-east-1:100000000001:topic"},
            "us-east-1/compute": {"api_id": "api", "api_url": address, "function_name": "f"},
        }
        monkeypatch.setattr(command.outputs, "read_outputs", lambda target: found)

        def run(
            *,
            as_json: bool = False,
            verbose: bool = False,
            protected: bool = False,
            regions: tuple[str, ...] = ("us-east-1",),
            places: tuple[Region, ...] = (),
        ) -> int:
            where = target(tmp_path, protected=protected, regions=regions)
            if places:
                where = replace(where, environment=replace(where.environment, regions=places))
            monkeypatch.setattr(command, "resolve", lambda *_: where)
            return command.verify(environment="dev", root=tmp_path, target="local", verbose=verbose, as_json=as_json)

        yield run


def report(root: Path) -> dict[str, Any]:
    """Return the kept report."""
    found: dict[str, Any] = json.loads((root / "out/verify.json").read_text())
    return found


def statuses(root: Path) -> dict[str, str]:
    """Return the status of each rule in the kept report."""
    return {finding["rule"]: finding["status"] for finding in report(root)["findings"]}


def left(aws: Aws) -> set[str]:
    """Return the name of everything that still exists."""
    return set().union(*aws.things.values(), *([str(i) for i in items] for items in aws.items.values()))


def test_a_correct_deployment_is_verified(verify: Verify, aws: Aws, tmp_path: Path, capsys: Any) -> None:
    """Every check passes: a line for the region, and a table; nothing is left; the report is kept."""
    assert verify() == 0
    shown = capsys.readouterr().out
    assert re.search(r"^PASS     us-east-1       (\d+) of \1 checks passed in \d+\.\d s\.$", shown, re.MULTILINE)
    assert [line.split()[1:3] for line in shown.splitlines() if line.startswith("PASS")][1:] == [["-", "clean-up"]]
    assert "\x1b" not in shown
    assert "region     greet  item  message  refusals  routes  status  seconds" in shown
    assert left(aws) == set()
    assert (report(tmp_path)["verdict"], report(tmp_path)["regions"][0]["refusals"]) == ("ok", "PASS")


def test_verbose_prints_a_line_for_every_check(verify: Verify, tmp_path: Path, capsys: Any) -> None:
    assert verify(verbose=True) == 0
    shown = capsys.readouterr().out
    assert shown.count("PASS     us-east-1") == len(report(tmp_path)["findings"]) - 1 == 24
    assert "PASS     us-east-1       status                  GET /status answered 200" in shown


def test_no_secret_is_printed_or_kept(
    verify: Verify, aws: Aws, api: Api, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither address nor password nor any token is in output or report, not even inside AWS's own words."""
    made: list[str] = []
    hide = Reporter.hide

    def hidden(reporter: Reporter, *secrets: str) -> None:
        made.extend(secrets)
        aws.faults["admin_delete_user"] = refused("InvalidParameterException", f"Value {made[0]} is bad")
        hide(reporter, *secrets)

    monkeypatch.setattr(Reporter, "hide", hidden)
    assert verify() == 1
    everything = "".join(capsys.readouterr()) + (tmp_path / "out/verify.json").read_text()
    assert "Value [hidden] is bad" in everything
    assert len(made) == 9
    secrets = [secret for secret in [*made, *api.tokens] if len(secret) > len("refresh-me-not")]
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


@pytest.mark.parametrize("operation", ["describe_user_pool", "admin_confirm_sign_up"])
def test_without_a_user_nothing_is_green(verify: Verify, aws: Aws, operation: str, tmp_path: Path) -> None:
    """If no user can be made the rest is UNKNOWN, what needs no user is still checked, nothing is left."""
    aws.faults[operation] = refused("AccessDeniedException")
    assert verify() == 3
    found = statuses(tmp_path)
    assert (found["sign-up"], found["greet"], found["refuse-forged"]) == ("UNKNOWN", "UNKNOWN", "UNKNOWN")
    assert (found["status"], found["refuse-no-token"]) == ("PASS", "PASS")
    assert left(aws) == set()


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (ForceChangePasswordException("Change password"), 3, "UNKNOWN"),
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

    monkeypatch.setattr(AWSSRP, "authenticate_user", fail)
    assert verify() == code
    found = statuses(tmp_path)
    assert (found["sign-in"], found["greet"], found["refuse-forged"]) == (status, "UNKNOWN", "UNKNOWN")
    assert left(aws) == set()


def test_a_region_that_is_down_fails(verify: Verify, aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its other rules are UNKNOWN; the user is removed."""
    monkeypatch.setattr("meridian.verify.http.send", lambda *_: NoAnswer("connection refused"))
    assert verify() == 1
    (row,) = report(tmp_path)["regions"]
    assert (row["status"], row["greet"], row["refusals"]) == ("FAIL", "UNKNOWN", "UNKNOWN")
    assert left(aws) == set()


@pytest.mark.parametrize(
    ("code", "exit_code", "status"), [("AccessDeniedException", 3, "UNKNOWN"), ("ResourceNotFoundException", 1, "FAIL")]
)
def test_behind_a_lock_that_cannot_be_opened_nothing_is_green(
    verify: Verify, aws: Aws, tmp_path: Path, code: str, exit_code: int, status: str
) -> None:
    """Calls that the lock refuses would say nothing about what is behind it."""
    found = command.outputs.read_outputs(target(tmp_path))
    deployed = dict(found["us-east-1/compute"]) | {"edge_secret_arn": "arn", "edge_only": True}
    cast(dict[str, Any], found).update(
        {"us-east-1/compute": deployed, "us-east-1/edge": {"domain_name": "edge.example.com"}}
    )
    aws.faults["get_secret_value"] = refused(code)
    assert verify() == exit_code
    rules = statuses(tmp_path)
    assert rules["refuse-past-edge"] == status
    assert {rules[rule] for rule in ("refuse-all", "routes", "greet", "item", "message", "once")} == {"UNKNOWN"}
    assert left(aws) == set()


def test_a_refused_real_token_fails(verify: Verify, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the call would have left is UNKNOWN, not a second failure."""
    monkeypatch.setattr(Api, "__call__", lambda *_: UNAUTHORIZED)
    assert verify() == 1
    found = statuses(tmp_path)
    assert (found["greet"], found["item"], found["message"], found["once"]) == ("FAIL", *["UNKNOWN"] * 3)


@pytest.mark.parametrize("broken", ["observe.read_tables", "user._read_public_key"])
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


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, "cognito-idp.sign_up"),
        (signal.SIGTERM, "sns.subscribe"),
        (signal.SIGHUP, "sqs.receive_message"),
        (signal.SIGINT, "sqs.delete_queue"),
    ],
)
def test_everything_is_removed_on_a_signal(
    verify: Verify, aws: Aws, tmp_path: Path, capsys: Any, number: signal.Signals, moment: str
) -> None:
    """Ctrl-C, SIGTERM and a closed terminal, a second signal too, at any moment: nothing is left."""
    aws.calls = Signalling(moment, number)
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        verify()
    assert left(aws) == set()
    assert report(tmp_path)["verdict"] == "unknown"
    assert signal.getsignal(number) is before
    assert "stopping: first removing what this run created." in capsys.readouterr().err


def test_everything_is_removed_on_a_signal_without_a_terminal(
    verify: Verify, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`meridian verify dev 2>&1 | head -1`: the notice of the signal cannot be written."""

    def broken(_: str) -> None:
        raise BrokenPipeError

    aws.calls = Signalling("sqs.create_queue", signal.SIGINT)
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
    monkeypatch.setattr(command.outputs, "read_outputs", lambda target: {})
    with pytest.raises(CouldNotTell, match="us-east-1/identity: output 'issuer' is missing"):
        verify()
    assert aws.calls == []


def test_a_region_without_outputs_hides_no_other(verify: Verify, tmp_path: Path, capsys: Any) -> None:
    """It is UNKNOWN, exit 3; the other one is verified all the same, but for what its item did there."""
    assert verify(regions=("us-east-1", "eu-west-1")) == 3
    east, west = report(tmp_path)["regions"]
    columns = ("greet", "message", "refusals", "routes", "status")
    assert (east["region"], east["item"], {east[name] for name in columns}) == ("us-east-1", "UNKNOWN", {"PASS"})
    assert (west["region"], west["item"], {west[name] for name in columns}) == ("eu-west-1", "UNKNOWN", {"UNKNOWN"})
    out = capsys.readouterr().out
    assert "Not tried: eu-west-1/compute: output 'api_id' is missing" in out
    assert "another region's table could not be read: eu-west-1/compute: output 'api_id' is missing.\n" in out


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


def test_a_route_that_no_check_calls_is_a_finding(verify: Verify, aws: Aws, tmp_path: Path, capsys: Any) -> None:
    """Every forged token is tried on it all the same."""
    aws.routes["POST /orders"] = "JWT"
    assert verify() == 1
    assert "POST /orders is deployed, not verified: no check calls it." in capsys.readouterr().out
    found = [one for one in report(tmp_path)["findings"] if one["sentence"].startswith("POST /orders ")]
    assert len([one for one in found if one["rule"].startswith("refuse-") and one["status"] == "PASS"]) == 13
    (row,) = report(tmp_path)["regions"]
    assert (row["routes"], row["refusals"]) == ("FAIL", "PASS")


@pytest.mark.parametrize(("accepts_access_tokens", "tried"), [(False, 13), (True, 12)])
def test_a_declared_call_is_made_beside_the_others(
    verify: Verify,
    aws: Aws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    accepts_access_tokens: bool,
    tried: int,
) -> None:
    """Its route is verified, also with every token that is none for it."""
    known = Api.__call__

    def new(self: Api, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        given = headers.get("Authorization", "").removeprefix("Bearer ")
        accepted = path == "/orders" and given == "access" and accepts_access_tokens
        return (201, {}) if accepted else known(self, path, headers)

    monkeypatch.setattr(Api, "__call__", new)
    aws.routes["POST /orders"] = "JWT"
    status = 201 if accepts_access_tokens else 403
    (call,) = parse_calls(
        f"calls:\n  order:\n    call: POST /orders\n    token: access\n    status: {status}\n", "f", "orders", {}
    )
    monkeypatch.setattr(command, "find_units", lambda _: ["us-east-1/orders", "us-east-1/data", "eu-west-1/orders"])
    monkeypatch.setattr(command, "read_calls", lambda *_: {"orders": (call,)})
    assert verify() == 0
    assert statuses(tmp_path)["call-orders.order"] == "PASS"
    found = [one["rule"] for one in report(tmp_path)["findings"] if one["sentence"].startswith("POST /orders ")]
    assert len([rule for rule in found if rule.startswith("refuse-")]) == tried


def test_routes_that_may_not_be_read_are_unknown(verify: Verify, aws: Aws, tmp_path: Path) -> None:
    """GET /greet is verified all the same."""
    aws.faults["get_routes"] = refused("AccessDeniedException")
    assert verify() == 3
    (row,) = report(tmp_path)["regions"]
    assert (row["routes"], row["refusals"], row["greet"]) == ("UNKNOWN", "PASS", "PASS")
    assert left(aws) == set()


def test_a_file_that_cannot_be_read_ends_before_anything_is_created(
    verify: Verify, aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has file and line."""
    folder = tmp_path / "modules/orders"
    folder.mkdir(parents=True)
    (folder / "unit.yaml").write_text("placement: every_region\n")
    (folder / "variables.tf").write_text("")
    (folder / "outputs.tf").write_text("")
    (folder / "verify.yaml").write_text("calls:\n  order:\n    cal: GET /orders\n    status: 200\n")
    with pytest.raises(UserError, match=r"modules/orders/verify\.yaml:3: calls\.order\.cal: there is no such key"):
        verify()
    assert aws.calls == []


def test_a_region_that_goes_or_has_no_function_is_not_verified(
    verify: Verify, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = SimpleNamespace(module="compute", placement="every_region", optional=False, applied_by=None)
    monkeypatch.setattr(command.Library, "contracts", lambda *_: {"compute": contract})
    monkeypatch.setattr(command, "read_calls", lambda *_: {})
    places = (
        Region("us-east-1", {}),
        Region("eu-west-1", {}, retiring=True),
        Region("eu-west-2", {}, units={"compute": False}),
        Region("eu-west-3", {}, units={"compute": "retiring"}),
    )
    assert verify(places=places) == 0
    said = capsys.readouterr().err
    assert "note: eu-west-1 is retiring; it is not verified." in said
    assert "note: eu-west-2 has no unit of compute; it is not verified." in said
    assert "note: compute is retiring in eu-west-3; the region is not verified." in said


def test_the_calls_of_a_unit_that_goes_are_not_made(
    verify: Verify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be destroyed already, and its outputs are not read."""
    (call,) = parse_calls("calls:\n  order:\n    call: POST /orders\n    status: 201\n", "f", "orders", {})
    monkeypatch.setattr(command, "find_units", lambda _: ["us-east-1/orders", "us-east-1/data"])
    monkeypatch.setattr(command, "read_calls", lambda *_: {"orders": (call,)})
    assert verify(places=(Region("us-east-1", {}, units={"orders": "retiring"}),)) == 0
    assert "note: us-east-1/orders is retiring; its calls are not made." in capsys.readouterr().err
    assert not any(rule.startswith("call-") for rule in statuses(tmp_path))


def test_an_environment_that_is_given_back_has_nothing_to_verify(
    verify: Verify, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The apply before its destroy lifts protections, and a pipeline verifies after it."""
    monkeypatch.setattr(command.outputs, "read_outputs", lambda _: pytest.fail("nothing is to be read"))
    assert verify(places=(Region("us-east-1", {}, retiring=True),)) == 0
    assert "note: us-east-1 is retiring; it is not verified." in capsys.readouterr().err
