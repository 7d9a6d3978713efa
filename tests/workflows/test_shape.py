"""The rules of every workflow that zizmor and actionlint do not check."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from meridian.inventory.load import load_inventory
from meridian.paths import INVENTORY
from tests.conftest import ROOT
from tests.example import MODULES
from tests.gate.repository import git
from tests.workflows.act import VERDICT, WORKFLOWS, load

NAMES = sorted(file.name for file in (ROOT / WORKFLOWS).glob("*.yml"))
JOBS = [pytest.param(job, id=f"{name} {key}") for name in NAMES for key, job in load(name)["jobs"].items()]
MAKE = re.compile(r"make (?:-C base )?[a-z0-9 -]+(?: [A-Z]+=\S.*)?(?: #.*)?")


@pytest.mark.parametrize("job", JOBS)
def test_a_job_has_limits_and_calls_make_only(job: dict[str, Any]) -> None:
    assert isinstance(job["permissions"], dict)
    assert "uses" in job or 0 < job["timeout-minutes"] <= 90
    for step in job.get("steps", ()):
        text = step.get("run", "make help")
        assert MAKE.fullmatch(text) or text == VERDICT, text


@pytest.mark.parametrize("name", NAMES)
def test_nothing_continues_after_an_error(name: str) -> None:
    assert not re.search(r"continue-on-error|\|\| true", (ROOT / WORKFLOWS / name).read_text(encoding="utf-8"))


def test_only_a_job_without_code_of_the_change_may_write() -> None:
    """A job that plans may ask for a role; the role only reads."""
    found = load("pull-request.yml")["jobs"]
    writing = {
        key: {name for name, right in job["permissions"].items() if right == "write"} for key, job in found.items()
    }
    plans = {f"plan-{one.name}": {"id-token"} for one in load_inventory(ROOT / INVENTORY).environments}
    assert {key: rights for key, rights in writing.items() if key != "report" and rights} == plans
    assert found["report"]["steps"][0]["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"


def test_every_environment_is_deployed_and_scanned_in_the_inventory_s_order() -> None:
    environments = load_inventory(ROOT / INVENTORY).environments
    found = load("deploy.yml")["jobs"]
    order = [key for key in found if key != "test"]
    assert order == [one.name for one in environments], "deploy.yml has other environments than live/inventory.yaml."
    for before, one in zip(["test", *order], environments, strict=False):
        assert found[one.name]["needs"] == [before]
        assert found[one.name]["with"].get("protected", False) is one.protected
    daily = load("daily.yml")["jobs"]["check"]["strategy"]["matrix"]["include"]
    assert [one["environment"] for one in daily] == order
    ends = {name: name.upper().replace("-", "_") for name in order}
    roles = {name: f"${{{{ vars.PLAN_ROLE_ARN_{end} }}}}" for name, end in ends.items()}
    assert {one["environment"]: one["plan_role"] for one in daily} == roles
    assert {name: found[name]["with"]["plan_role"] for name in order} == roles
    copies = {name: f"${{{{ vars.STATE_REGION_{end} }}}}" for name, end in ends.items()}
    assert {name: found[name]["with"]["state_region"] for name in order} == copies
    planned = load("pull-request.yml")["jobs"]
    assert {name: planned[f"plan-{name}"]["with"]["state_region"] for name in order} == copies
    assert {name: planned[f"plan-{name}"]["with"]["plan_role"] for name in order} == roles
    for name in order:
        condition = planned[f"plan-{name}"]["if"]
        assert f"'{name}'" in condition
        assert f"vars.PLAN_ROLE_ARN_{ends[name]} != ''" in condition
        assert "github.event.pull_request.head.repo.full_name == github.repository" in condition


@pytest.mark.parametrize(("name", "key"), [("plan-environment.yml", "plan"), ("deploy-environment.yml", "apply")])
def test_a_run_on_the_copy_needs_nothing_of_the_primary_region(name: str, key: str) -> None:
    """It signs in where the copy is, and works on that region alone; the states and the plan are the same ones."""
    job = load(name)["jobs"][key]
    assert {job["env"][variable] for variable in ("REGION", "STATE_REGION")} == {"${{ inputs.state_region }}"}
    signed_in = [step["with"]["aws-region"] for step in job["steps"] if "aws-region" in step.get("with", {})]
    assert signed_in == ["${{ inputs.state_region || vars.PRIMARY_REGION }}"]
    both = load("deploy-environment.yml")["jobs"]["plan"]["with"]["state_region"]
    assert both == "${{ inputs.state_region }}"


def test_what_applies_waits_for_the_reviewers_of_its_environment() -> None:
    """GitHub asks them, and gives the role only to a job of that environment."""
    apply = load("deploy-environment.yml")["jobs"]["apply"]
    assert apply["environment"] == "${{ inputs.environment }}"
    assert apply["needs"] == ["plan"]
    assert load("pull-request.yml")["jobs"]["release"]["environment"] == "gate-change"


def test_the_verdict_waits_for_every_job_but_the_report() -> None:
    found = load("pull-request.yml")["jobs"]
    assert set(found["verdict"]["needs"]) == set(found) - {"verdict", "report"}
    # GitHub counts a required check that is skipped as passed.
    assert found["verdict"]["if"] == "${{ always() }}"
    condition = " ".join(found["verdict"]["steps"][0]["env"].values())
    assert all(f"needs.{key}.result" in condition for key in found["verdict"]["needs"])


@pytest.mark.parametrize("key", ["before", "gate", "report", "release"])
def test_a_job_of_the_gate_uses_no_cache(key: str) -> None:
    """A pull request can write the cache that its next run reads: tools come from it."""
    for step in load("pull-request.yml")["jobs"][key]["steps"]:
        assert "cache" not in step.get("uses", "")
        assert "cache" not in step.get("with", {})
    action = yaml.safe_load((ROOT / ".github/actions/setup/action.yml").read_text(encoding="utf-8"))
    assert action["inputs"]["cache"]["default"] == "false"
    cached = [step for step in action["runs"]["steps"] if "cache" in step["uses"]]
    assert [step["if"] for step in cached] == ["${{ inputs.cache == 'true' }}"]


def test_the_isolated_job_runs_only_code_of_the_base() -> None:
    """The change is a folder that its steps read."""
    base, change, *steps = load("pull-request.yml")["jobs"]["before"]["steps"]
    assert (base["with"]["path"], base["with"]["ref"]) == ("base", "${{ github.event.pull_request.base.sha }}")
    assert change["with"]["path"] == "change"
    assert all(step.get("run", "make -C base ").startswith("make -C base ") for step in steps)
    assert all(re.match(r"\./base/|actions/", step.get("uses", "actions/")) for step in steps)
    assert "STATIC=1" in " ".join(step.get("run", "") for step in steps)


def test_every_ecosystem_is_updated() -> None:
    """Each folder with a file that pins packages, and each module; packages in a fork's own modules are its choice."""
    found = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text(encoding="utf-8"))["updates"]
    tracked = git(ROOT, "ls-files").splitlines()
    modules = {str(Path(name).parent) for name in tracked if Path(name).match("modules/*/versions.tf")}
    updated = {
        (one["package-ecosystem"], name)
        for one in found
        for folder in one.get("directories", [one.get("directory")])
        for name in (modules if folder == "/modules/*" else {folder.strip("/")})
    }
    kinds = {"package-lock.json": "npm", "go.mod": "gomod", "versions.tf": "terraform", "requirements.txt": "pip"}
    pinned = {(kinds[Path(name).name], str(Path(name).parent)) for name in tracked if Path(name).name in kinds}
    actions = {("github-actions", ""), ("github-actions", ".github/actions/setup")}
    pinned = {one for one in pinned if not one[1].startswith(("tests/", "scripts/policies/"))}
    ours = {one for one in pinned if not one[1].startswith("modules/") or one[1].split("/")[1] in MODULES}
    assert actions | ours <= updated <= actions | pinned
