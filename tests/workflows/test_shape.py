"""The rules of every workflow: permissions, limits, pinned actions, make as the only program."""

import re
from typing import Any

import pytest
import yaml

from meridian.inventory.load import load_inventory as load_inventory
from meridian.paths import INVENTORY
from tests.conftest import ROOT
from tests.workflows.act import VERDICT, WORKFLOWS, load

NAMES = sorted(file.name for file in (ROOT / WORKFLOWS).glob("*.yml"))
MAKE = re.compile(r"make (?:-C base )?[a-z0-9 -]+(?: [A-Z]+=\S.*)?(?: #.*)?")


def jobs() -> list[Any]:
    """Return every job of every workflow."""
    return [pytest.param(job, id=f"{name} {key}") for name in NAMES for key, job in load(name)["jobs"].items()]


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_has_no_permissions_of_its_own(name: str) -> None:
    assert load(name)["permissions"] == {}


@pytest.mark.parametrize("job", jobs())
def test_a_job_has_permissions_and_a_time_limit(job: dict[str, Any]) -> None:
    assert isinstance(job["permissions"], dict)
    assert "uses" in job or 0 < job["timeout-minutes"] <= 90


@pytest.mark.parametrize("job", jobs())
def test_a_job_calls_make_and_nothing_else(job: dict[str, Any]) -> None:
    for step in job.get("steps", ()):
        text = step.get("run", "make help")
        assert MAKE.fullmatch(text) or text == VERDICT, text


@pytest.mark.parametrize("name", NAMES)
def test_nothing_continues_after_an_error(name: str) -> None:
    text = (ROOT / WORKFLOWS / name).read_text(encoding="utf-8")
    assert "continue-on-error" not in text
    assert "|| true" not in text
    assert "pull_request_target" not in text


def test_only_a_job_without_code_of_the_change_may_write() -> None:
    found = load("pull-request.yml")["jobs"]
    writing = {key for key, job in found.items() if "write" in job["permissions"].values()}
    assert writing == {"report"}
    (checkout, *_) = found["report"]["steps"]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"


def test_every_environment_is_deployed_and_scanned_in_the_inventory_s_order() -> None:
    environments = load_inventory(ROOT / INVENTORY).environments
    found = load("deploy.yml")["jobs"]
    order = [key for key in found if key != "test"]
    assert order == [one.name for one in environments], "deploy.yml has other environments than live/inventory.yaml."
    for before, one in zip(["test", *order], environments, strict=False):
        assert found[one.name]["needs"] == [before]
        assert found[one.name]["with"].get("protected", False) is one.protected
    assert load("security.yml")["jobs"]["scan"]["strategy"]["matrix"]["environment"] == order


def test_the_verdict_waits_for_every_job_but_the_report() -> None:
    found = load("pull-request.yml")["jobs"]
    assert set(found["verdict"]["needs"]) == set(found) - {"verdict", "report"}
    condition = " ".join(found["verdict"]["steps"][0]["env"].values())
    assert all(f"needs.{key}.result" in condition for key in found["verdict"]["needs"])


def test_a_job_of_the_gate_uses_no_cache() -> None:
    """A pull request can write the cache that its next run reads: tools come from it."""
    for key, job in load("pull-request.yml")["jobs"].items():
        (set_up,) = [step for step in job["steps"] if "actions/setup" in step.get("uses", "")] or [{}]
        if key in {"before", "gate", "report", "release"}:
            assert "with" not in set_up
            assert all("cache" not in step.get("uses", "") for step in job["steps"])
    action = yaml.safe_load((ROOT / ".github/actions/setup/action.yml").read_text(encoding="utf-8"))
    assert action["inputs"]["cache"]["default"] == "false"
    cached = [step for step in action["runs"]["steps"] if "cache" in step["uses"]]
    assert [step["if"] for step in cached] == ["${{ inputs.cache == 'true' }}"]


def test_the_isolated_job_runs_only_code_of_the_base() -> None:
    """The change is a folder that its steps read."""
    base, change, *steps = load("pull-request.yml")["jobs"]["before"]["steps"]
    assert (base["with"]["path"], base["with"]["ref"]) == ("base", "${{ github.event.pull_request.base.sha }}")
    assert change["with"]["path"] == "change"
    assert steps
    assert all(step.get("run", "make -C base ").startswith("make -C base ") for step in steps)
    assert all(re.match(r"\./base/|actions/", step.get("uses", "actions/")) for step in steps)
    assert "STATIC=1" in " ".join(step.get("run", "") for step in steps)


def test_nothing_is_installed_where_there_are_credentials() -> None:
    steps = load("deploy-environment.yml")["jobs"]["deploy"]["steps"]
    names = [step.get("uses", step.get("run", "")).partition("@")[0] for step in steps]
    assert names.index("make checkov actionlint") < names.index("aws-actions/configure-aws-credentials")


def test_every_action_is_pinned_by_a_commit_with_its_version() -> None:
    for file in sorted((ROOT / ".github").rglob("*.yml")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if re.search(r"\buses: [^.]", line):
                assert re.search(r"uses: [\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), f"{file}: {line}"
