"""What regions say now: only an answer is green, and one region does not hide another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from meridian.errors import CouldNotTell
from meridian.page import live
from meridian.page.facts import Fact
from meridian.targets import Target
from tests.verify.fakes import Aws, refused, served
from tests.verify.fakes import target as make_target

NOTHING = "http://127.0.0.1:9"
"""Where nothing answers."""
REGIONS = ["us-east-1", "eu-west-1"]
IDENTITY = {"issuer": "https://idp.example", "client_id": "app", "user_pool_id": "us-east-1_p"}


def outputs(**urls: str) -> dict[str, dict[str, Any]]:
    """Return the outputs of a deployment whose APIs are at these addresses, by region."""
    found: dict[str, dict[str, Any]] = {"us-east-1/identity": IDENTITY}
    for region, url in urls.items():
        name = region.replace("_", "-")
        found[f"{name}/compute"] = {"api_id": "a", "api_url": url, "function_name": "f"}
        found[f"{name}/data"] = {"table_name": "greetings", "topic_arn": "arn:aws:sns:x:1:t"}
    return found


def ask(root: Path, monkeypatch: pytest.MonkeyPatch, found: Mapping[str, Any] | Exception) -> dict[str, Fact]:
    """Return the health of both regions of a deployment with these outputs."""

    def read(_: Target) -> Mapping[str, Any]:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(live, "read_outputs", read)
    return live.ask_health(make_target(root), REGIONS)


def test_a_silent_region_is_bad_while_another_one_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine has a network, then."""
    with served(lambda *_: (200, {"status": "ok", "region": "us-east-1"})) as url:
        found = ask(tmp_path, monkeypatch, outputs(us_east_1=url, eu_west_1=NOTHING))
    assert found == {
        "us-east-1": Fact("good", "GET /status answered 200 without a token."),
        "eu-west-1": Fact(
            "bad",
            "GET /status got no answer (connection refused): the region's API is down, or its address is wrong.",
        ),
    }


def test_a_wrong_answer_shows_too_that_there_is_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(lambda *_: (503, {})) as url:
        found = ask(tmp_path, monkeypatch, outputs(us_east_1=url, eu_west_1=NOTHING))
    assert [one.state for one in found.values()] == ["bad", "bad"]


@pytest.mark.parametrize("urls", [{"us_east_1": NOTHING, "eu_west_1": NOTHING}, {"us_east_1": NOTHING}])
def test_if_no_region_answers_all_are_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, urls: dict[str, str]
) -> None:
    """It may be the network of this machine; a region whose address is not known is no answer either."""
    found = ask(tmp_path, monkeypatch, outputs(**urls))
    assert found["us-east-1"] == Fact("unknown", "Not reached: GET /status got no answer (connection refused).")
    assert found["eu-west-1"].state == "unknown"


@pytest.mark.parametrize("answer", [(503, {}), (200, {"status": "ok", "region": "eu-west-1"}), (403, {})])
def test_a_wrong_answer_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, Any]) -> None:
    with served(lambda *_: answer) as url:
        found = ask(tmp_path, monkeypatch, outputs(us_east_1=url, eu_west_1=url))
    assert found["us-east-1"].state == "bad"


def test_a_region_without_outputs_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(lambda *_: (200, {"status": "ok", "region": "us-east-1"})) as url:
        found = ask(tmp_path, monkeypatch, outputs(us_east_1=url))
    assert (found["us-east-1"].state, found["eu-west-1"].state) == ("good", "unknown")
    assert found["eu-west-1"].sentence == "Not reached: eu-west-1/compute: output 'api_id' is missing."


def test_states_that_cannot_be_read_leave_every_region_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = ask(tmp_path, monkeypatch, CouldNotTell("The state bucket does not answer."))
    assert set(found.values()) == {Fact("unknown", "Not reached: The state bucket does not answer.")}


def test_no_region_to_ask_asks_nothing(tmp_path: Path) -> None:
    assert live.ask_health(make_target(tmp_path), []) == {}
    assert live.ask_alarms(make_target(tmp_path), []) == {}


def test_alarms_that_are_on_off_and_not_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = {region: Aws() for region in ("on", "off", "refused")}
    aws["on"].answers["describe_alarms"] = {"MetricAlarms": [{"AlarmName": "greeter-dev-5xx"}], "CompositeAlarms": []}
    aws["refused"].faults["describe_alarms"] = refused("AccessDenied")
    monkeypatch.setattr(Target, "client", lambda _, service, region: aws[region].client(service, region))
    found = live.ask_alarms(make_target(tmp_path), list(aws))
    assert found["on"] == Fact("bad", "In ALARM: greeter-dev-5xx.")
    assert found["off"] == Fact("good", "No alarm is on.")
    assert found["refused"].state == "unknown"
    assert found["refused"].sentence.startswith("The alarms of refused cannot be read")
