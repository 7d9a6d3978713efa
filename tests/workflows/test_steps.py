"""No step's failure is swallowed: each step of each workflow is made to fail, and its job and all after it fail too."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.workflows.act import REPOSITORY, VERDICT, WORKFLOWS, Run, Runner, called, load, used_actions
from tests.workflows.conftest import git

RUN = re.compile(r"^\s*(?:- )?run: (?P<text>.+)$", re.MULTILINE)
EVENTS = {"deploy.yml": "push", "pull-request.yml": "pull_request", "security.yml": "workflow_dispatch"}
OF_SETUP = ("setup-python", "setup-terraform", "cache")
OTHERS = ("upload-artifact", "download-artifact", "upload-sarif", "configure-aws-credentials")


def steps(name: str) -> list[str]:
    """Return the texts of all steps of a workflow and of those that it calls."""
    file = ROOT / WORKFLOWS / name
    files = [file, *(file.with_name(other) for other in called(file))]
    return sorted({match["text"] for one in files for match in RUN.finditer(one.read_text(encoding="utf-8"))})


CASES = [pytest.param(name, text, id=f"{name}: {text}") for name in EVENTS for text in steps(name)]
# This one runs only where something is to be released: test_pull_request.py.
RELEASE = "make reviewers ENV=gate-change"


def run(runner: Runner, name: str, failing: str, action: str = "") -> Run:
    """Run a workflow in which every step succeeds but one (none: ""), or an action fails; return how it went."""
    sha = git(runner.repository, "rev-parse", "HEAD")
    pull = {"number": 7, "base": {"sha": sha}, "head": {"sha": sha, "repo": {"full_name": REPOSITORY}}}
    made_to_end = [text for text in steps(name) if text != VERDICT or text == failing]
    return runner.run(
        name,
        EVENTS[name],
        {"number": 7, "pull_request": pull, "repository": {"full_name": REPOSITORY}},
        replaced={text: "exit 7" if text == failing else "exit 0" for text in made_to_end},
        variables={"DEPLOY_ROLE_ARN": "arn:aws:iam::100000000000:role/deploy", "PRIMARY_REGION": "us-east-1"},
        stand_ins=dict.fromkeys(OTHERS, "nothing") | ({action: "failing"} if action else {}),
    )


@pytest.mark.parametrize("name", EVENTS)
def test_a_workflow_whose_steps_all_succeed_succeeds(runner: Runner, name: str) -> None:
    done = run(runner, name, "")
    assert done.code == 0, done.said[-3000:]


@pytest.mark.parametrize(("name", "text"), [case for case in CASES if case.values[1] != RELEASE])
def test_a_step_that_fails_fails_its_workflow(runner: Runner, name: str, text: str) -> None:
    """And nothing that waits for it begins: no environment is deployed after one that failed."""
    done = run(runner, name, text)
    assert done.code == 1, done.said[-3000:]
    assert "failed" in done.jobs.values()
    for job in load(name)["jobs"].values():
        if any(step.get("run") == text for step in job.get("steps", ())) and "$" not in job["name"]:
            assert done.jobs[job["name"]] == "failed", done.said[-3000:]
    if name == "deploy.yml":
        ended = [key.partition("/")[0] for key in done.jobs if "/" in key] or [""]
        wanted = {"make test": [""], 'make reviewers ENV="$ENVIRONMENT"': ["dev", "staging", "prod"]}
        assert ended == wanted.get(text, ["dev"]), done.said[-3000:]


ACTIONS = [
    pytest.param(name, action, id=f"{name}: {action}")
    for name in EVENTS
    for action in sorted({used.partition("@")[0].rpartition("/")[2] for used in used_actions(ROOT)})
]


@pytest.mark.parametrize(("name", "action"), ACTIONS)
def test_an_action_that_fails_fails_its_workflow(runner: Runner, name: str, action: str) -> None:
    """Where it is used: the others are not touched by it."""
    done = run(runner, name, "", action)
    files = [ROOT / WORKFLOWS / name, *(ROOT / WORKFLOWS / other for other in called(ROOT / WORKFLOWS / name))]
    used = any(f"/{action}@" in file.read_text(encoding="utf-8") for file in files) or action in OF_SETUP
    assert done.code == (1 if used else 0), done.said[-3000:]
    assert ("failed" in done.jobs.values()) is used


def test_every_workflow_is_run() -> None:
    files = {file.name for file in (ROOT / WORKFLOWS).glob("*.yml")}
    assert files == {*EVENTS, *(other for name in EVENTS for other in called(Path(ROOT / WORKFLOWS / name)))}
