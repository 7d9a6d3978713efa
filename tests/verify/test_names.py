"""The names of `routing`: which answer of which address is good."""

import pytest

from meridian.verify.deployment import Names
from meridian.verify.findings import Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.names import check_own_address, check_shared_name
from tests.verify.fakes import place

NAMES = Names("https://api.example.com", "https://a.execute-api.us-east-1.amazonaws.com")
KEPT = Names(NAMES.shared, NAMES.own, keeps_own=True)
REGIONS = {"us-east-1", "eu-west-1"}


@pytest.mark.parametrize(
    ("names", "answer", "status"),
    [
        (NAMES, Answer(404, {"message": "Not Found"}), Status.PASS),
        (NAMES, Answer(200, {"region": "us-east-1"}), Status.FAIL),
        (NAMES, Answer(500, {}), Status.FAIL),
        (NAMES, NoAnswer("timed out"), Status.UNKNOWN),
        (KEPT, Answer(200, {}), Status.SKIP),
    ],
)
def test_nobody_goes_round_the_names(names: Names, answer: Answer | NoAnswer, status: Status) -> None:
    """Only 404 shows that the address is off."""
    assert check_own_address(names, answer)[0] is status


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer(200, {"region": "eu-west-1", "status": "ok"}), Status.PASS),
        (Answer(200, {"region": "eu-north-1"}), Status.FAIL),
        (Answer(200, {}), Status.FAIL),
        (Answer(503, {}), Status.FAIL),
        (NoAnswer("name or service not known"), Status.FAIL),
    ],
)
def test_the_shared_name_answers_from_a_region_of_the_environment(answer: Answer | NoAnswer, status: Status) -> None:
    """Which region it is depends on where the client is and who is well."""
    result, sentence = check_shared_name(place(), NAMES, answer, REGIONS)
    assert result is status
    assert sentence.startswith("GET https://api.example.com/status ")
