"""The calls of the GitHub API: required reviewers, the comment, and the ways in which a call fails."""

from pathlib import Path

import pytest

from meridian import report
from meridian.errors import CouldNotTell, Exit, OperationFailed, Refused
from meridian.github.api import PAGE
from meridian.github.command import comment, reviewers
from meridian.github.issue import issue
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
    assert "before/review\\.json of a job cannot be read" in host.comments[-1]["body"]


def test_no_answer_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    with pytest.raises(CouldNotTell, match="ConnectionError"):
        reviewers("prod")


def test_outside_of_a_job_the_missing_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    with pytest.raises(CouldNotTell, match="Not set: GITHUB_TOKEN"):
        reviewers("prod")


def report_of(root: Path, command: str, code: Exit, **body: object) -> None:
    """Write a report of a command."""
    report.write_report(root, command, code, body)


def test_an_issue_is_opened_updated_and_closed(host: Host, tmp_path: Path) -> None:
    report_of(tmp_path, "scan", Exit.OK)
    finding = {"kind": "lock", "unit": "eu-west-1/data", "sentence": "<b>locked</b>", "command": "meridian recover dev"}
    report_of(tmp_path, "audit", Exit.FINDINGS, findings=[finding])
    issue("dev", ["scan", "audit"], tmp_path)
    (found,) = host.comments
    assert (found["title"], found["state"]) == ("dev: needs attention", "open")
    assert "- eu\\-west\\-1/data: \\<b\\>locked\\</b\\>: `meridian recover dev`" in found["body"]
    report_of(tmp_path, "scan", Exit.UNKNOWN, error="No answer.")
    issue("dev", ["scan", "audit"], tmp_path)
    assert (found["title"], found["state"], len(host.comments)) == ("dev: could not tell", "open", 1)
    for command in ("scan", "audit"):
        report_of(tmp_path, command, Exit.OK)
    issue("prod", ["scan", "audit"], tmp_path)
    assert found["state"] == "open", "It is another environment's."
    issue("dev", ["scan", "audit"], tmp_path)
    assert (found["title"], found["state"], len(host.comments)) == ("dev: clean", "closed", 1)


def test_an_issue_without_a_report_could_not_tell(host: Host, tmp_path: Path) -> None:
    report_of(tmp_path, "scan", Exit.OK)
    issue("dev", ["scan", "drift"], tmp_path)
    assert host.comments[0]["title"] == "dev: could not tell"
    assert "`meridian drift` wrote no report" in host.comments[0]["body"].replace("\\`", "`")


def test_an_issue_of_somebody_else_is_left_alone(host: Host, tmp_path: Path) -> None:
    """Also a pull request, which GitHub lists among the issues."""
    mark = "<!-- meridian daily dev -->"
    common = {"issue": 0, "state": "open", "title": "x", "body": mark}
    host.comments += [
        {"id": 1, "number": 1, "user": {"login": "author"}, **common},
        {"id": 2, "number": 2, "user": BOT, "pull_request": {}, **common},
    ]
    report_of(tmp_path, "scan", Exit.FINDINGS)
    issue("dev", ["scan"], tmp_path)
    assert [one["title"] for one in host.comments] == ["x", "x", "dev: needs attention"]
