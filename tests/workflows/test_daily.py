"""daily.yml: every plan of an environment on its local AWS, and one issue for each environment."""

from tests.workflows.act import REPOSITORY, Runner
from tests.workflows.host import BOT, Host

PAYLOAD = {"repository": {"full_name": REPOSITORY}}
BY_HAND = """
from pathlib import Path
from meridian.resolve import resolve
functions = resolve(Path.cwd(), "prod", "local").client("lambda", "us-east-1")
functions.update_function_configuration(FunctionName="greeter-prod-greet", MemorySize=1024)
"""


def test_an_environment_is_checked_and_has_one_issue(runner: Runner, host: Host) -> None:
    """A protected one of released modules; the others would take as long again. A change by hand is in its issue."""
    host.comments.append(
        {"id": 5, "number": 5, "issue": 0, "user": BOT, "state": "open", "title": "prod: could not tell"}
        | {"body": "<!-- meridian daily prod -->\nold"}
    )
    (runner.home / "by_hand.py").write_text(BY_HAND, encoding="utf-8")
    step = 'make scan ENV="$ENVIRONMENT" TARGET=local'
    replaced = {step: f"{step} && .venv/bin/python {runner.home / 'by_hand.py'}"}
    arguments = ("--matrix", "environment:prod")
    run = runner.run("daily.yml", "workflow_dispatch", PAYLOAD, replaced=replaced, arguments=arguments)
    assert run.code == 1, run.said[-5000:]
    assert list(run.jobs) == ["check prod"]
    (log,) = run.sarif("daily-prod")["runs"]
    assert log["invocations"] == [{"executionSuccessful": True}]
    assert [one for one in log["results"] if "suppressions" not in one] == []
    assert log["automationDetails"]["id"] == "meridian-scan/prod/"
    (issue,) = host.comments
    assert (issue["state"], issue["title"]) == ("open", "prod: needs attention")
    assert "## drift: findings" in issue["body"]
    assert "`memory_size`" in issue["body"]
    assert "On your machine: `make drift ENV=prod`" in issue["body"]
