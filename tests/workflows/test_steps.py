"""The last step of each job is made to fail: its job and everything that waits for it fail too."""

import re
from collections.abc import Mapping

import pytest

from tests.conftest import ROOT
from tests.gate.repository import git
from tests.workflows.act import ACCOUNTS, REPOSITORY, STAND_INS, VERDICT, WORKFLOWS, Run, Runner, called, job, load

RUN = re.compile(r"^\s*(?:- )?run: (?P<text>.+)$", re.MULTILINE)
EVENTS = {"deploy.yml": "push", "pull-request.yml": "pull_request", "daily.yml": "workflow_dispatch"}
# No step reads a file.
OTHERS = ("upload-artifact", "download-artifact", "upload-sarif", "configure-aws-credentials")
INSTEAD = STAND_INS | dict.fromkeys(OTHERS, "nothing") | {"checkout": "checkout-actions"}
# It runs only if an owner has to release the change.
RELEASE = "make reviewers ENV=gate-change"
RELEASED = "released by an owner of the gate"
WITH_PRIMARY = "${{ inputs.state_region == '' }}"
"""The condition of what needs the primary region: here it is there."""
# What a step writes that others wait for.
WRITES = {"make outputs OF=impact": """echo 'touched=["dev"]' >> "$GITHUB_OUTPUT\""""}
NEEDED = {"make -C base outputs OF=review": """echo release=needed >> "$GITHUB_OUTPUT\""""}
REVIEWS = {"before": "make -C base review CHANGE=../change STATIC=1"}
REVIEWS |= {"gate": "make -C base review CHANGE=../change TOUCHED=1"}


def steps(name: str) -> list[str]:
    """Return the texts of all steps of a workflow and of those that it calls."""
    file = ROOT / WORKFLOWS / name
    files = [file, *(file.with_name(other) for other in called(file))]
    return sorted({match["text"] for one in files for match in RUN.finditer(one.read_text(encoding="utf-8"))})


def last_steps(name: str) -> list[str]:
    """Return the last step of each job that runs only after the others of its job have succeeded."""
    file = ROOT / WORKFLOWS / name
    found = [
        [step["run"] for step in job.get("steps", ()) if "run" in step and step.get("if", WITH_PRIMARY) == WITH_PRIMARY]
        for one in (name, *called(file))
        for job in load(one)["jobs"].values()
    ]
    return list(dict.fromkeys(texts[-1] for texts in found if texts))


CASES = [
    pytest.param(name, text, id=f"{name}: {text}") for name in EVENTS for text in last_steps(name) if text != RELEASE
]


def run(runner: Runner, name: str, *failing: str, writes: Mapping[str, str] = WRITES) -> Run:
    """Run a workflow in which every step succeeds, except some; return the run."""
    sha = git(runner.repository, "rev-parse", "HEAD")
    pull = {"number": 7, "base": {"sha": sha}, "head": {"sha": sha, "repo": {"full_name": REPOSITORY}}}
    replaced = [text for text in steps(name) if text != VERDICT or text in failing]
    return runner.run(
        name,
        EVENTS[name],
        {"number": 7, "pull_request": pull, "repository": {"full_name": REPOSITORY}},
        replaced={text: "exit 7" if text in failing else writes.get(text, "exit 0") for text in replaced},
        stand_ins=INSTEAD,
    )


@pytest.mark.parametrize("name", EVENTS)
def test_a_workflow_whose_steps_all_succeed_succeeds(runner: Runner, name: str) -> None:
    done = run(runner, name)
    assert done.code == 0, done.said[-3000:]


@pytest.mark.parametrize(("name", "text"), CASES)
def test_a_step_that_fails_fails_its_workflow(runner: Runner, name: str, text: str) -> None:
    """No environment is deployed after one that failed."""
    done = run(runner, name, text)
    assert done.code == 1, done.said[-3000:]
    assert "failed" in done.jobs.values()
    for one in load(name)["jobs"].values():
        if any(step.get("run") == text for step in one.get("steps", ())) and "$" not in one["name"]:
            assert done.jobs[one["name"]] == "failed", done.said[-3000:]
    if name == "deploy.yml":
        ended = [one for one in ACCOUNTS if job(one, "plan") in done.jobs]
        assert ended == ([] if text == "make test" else ["dev"]), done.said[-3000:]


@pytest.mark.parametrize("key", REVIEWS)
@pytest.mark.parametrize("owner", [True, False], ids=["released", "not released"])
def test_a_job_that_an_owner_has_to_release_counts_only_if_released(runner: Runner, key: str, owner: bool) -> None:
    failing = [REVIEWS[key], *([] if owner else [RELEASE])]
    done = run(runner, "pull-request.yml", *failing, writes=WRITES | NEEDED)
    result = "succeeded" if owner else "failed"
    found = {name: done.jobs[name] for name in (load("pull-request.yml")["jobs"][key]["name"], RELEASED, "verdict")}
    assert list(found.values()) == ["failed", result, result], done.said[-3000:]


def test_every_workflow_is_run() -> None:
    files = {file.name for file in (ROOT / WORKFLOWS).glob("*.yml")}
    assert files == {*EVENTS, *(other for name in EVENTS for other in called(ROOT / WORKFLOWS / name))}
