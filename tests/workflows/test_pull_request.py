"""pull-request.yml for different changes: the jobs and the comment on the pull request."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from meridian.gate.report.markdown import escape_text
from tests.gate.repository import commit, git
from tests.workflows.act import REPOSITORY, VARIABLES, WORKFLOWS, Run, Runner
from tests.workflows.conftest import Change, edit, meridian
from tests.workflows.host import Host
from tests.workflows.test_review import body

BEFORE = "the gate before the change"
GATE = "its plans and its own gate"
RELEASED = "released by an owner of the gate"
REPORT = "comment and code scanning"
REVIEW = "make -C base review CHANGE=../change TOUCHED=1"
# `make test` runs these itself; here they would need half an hour more.
TESTS = {
    f"make {targets}": f"make --dry-run {targets} > /dev/null"
    for targets in ("check test-coverage", "test-modules test-function test-slow", "test-e2e", "test-workflows")
}
# For a change whose plan does not matter to the test.
UNPLANNED = {REVIEW: REVIEW.removesuffix(" TOUCHED=1")}
OPEN_ROUTE = edit(
    "modules/compute/routes.tf", '"JWT"\n  authorizer_id      = aws_apigatewayv2_authorizer.jwt.id\n', '"NONE"\n'
)
# The policy's own canary names another API: it is still caught.
WEAKER_POLICY = edit(
    "scripts/policies/checks/mrd_api.py",
    "if key in OPEN_ROUTES and kind in",
    'if (key in OPEN_ROUTES or ".http." in str(one(conf, "api_id"))) and kind in',
)


# As the name of the branch, the title and the message of the commit.
ATTACK = "$(touch {0})`touch {0}`';touch {0};'\"|touch {0};\"&&touch {0}"


ATTACKED = """\
name: attacked
on: pull_request
jobs:
  attacked:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "${{ TEXT }}"
