"""daily.yml: every plan of every environment on local AWSs, and one issue for each environment."""

from tests.workflows.act import REPOSITORY, Runner, load
from tests.workflows.host import BOT, Host

PAYLOAD = {"repository": {"full_name": REPOSITORY}}
BY_HAND = """
from pathlib import Path
from meridian.resolve import resolve
functions = resolve(Path.cwd(), "dev", "local").client("lambda", "eu-west-1")
functions.update_function_configuration(FunctionName="greeter-dev-greet", MemorySize=1024)
"""


def test_every_environment_is_checked_and_has_one_issue(runner: Runner, host: Host) -> None:
    """A change by hand in dev opens its issue; what was open for staging is closed; prod needs none."""
    host.comments.append(
        {"id": 5, "number": 5, "issue": 0, "user": BOT, "state": "open", "title": "staging: needs attention"}
        | {"body": "<!-- meridian daily staging -->\nold"}
    )
    (runner.home / "by_hand.py").write_text(BY_HAND, encoding="utf-8")
    step = 'make scan ENV="$ENVIRONMENT" TARGET=local'
    changed = f'if [ "$ENVIRONMENT" = dev ]; then .venv/bin/python {runner.home / "by_hand.py"}; fi'
    run = runner.run("daily.yml", "workflow_dispatch", PAYLOAD, replaced={step: f"{step} && {changed}"})
    assert run.code == 1, run.said[-5000:]
    found = load("daily.yml")["jobs"]["check"]["strategy"]["matrix"]["include"]
    for name in (one["environment"] for one in found):
        (log,) = run.sarif(f"daily-{name}")["runs"]
        assert log["invocations"] == [{"executionSuccessful": True}]
        assert [one for one in log["results"] if "suppressions" not in one] == []
        assert log["automationDetails"]["id"] == f"meridian-scan/{name}/"
    assert len(host.comments) == 2, host.comments[2:]
    staging, dev = host.comments
    assert (staging["state"], staging["title"]) == ("closed", "staging: clean")
    assert dev["title"] == "dev: needs attention"
    assert "## drift: findings" in dev["body"]
    assert "`memory_size`" in dev["body"]
    assert "On your machine: `make drift ENV=dev`" in dev["body"]
