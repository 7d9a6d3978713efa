"""security.yml: every plan of every environment, on local AWSs that hold them."""

from tests.workflows.act import REPOSITORY, Runner, load


def test_every_environment_is_scanned_as_it_is_deployed(runner: Runner) -> None:
    run = runner.run("security.yml", "workflow_dispatch", {"repository": {"full_name": REPOSITORY}})
    assert run.code == 0, run.said[-5000:]
    names = load("security.yml")["jobs"]["scan"]["strategy"]["matrix"]["environment"]
    for name in names:
        (log,) = run.sarif(f"daily-{name}")["runs"]
        assert log["invocations"] == [{"executionSuccessful": True}]
        assert [one for one in log["results"] if "suppressions" not in one] == []
        assert log["automationDetails"]["id"] == f"meridian-scan/{name}/"
