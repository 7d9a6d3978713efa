"""The calls of the GitHub API: required reviewers, the comment, and the ways in which a call fails."""

from pathlib import Path

import pytest

from meridian.errors import CouldNotTell, OperationFailed, Refused
from meridian.github.command import PAGE, comment, reviewers
from meridian.review.comment import MARK
from tests.workflows.host import BOT, Host


@pytest.fixture(autouse=True)
def job(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variables of a GitHub Actions job."""
    monkeypatch.setenv("GITHUB_API_URL", host.url)
    monkeypatch.setenv("GITHUB_REPOSITORY", "example-org/meridian")
    monkeypatch.setenv("GITHUB_TOKEN", "token-of-the-test")


def test_an_environment_needs_reviewers(host: Host) -> None:
    host.reviewers |= {"prod": ["owner"], "dev": []}
    assert reviewers("prod") == 0
    with pytest.raises(Refused, match="dev has no required reviewers"):
        reviewers("dev")
    with pytest.raises(OperationFailed, match=r"404 .*Not Found"):
        reviewers("missing")


def test_a_private_repository_may_rely_on_its_pull_requests(
    host: Host, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only if it says so, and only a private one: a public one can have reviewers on every plan of GitHub."""
    host.reviewers["prod"] = []
    monkeypatch.setenv("APPROVAL", "pull-request")
    with pytest.raises(Refused):
        reviewers("prod")
    host.private = True
    assert reviewers("prod") == 0
    assert "each change needs an approved pull request" in capsys.readouterr().err
    monkeypatch.setenv("APPROVAL", "")
    with pytest.raises(Refused) as refused:
        reviewers("prod")
    assert "needs GitHub Enterprise" in refused.value.hint


def test_the_comment_is_found_on_a_later_page(host: Host, tmp_path: Path) -> None:
    """Only a comment of the workflow's own account is updated; a missing review replaces an older green comment."""
    host.comments += [{"id": number, "issue": 7, "user": {"login": "a"}, "body": MARK} for number in range(PAGE)]
    host.comments.append({"id": PAGE, "issue": 7, "user": BOT, "body": f"{MARK}\nold"})
    comment(7, tmp_path)
    assert [one["body"] for one in host.comments[:-1]] == [MARK] * PAGE
    assert host.comments[-1]["body"].startswith(f"{MARK}\n## Meridian: could not tell\n")
    assert "The review of the job before cannot be read" in host.comments[-1]["body"]


def test_no_answer_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    with pytest.raises(CouldNotTell, match="ConnectionError"):
        reviewers("prod")


def test_outside_of_a_job_the_missing_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    with pytest.raises(CouldNotTell, match="Not set: GITHUB_TOKEN"):
        reviewers("prod")
