"""What a drill refuses before it takes anything away."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from meridian.cli import main
from meridian.drill import command
from meridian.drill.load import Load, Way
from meridian.errors import CouldNotTell, UserError
from meridian.inventory.model import Region
from meridian.targets import Target
from meridian.verify.deployment import Edge, Names
from meridian.verify.edge import HEADER
from meridian.verify.findings import Status
from meridian.verify.run import Run, Stopped
from meridian.verify.user import Credentials, SignInIncomplete
from tests.verify.fakes import Aws, make_run, place, refused, served, target
from tests.verify.test_calls import USER
from tests.verify.test_deployment import outputs


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a run against an AWS in memory."""
    return make_run(tmp_path, Aws())


def test_a_good_call_is_accepted(tmp_path: Path) -> None:
    """Every fault on the local AWS, the lever alone on the real one."""
    environment = target(tmp_path).environment
    for fault in ("region", "table", "dns"):
        command._check_options("local", fault, 5, through_edge=True)
        command._check_region(environment, "eu-west-1", fault)
    command._check_options("local", "edge", 5)
    command._check_region(environment, "", "edge")
    command._check_options("aws", "dns", 20)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--fault", "fire"], "There is no fault 'fire'"),
        (["--rate", "0"], "--rate 0 is not from 1 to 20"),
        (["--rate", "21"], "--rate 21 is not from 1 to 20"),
        (["--fault", "edge", "--through-edge"], "Use --fault edge alone"),
    ],
)
def test_a_wrong_option_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    """Before the inventory is read or an AWS is looked for."""
    (tmp_path / "live").mkdir()
    (tmp_path / "live/inventory.yaml").touch()
    assert main(["drill", "dev", "--target", "local", "--root", str(tmp_path), *options]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("region", "fault", "says"),
    [
        ("", "region", "Which region"),
        ("eu-north-1", "region", "dev has no region 'eu-north-1'"),
        ("eu-west-1", "edge", "The edge is one for all regions"),
    ],
)
def test_a_wrong_region_is_refused(tmp_path: Path, region: str, fault: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        command._check_region(target(tmp_path).environment, region, fault)


def test_a_real_region_cannot_be_switched_off() -> None:
    """Only its records can be left out."""
    for fault, says in (
        ("region", "no region can be taken away"),
        ("table", "no table can be made to throttle"),
        ("edge", "no distribution can be taken away"),
    ):
        with pytest.raises(UserError, match=f"On AWS {says}") as refused:
            command._check_options("aws", fault, 5)
        assert "--fault dns --region" in str(refused.value.hint)


def test_the_last_region_is_never_taken_away(tmp_path: Path) -> None:
    """A region that is being removed cannot take over."""
    both = target(tmp_path)
    retiring = (both.environment.regions[0], Region("eu-west-1", {}, retiring=True))
    alone = replace(both, environment=replace(both.environment, regions=retiring))
    with pytest.raises(UserError, match="dev has one region"):
        command._check_region(alone.environment, "us-east-1", "region")


def test_regions_without_a_shared_name_cannot_take_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One region with names is not enough; two with different names are not either."""
    found = outputs()
    monkeypatch.setattr(command.outputs, "read_outputs", lambda _: found)
    monkeypatch.setattr(command, "make_clients", lambda _: None)
    here: Target = target(tmp_path)
    for region, name in (("us-east-1", "a.example.com"), ("eu-west-1", "b.example.com")):
        with pytest.raises(CouldNotTell, match="shares no name with another region"):
            command._prepare(here, "eu-west-1")
        found[f"{region}/routing"] = {"domain_name": name, "regional_domain_name": f"{region}.{name}"}
    with pytest.raises(CouldNotTell, match="shares no name with another region"):
        command._prepare(here, "eu-west-1")
    found["eu-west-1/routing"]["domain_name"] = "a.example.com"
    run, place = command._prepare(here, "eu-west-1")
    assert place.region == "eu-west-1"
    assert [one.region for one in run.deployment.regions] == ["us-east-1", "eu-west-1"]
    with pytest.raises(CouldNotTell, match="eu-north-1 shares no name with another region"):
        command._prepare(here, "eu-north-1")
    with pytest.raises(UserError, match="dev has no edge"):
        command._prepare(here, "eu-west-1", through_edge=True)


def test_the_edge_is_taken_away_only_where_clients_can_pass_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else every call would be lost, and the drill would say nothing new."""
    here = target(tmp_path)
    named = replace(place("eu-west-1"), names=Names("https://api.example.com", "https://a.example.com"))
    with pytest.raises(UserError, match="dev has no edge"):
        command._find_edge(here, [named])
    locked = replace(named, edge=Edge("https://edge.example.com", "arn", only=True))
    with pytest.raises(CouldNotTell, match="refuse calls that pass by the edge, so nothing could take over") as refused:
        command._find_edge(here, [named, locked])
    assert "accept_direct: true" in str(refused.value.hint)
    primary = replace(place(), edge=Edge("https://edge.example.com", "arn", only=False))
    opened = replace(primary, region="eu-west-1")
    assert command._find_edge(here, [opened, primary]) is primary


@pytest.mark.parametrize(
    ("status", "alarms", "says"),
    [
        (200, [], ""),
        (503, [], "eu-west-1 would have to take over, and is not well: GET /status"),
        (200, ["greeter-dev-out-of-service"], "and is not well: in ALARM: greeter-dev-out-of-service"),
    ],
)
def test_the_last_good_region_is_not_taken_away(
    run: Run, monkeypatch: pytest.MonkeyPatch, status: int, alarms: list[str], says: str
) -> None:
    """Nor one that a drill on another machine has left: its lever's alarm is on."""
    monkeypatch.setattr(command, "find_alarms", lambda _, region: alarms if region == "eu-west-1" else ["its own"])

    def reply(path: str, _: Any) -> tuple[int, Any]:
        assert path == "/status"
        return status, {"region": "eu-west-1", "status": "ok"}

    first, other = run.deployment.regions
    with served(reply) as url:
        regions = (first, replace(other, api_url=url))
        run = replace(run, deployment=replace(run.deployment, regions=regions))
        if not says:
            command._require_others(run, first.region)
            return
        with pytest.raises(CouldNotTell, match=says):
            command._require_others(run, first.region)


@pytest.mark.parametrize(
    ("error", "says"),
    [(None, ""), (refused("ServiceUnavailable", "gone"), "ServiceUnavailable: gone"), (SignInIncomplete("SMS"), "SMS")],
    ids=["none", "refused", "incomplete"],
)
def test_a_sign_in_says_why_it_fails(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception | None, says: str
) -> None:
    """It uses the password, not the tokens of before."""
    asked: list[Credentials] = []

    def sign_in(_: Run, client_id: str, credentials: Credentials) -> None:
        asked.append(credentials)
        if error:
            raise error

    monkeypatch.setattr(command, "sign_in", sign_in)
    user: Any = SimpleNamespace(address="a", password="p")
    assert command._try_sign_in(run, user) == says
    assert asked == [Credentials("a", "p")]
    run.signals.append(2)
    assert command._try_sign_in(run, user) == ""
    assert len(asked) == 1, "After a signal nobody signs in."


def test_a_stop_while_the_user_signs_in_is_an_interruption(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends as Ctrl-C does, after the clean-up, and says what could not be removed."""

    def stopped(run: Run) -> None:
        run.report("eu-west-1", "clean-up", Status.FAIL, "Queue q was not removed.")
        raise Stopped

    said: list[str] = []
    monkeypatch.setattr(command, "prepare_user", stopped)
    monkeypatch.setattr(command, "say", said.append)
    with pytest.raises(KeyboardInterrupt):
        command._drill(run, run.deployment.regions[0], "region", 5)
    assert said == ["note: eu-west-1: Queue q was not removed."]


def test_calls_through_the_edge_carry_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They go to the edge's name, as a client's do."""
    aws = Aws()
    run = make_run(tmp_path, aws)
    run = replace(run, deployment=replace(run.deployment, outputs={"us-east-1/routing": {}}))
    run.signals.append(2)
    called: list[str] = []

    def record(ways: Sequence[Way], token: str) -> Load:
        for way in ways:
            called.append(way.url)
            assert way.session().headers.keys().isdisjoint({HEADER})
        return Load(ways, token)

    monkeypatch.setattr(command, "Load", record)
    edged = replace(place(), edge=Edge("https://edge.example.com", "arn", only=True))
    with pytest.raises(KeyboardInterrupt):
        command._run_load(run, edged, USER, "region", 1, through_edge=True)
    assert called == ["https://edge.example.com"]
    both = replace(edged, names=Names("https://api.example.com", "https://a.example.com"))
    called.clear()
    with pytest.raises(KeyboardInterrupt):
        command._run_load(run, both, USER, "edge", 1)
    assert called == ["https://edge.example.com", "https://api.example.com"]
    assert aws.calls == []


def test_a_lock_that_cannot_be_opened_stops_the_drill(tmp_path: Path) -> None:
    """Every call would be refused, whether the region is there or not."""
    aws = Aws()
    aws.faults["get_secret_value"] = refused("AccessDeniedException")
    locked = replace(place(), edge=Edge("https://edge.example.com", "arn", only=True))
    with pytest.raises(CouldNotTell, match="us-east-1: Secret arn could not be read"):
        command._run_load(make_run(tmp_path, aws), locked, USER, "region", 5)
