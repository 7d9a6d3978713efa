"""The calls of the GitHub API: required reviewers, the comment, and every way in which a call can fail."""

from pathlib import Path

import pytest

from meridian.errors import CouldNotTell, OperationFailed, Refused
from meridian.gate.github.api import Api, from_environment
from meridian.gate.github.command import PAGE, require_reviewers, update_comment
from meridian.gate.review.comment import MARK
from tests.workflows.host import BOT, Host

TOKEN = "token-of-the-test"


@pytest.fixture
def api(host: Host) -> Api:
    """Return a client of the GitHub API on this machine."""
    return Api(host.url, "example-org/meridian", TOKEN)


def test_an_environment_with_reviewers_passes(api: Api, host: Host) -> None:
    host.reviewers["prod"] = ["owner"]
    assert require_reviewers(api, "prod") == 0


def test_an_environment_without_reviewers_is_refused(api: Api, host: Host) -> None:
    host.reviewers["prod"] = []
    with pytest.raises(Refused, match="prod has no required reviewers"):
        require_reviewers(api, "prod")


def test_a_missing_environment_is_an_error(api: Api) -> None:
    with pytest.raises(OperationFailed, match="404"):
        require_reviewers(api, "prod")


def test_the_comment_is_found_on_a_later_page(api: Api, host: Host, tmp_path: Path) -> None:
    """Only a comment of the workflow's own account is updated."""
    host.comments += [{"id": number, "issue": 7, "user": {"login": "a"}, "body": MARK} for number in range(PAGE)]
    host.comments.append({"id": PAGE, "issue": 7, "user": BOT, "body": f"{MARK}\nold"})
    update_comment(api, 7, tmp_path)
    assert [one["body"] for one in host.comments[:-1]] == [MARK] * PAGE
    assert host.comments[-1]["body"].startswith(f"{MARK}\n## Meridian: could not tell\n")


def test_a_refusal_names_its_reason(api: Api, host: Host) -> None:
    host.refuses = True
    with pytest.raises(OperationFailed, match=r"403 .*Resource not accessible by integration"):
        require_reviewers(api, "prod")


def test_no_answer_is_unknown() -> None:
    with pytest.raises(CouldNotTell, match="ConnectionError"):
        require_reviewers(Api("http://127.0.0.1:9", "a/b", TOKEN), "prod")


def test_outside_of_a_job_the_missing_variables_are_named() -> None:
    with pytest.raises(CouldNotTell, match="Not set: GITHUB_API_URL, GITHUB_TOKEN"):
        from_environment({"GITHUB_REPOSITORY": "a/b"})