"""


def propose(
    runner: Runner,
    *changes: Change,
    planned: bool = True,
    fork: bool = False,
    roles: bool = False,
    replaced: Mapping[str, str] | None = None,
) -> Run:
    """Commit changes and run the workflow for the pull request that proposes them.

    With `roles` it also plans in the accounts. If such a plan fails, act ends the whole run; GitHub goes on.
    """
    payload = commit_attack(runner, *changes, author="author/fork" if fork else REPOSITORY)
    steps = TESTS | ({} if planned else UNPLANNED) | (replaced or {})
    variables = {name: value for name, value in VARIABLES.items() if roles or not name.startswith("PLAN_ROLE")}
    run = runner.run("pull-request.yml", "pull_request", payload, replaced=steps, variables=variables)
    assert not was_attacked(runner), "A branch name, a title or a commit's message was run."
    return run


def commit_attack(runner: Runner, *changes: Change, author: str = REPOSITORY) -> dict[str, Any]:
    """Commit changes; return the event of their pull request, of which every text of its author is an attack."""
    base = git(runner.repository, "rev-parse", "HEAD")
    for change in changes:
        change(runner.repository)
    attack = ATTACK.format(runner.home / "attacked")
    commit(runner.repository)
    git(runner.repository, "commit", "--quiet", "--amend", "--message", attack)
    head = {"sha": git(runner.repository, "rev-parse", "HEAD"), "ref": attack.replace(" ", "${IFS}")}
    head |= {"repo": {"full_name": author}}
    return {
        "number": 7,
        "pull_request": {"number": 7, "title": attack, "base": {"sha": base, "ref": "main"}, "head": head},
        "repository": {"full_name": REPOSITORY},
    }


def was_attacked(runner: Runner) -> bool:
    """Return whether a text of the author was run."""
    return (runner.home / "attacked").exists()


@pytest.mark.parametrize("text", ["github.head_ref", "github.event.pull_request.title"])
def test_a_step_that_reads_a_text_of_the_author_is_seen(runner: Runner, text: str) -> None:
    """The other tests prove something: such a step runs the attack."""
    (runner.repository / WORKFLOWS / "attacked.yml").write_text(ATTACKED.replace("TEXT", text), encoding="utf-8")
    payload = commit_attack(runner)
    runner.run("attacked.yml", "pull_request", payload)
    assert was_attacked(runner)


def failed(run: Run) -> list[str]:
    """Return the jobs that failed."""
    return sorted(name for name, result in run.jobs.items() if result == "failed")


def checks(run: Run) -> set[str]:
    """Return the checks of all counting results of the uploaded SARIF."""
    (log,) = run.sarif()["runs"]
    return {one["ruleId"] for one in log["results"] if "suppressions" not in one}


def test_a_good_change_and_a_new_region_are_accepted_and_commented(runner: Runner, host: Host) -> None:
    """The earlier comment is updated in place; a comment of another author is left alone."""
    host.comments += [
        {"id": 1, "issue": 7, "user": {"login": "author"}, "body": "<!-- meridian review -->\nnot ours"},
        {"id": 2, "issue": 7, "user": {"login": "github-actions[bot]"}, "body": "<!-- meridian review -->\nold"},
    ]
    memory = "    function: {memory_mb: 512}\n    reason: dev tries what more memory costs\n    versions: working-tree"
    changes = edit("live/inventory.yaml", "    versions: working-tree", memory), meridian("generate")
    run = propose(runner, *changes, meridian("add-region", "dev", "eu-central-1"), roles=True)
    assert (run.code, failed(run)) == (0, []), run.said[-3000:]
    assert RELEASED not in run.jobs
    assert [name for name in run.jobs if "/plan " in name] == ["plan-dev/plan an environment/plan dev"]
    theirs, ours = host.comments
    assert theirs["body"].endswith("not ours")
    assert "## Meridian: accepted\n" in ours["body"]
    assert "## Plan of dev\n" in ours["body"]
    assert "59 to create" in ours["body"], "The account of dev is empty."
    reason = escape_text("dev.function.memory_mb: 256 (inherited) -> 512")
    assert f"- {reason}: dev: compute in " in ours["body"]
    assert re.search(r"\n\+  function += \{ memory_mb = 512, timeout_seconds = 5 \}\n", ours["body"])
    assert "+++ b/live/dev/eu-central-1/compute/terragrunt.hcl" in ours["body"]
    assert "Every difference between environments and regions is declared." in ours["body"]
    assert "$ make review BASE=" in ours["body"]
    assert checks(run) == set()
    # The local AWS had the base: the function changes, and its alias gets the new version.
    said = run.artifact("review/review.md")
    row = "- **update** eu-west-1, us-east-1: compute: `aws_lambda_function.greet`\n  - `memory_size` `256` -> `512`\n"
    assert row in said
    assert "- `eu-central-1/compute`\n" in said.partition("### Not yet known")[2].partition("###")[0]


def test_an_open_route_is_refused_and_commented(runner: Runner, host: Host) -> None:
    run = propose(runner, OPEN_ROUTE)
    assert run.code == 1
    assert failed(run) == sorted([BEFORE, GATE, "verdict"])
    assert RELEASED not in run.jobs, "No owner is asked to release what its own gate refuses."
    (comment,) = host.comments
    assert "## Meridian: refused\n" in comment["body"]
    assert "[CKV\\_MRD\\_001](../blob/HEAD/docs/policies.md#ckv_mrd_001)" in comment["body"]
    assert "`modules/compute/routes.tf:10`<br>`dev/eu-west-1/compute aws_apigatewayv2_route.greet`" in comment["body"]
    assert checks(run) == {"CKV_AWS_309", "CKV_MRD_001", "MRD_ACCEPTED_001", "MRD_CHANGE_002"}
    assert comment["body"] == run.artifact("review/review.md")


def test_a_finding_that_only_the_base_reports_waits_for_an_owner(runner: Runner, host: Host) -> None:
    """It has an owner; test_steps.py shows what happens where none releases it."""
    host.reviewers["gate-change"] = ["owner"]
    run = propose(runner, OPEN_ROUTE, meridian("accept"), WEAKER_POLICY, waive("CKV_AWS_309"), planned=False)
    assert run.jobs[GATE] == "failed"
    assert run.jobs[RELEASED] == run.jobs["verdict"] == "succeeded", run.said[-3000:]
    (comment,) = host.comments
    assert "## Meridian: waits for an owner of the gate\n" in comment["body"]
    assert "- MRD\\_GATE\\_001 `scripts/policies/checks/mrd_api.py`" in comment["body"]
    assert (
        "- MRD\\_GATE\\_002 `modules/compute/routes.tf`: The gate of the base reports CKV\\_MRD\\_001"
        in comment["body"]
    )


def test_a_fork_gets_every_job_but_the_report_and_the_plans_in_accounts(runner: Runner, host: Host) -> None:
    memory = edit("live/inventory.yaml", "memory_mb: 256", "memory_mb: 512")
    run = propose(runner, memory, meridian("generate"), planned=False, fork=True, roles=True)
    assert (run.code, failed(run)) == (0, []), run.said[-3000:]
    assert run.jobs["verdict"] == "succeeded"
    assert REPORT not in run.jobs
    assert not [name for name in run.jobs if "/plan " in name]
    assert host.calls == []
    assert "## Meridian: accepted\n" in run.artifact("review/review.md")


def test_a_forged_report_does_not_replace_the_release_by_an_owner(runner: Runner, host: Host) -> None:
    """Code of the change runs in the job that plans it, and could write there what this step writes."""
    host.reviewers["gate-change"] = []
    forged = runner.home / "forged"
    forged.mkdir()
    (forged / "review.json").write_text(json.dumps(body(exit_code=0)), encoding="utf-8")
    for name in ("review.md", "review.sarif"):
        (forged / name).write_text("{}", encoding="utf-8")
    replaced = {REVIEW: f"mkdir -p base/out && cp {forged}/* base/out"}
    run = propose(runner, edit("Makefile", "fmt: setup", "fmt: setup lint"), replaced=replaced)
    assert (run.jobs[BEFORE], run.jobs[GATE]) == ("failed", "succeeded"), run.said[-3000:]
    assert run.jobs[RELEASED] == run.jobs["verdict"] == "failed"
    (comment,) = host.comments
    assert "## Meridian: waits for an owner of the gate\n" in comment["body"]
    assert "- MRD\\_GATE\\_001 `Makefile`" in comment["body"]


def waive(check: str) -> Change:
    """Return a change that accepts a check's finding in the module compute."""
    return edit(
        "scripts/policies/waivers.yaml",
        "accepted: []",
        f"accepted:\n  - check: {check}\n    module: compute\n    reason: It is fine, really and truly.\n"
        '    owner: me\n    expires: "2026-12-31"',
    )
