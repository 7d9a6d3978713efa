"""daily.yml: every plan of an environment on its local AWS, and one issue for each environment."""

from tests.workflows.act import REPOSITORY, Runner
from tests.workflows.host import BOT, Host

PAYLOAD = {"repository": {"full_name": REPOSITORY}}
BY_HAND = """
from pathlib import Path
from meridian.resolve import resolve
functions = resolve(Path.cwd(), "dev", "local").client("lambda", "eu-west-1")
functions.update_function_configuration(FunctionName="greeter-dev-greet", MemorySize=1024)
"""


CHECKED = ("dev", "prod")
"""An environment of the working tree, and a protected one of released modules; staging would take as long again."""


def test_an_environment_is_checked_and_has_one_issue(runner: Runner, host: Host) -> None:
    """A change by hand in dev opens its issue; what was open for prod is closed."""
    host.comments.append(
        {"id": 5, "number": 5, "issue": 0, "user": BOT, "state": "open", "title": "prod: needs attention"}
        | {"body": "<!-- meridian daily prod -->\nold"}
    )
    (runner.home / "by_hand.py").write_text(BY_HAND, encoding="utf-8")
    step = 'make scan ENV="$ENVIRONMENT" TARGET=local'
    changed = f'if [ "$ENVIRONMENT" = dev ]; then .venv/bin/python {runner.home / "by_hand.py"}; fi'
    arguments = [word for name in CHECKED for word in ("--matrix", f"environment:{name}")]
    replaced = {step: f"{step} && {changed}"}
    run = runner.run("daily.yml", "workflow_dispatch", PAYLOAD, replaced=replaced, arguments=arguments)
    assert run.code == 1, run.said[-5000:]
    assert {name.removeprefix("check ") for name in run.jobs} == set(CHECKED)
    for name in CHECKED:
        (log,) = run.sarif(f"daily-{name}")["runs"]
        assert log["invocations"] == [{"executionSuccessful": True}]
        assert [one for one in log["results"] if "suppressions" not in one] == []
        assert log["automationDetails"]["id"] == f"meridian-scan/{name}/"
    assert len(host.comments) == 2, host.comments[2:]
    prod, dev = host.comments
    assert (prod["state"], prod["title"]) == ("closed", "prod: clean")
    assert dev["title"] == "dev: needs attention"
    assert "## drift: findings" in dev["body"]
    assert "`memory_size`" in dev["body"]
    assert "On your machine: `make drift ENV=dev`" in dev["body"]
