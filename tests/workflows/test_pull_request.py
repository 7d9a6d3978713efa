"""pull-request.yml for one change after another: what a person finds on the pull request."""

from typing import Any

from tests.workflows.act import REPOSITORY, Run, Runner
from tests.workflows.conftest import Change, edit, git
from tests.workflows.host import Host

# Their steps are what `make test` runs beside this one; running them here again would take half an hour.
TESTS = {
    f"make {targets}": f"make --dry-run {targets} > /dev/null"
    for targets in (
        "check test-coverage",
        "test-modules test-function test-slow",
        "test-e2e",
    )
}
OPEN_ROUTE = edit(
    "modules/compute/routes.tf", '"JWT"\n  authorizer_id      = aws_apigatewayv2_authorizer.jwt.id\n', '"NONE"\n'
)


def propose(runner: Runner, change: Change, *, fork: bool = False) -> Run:
    """Commit a change and run the workflow for the pull request that proposes it."""
    base = git(runner.repository, "rev-parse", "HEAD")
    change(runner.repository)
    git(runner.repository, "add", "--all")
    git(runner.repository, "commit", "--quiet", "--message", "feat: a change")
    payload: dict[str, Any] = {
        "action": "opened",
        "number": 7,
        "pull_request": {
            "number": 7,
            "base": {"sha": base, "ref": "main"},
            "head": {
                "sha": git(runner.repository, "rev-parse", "HEAD"),
                "ref": "change",
                "repo": {"full_name": "somebody/fork" if fork else REPOSITORY},
            },
        },
        "repository": {"full_name": REPOSITORY},
    }
    return runner.run("pull-request.yml", "pull_request", payload, replaced=TESTS)


def test_an_open_route_is_refused_and_told(runner: Runner, host: Host) -> None:
    run = propose(runner, OPEN_ROUTE)
    print(run.said[-6000:])
    print(run.jobs, host.calls, host.comments)
    assert run.code == 1
