"""deploy.yml on local AWSs: one environment after another, and none after one that fails."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.gate.repository import commit, git
from tests.workflows.act import ACCOUNTS, REPOSITORY, Run, Runner, job
from tests.workflows.conftest import Change, edit, meridian, started
from tests.workflows.host import Host, serving

BETWEEN = """
import os
from pathlib import Path
from meridian.resolve import resolve
del os.environ["MERIDIAN_LOCAL_CREDENTIALS"]  # a person's rights, not those of the plan role
functions = resolve(Path.cwd(), "dev", "local").client("lambda", "eu-west-1")
functions.update_function_configuration(FunctionName="greeter-dev-greet", MemorySize=1024)
"""
PRIVATE = f"{REPOSITORY}.git"
TESTS = {"make test": "make --dry-run test > /dev/null"}
# For a plan whose findings do not matter to the test.
UNSCANNED = TESTS | {'make scan ENV="$ENVIRONMENT"': "true"}


@dataclass(frozen=True)
class Deployed:
    """Accounts in which every environment is deployed: the run, what it called, its commit and the one before."""

    runner: Runner
    run: Run
    calls: Sequence[str]
    older: str
    newer: str


@pytest.fixture(scope="module")
def deployed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Deploy every environment of a new commit, from nothing; later runs work on the same accounts."""
    with serving() as host, started(base, host, tmp_path_factory.mktemp("deployed")) as runner:
        host.reviewers["prod"] = ["owner"]
        older = git(runner.repository, "rev-parse", "HEAD")
        run = push(runner, edit("live/inventory.yaml", "memory_mb: 256", "memory_mb: 512"), meridian("generate"))
        newer = git(runner.repository, "rev-parse", "HEAD")
        yield Deployed(runner, run, tuple(host.calls), older, newer)


def push(runner: Runner, *changes: Change, arguments: Sequence[str] = ()) -> Run:
    """Commit changes to main and run the workflow for the push."""
    for change in changes:
        change(runner.repository)
    commit(runner.repository)
    return run_head(runner, TESTS, arguments)


def run_head(runner: Runner, replaced: Mapping[str, str], arguments: Sequence[str] = ()) -> Run:
    """Run the workflow for the commit that is checked out."""
    payload = {"ref": "refs/heads/main", "repository": {"full_name": REPOSITORY}}
    return runner.run("deploy.yml", "push", payload, replaced=replaced, arguments=arguments)


def checkout(runner: Runner, revision: str) -> None:
    """Set main to a commit."""
    git(runner.repository, "checkout", "--quiet", "--force", "-B", "main", revision)


def results(run: Run) -> dict[str, str]:
    """Return the results of the jobs that began, in their order, e.g. `{"dev plan": "succeeded"}`."""
    named = {job(environment, name): f"{environment} {name}" for environment in ACCOUNTS for name in ("plan", "apply")}
    return {named[name]: result for name, result in run.jobs.items() if "/" in name}


def test_every_environment_is_deployed_and_verified_in_its_order(deployed: Deployed) -> None:
    run = deployed.run
    assert run.code == 0, run.said[-15000:]
    assert list(results(run).items()) == [
        (f"{name} {part}", "succeeded") for name in ("dev", "staging", "prod") for part in ("plan", "apply")
    ]
    for name in ("dev", "staging", "prod"):
        for first, second, reported in (("plan", "scan", "plan scan"), ("apply", "verify", "$OF")):
            steps = [step for step in run.steps(job(name, first)) if step.startswith(("make", "aws-actions"))]
            sign_in = "aws-actions/configure-aws-credentials"
            assert [step.partition(" ENV")[0].partition("@")[0] for step in steps] == [
                *(["make reviewers"] if name == "prod" else []),
                *("make checkov actionlint", sign_in, f"make {first}"),
                *(f"make {second}", f'make outputs OF="{reported}"'),
            ]
    assert run.said.count("Verified: every check passed.") == 3
    assert not (run.out / "artifacts").exists(), "No plan and no state leaves the runner."
    assert PRIVATE not in " ".join(deployed.calls), "The modules of a private repository come from the checkout."


def test_the_repository_is_private(runner: Runner, host: Host) -> None:
    """What the test above relies on: git asks the host of this test, and gets nothing without a password."""
    environ = os.environ | {"XDG_CONFIG_HOME": str(runner.configure_git()), "GIT_TERMINAL_PROMPT": "0"}
    asked = subprocess.run(["git", "ls-remote", f"https://github.com/{PRIVATE}"], env=environ, check=False)
    assert asked.returncode == 128
    assert PRIVATE in " ".join(host.calls)


def test_a_plan_that_fails_ends_it(deployed: Deployed) -> None:
    checkout(deployed.runner, deployed.newer)
    days = "deletion_window_in_days = "
    run = push(deployed.runner, edit("modules/data/key.tf", days, f"{days}1 + "))
    assert run.code == 1
    assert "The plan failed in " in run.said
    assert "us-east-1/data: Error: expected deletion_window_in_days to be in the range" in run.said
    assert "Fix the errors of the plan and run the job again" in run.said
    assert results(run) == {"dev plan": "failed"}


def test_a_finding_ends_it_before_anything_is_applied(deployed: Deployed) -> None:
    checkout(deployed.runner, deployed.newer)
    rotation = "enable_key_rotation     = "
    run = push(deployed.runner, edit("modules/data/key.tf", f"{rotation}true", f"{rotation}false"))
    assert run.code == 1
    assert "CKV_AWS_7" in run.said
    assert "/data: Apply complete!" not in run.said
    assert results(run) == {"dev plan": "failed"}


def test_a_protected_environment_without_reviewers_is_not_deployed(runner: Runner, host: Host) -> None:
    """With prod alone: the first test has the environments before it."""
    host.reviewers["prod"] = []
    alone = edit(".github/workflows/deploy.yml", "needs: [staging]", "needs: [test]")
    run = push(runner, alone, arguments=("-j", "prod"))
    assert run.code == 1
    assert "GitHub environment prod has no required reviewers" in run.said
    assert results(run) == {"prod plan": "failed"}
    assert not [step for step in run.steps(job("prod", "plan")) if step.startswith("aws-actions")], (
        "It has credentials."
    )


def test_only_the_approved_plan_is_applied(deployed: Deployed) -> None:
    """Between approval and apply, a person changes the account."""
    checkout(deployed.runner, deployed.newer)
    between = deployed.runner.home / "between.py"
    between.write_text(BETWEEN, encoding="utf-8")
    edit("live/inventory.yaml", "timeout_seconds: 5", "timeout_seconds: 9")(deployed.runner.repository)
    meridian("generate")(deployed.runner.repository)
    commit(deployed.runner.repository)
    step = 'make outputs OF="plan scan"'
    run = run_head(deployed.runner, UNSCANNED | {step: f"{step} && .venv/bin/python {between}"}, ("-j", "dev"))
    assert results(run) == {"dev plan": "succeeded", "dev apply": "failed"}, run.said[-5000:]
    assert "eu-west-1/compute: the plan is not the one that was approved." in run.said
    assert "run all jobs again and approve the new plan" in run.said
    assert "/compute: Apply complete!" not in run.said


def test_an_older_commit_that_is_approved_after_a_newer_one_is_not_applied(deployed: Deployed) -> None:
    checkout(deployed.runner, deployed.older)
    run = run_head(deployed.runner, UNSCANNED, ("-j", "dev"))
    assert results(run) == {"dev plan": "succeeded", "dev apply": "failed"}, run.said[-5000:]
    assert "is older than" in run.said
    assert "/compute: Apply complete!" not in run.said
