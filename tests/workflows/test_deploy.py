"""deploy.yml on local AWSs: one environment after another, and none after one that fails."""

from collections.abc import Sequence

from tests.gate.repository import commit
from tests.workflows.act import REPOSITORY, Run, Runner
from tests.workflows.conftest import Change, edit
from tests.workflows.host import Host

TESTS = {"make test": "make --dry-run test > /dev/null"}


def push(runner: Runner, *changes: Change, arguments: Sequence[str] = ()) -> Run:
    """Commit changes to main and run the workflow for the push."""
    for change in changes:
        change(runner.repository)
    commit(runner.repository)
    payload = {"ref": "refs/heads/main", "repository": {"full_name": REPOSITORY}}
    return runner.run("deploy.yml", "push", payload, replaced=TESTS, arguments=arguments)


def job(environment: str) -> str:
    """Return the name of the job that deploys an environment."""
    return f"{environment}/deploy an environment/plan, gate, apply, verify"


def deployed(run: Run) -> dict[str, str]:
    """Return the result of the job of each environment that began, in their order."""
    return {name.partition("/")[0]: result for name, result in run.jobs.items() if "/" in name}


def test_every_environment_is_deployed_and_verified_in_its_order(runner: Runner, host: Host) -> None:
    host.reviewers["prod"] = ["owner"]
    run = push(runner)
    assert run.code == 0, run.said[-5000:]
    assert list(deployed(run).items()) == [(name, "succeeded") for name in ("dev", "staging", "prod")]
    for name in ("dev", "staging", "prod"):
        steps = [step for step in run.steps(job(name)) if step.startswith(("make", "aws-actions"))]
        assert [step.partition(" ENV")[0].partition("@")[0] for step in steps] == [
            *(["make reviewers"] if name == "prod" else []),
            "make checkov actionlint",
            "aws-actions/configure-aws-credentials",
            *("make plan", "make scan", "make apply", "make verify"),
            'make outputs OF="plan scan apply verify"',
        ]
    assert run.said.count("Verified: every check passed.") == 3
    assert not (run.out / "artifacts").exists(), "No plan and no state leaves the runner."


def test_a_plan_that_fails_ends_it(runner: Runner) -> None:
    run = push(runner, edit("modules/data/key.tf", "deletion_window_in_days = ", "deletion_window_in_days = 1 + "))
    assert run.code == 1
    assert "The plan failed in " in run.said
    assert "us-east-1/data: Error: expected deletion_window_in_days to be in the range" in run.said
    assert "Fix the errors of the plan and run the job again" in run.said
    assert deployed(run) == {"dev": "failed"}


def test_a_finding_ends_it_before_anything_is_applied(runner: Runner) -> None:
    run = push(runner, edit("modules/data/key.tf", "enable_key_rotation     = true", "enable_key_rotation     = false"))
    assert run.code == 1
    assert "CKV_AWS_7" in run.said
    assert "Apply complete!" not in run.said
    assert deployed(run) == {"dev": "failed"}


def test_a_protected_environment_without_reviewers_is_not_deployed(runner: Runner, host: Host) -> None:
    """With prod alone: the test above has the environments before it."""
    host.reviewers["prod"] = []
    alone = edit(".github/workflows/deploy.yml", "needs: [staging]", "needs: [test]")
    run = push(runner, alone, arguments=("-j", "prod"))
    assert run.code == 1
    assert "GitHub environment prod has no required reviewers" in run.said
    assert deployed(run) == {"prod": "failed"}
    assert not [step for step in run.steps(job("prod")) if step.startswith("aws-actions")], "It has credentials."
