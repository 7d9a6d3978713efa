"""Runs a workflow with `act` on this machine: its own expressions, conditions and order, stand-ins for actions."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from meridian.local import child
from meridian.paths import cache_dir
from tests.conftest import ROOT
from tests.gate.repository import git

ACTIONS = Path(__file__).with_name("actions")
WORKFLOWS = Path(".github/workflows")
REPOSITORY = "example-org/meridian"
SECONDS = 3600
OF_A_CALLER = ("AWS_", "GITHUB_", "MAKE", "MERIDIAN_", "TF_", "TG_")
STAND_INS = dict.fromkeys(("setup-python", "setup-terraform", "cache"), "nothing")
"""The stand-ins of actions that have none of their own name."""
ACCOUNTS = {"dev": "100000000001", "staging": "100000000002", "prod": "100000000003"}
OF_AN_ENVIRONMENT = {"DEPLOY_ROLE_ARN": "apply", "VERIFY_ROLE_ARN": "verify"}
"""Variables that each GitHub environment has; act has none of an environment."""
VERDICT = 'test "$TESTS" = true && test "$BEFORE" = true && test "$GATE" = true && test "$PLANS" = true'
"""The one step that is not make: its job has no checkout."""
JOB = r"^\[(?P<caller>[^\]/]+)/(?P<job>[^\]]+?) *\]"
RESULT = re.compile(rf"{JOB} 🏁  Job (?P<result>succeeded|failed)", re.MULTILINE)
USES = re.compile(r"\buses: ([\w-]+)/([\w-]+)(/[\w/-]+)?@(\w+)")
STEP = re.compile(rf"{JOB}   ✅  Success - Main (?P<step>.+?)(?: \[[^\]]+\])?$", re.MULTILINE)


def role(environment: str, name: str) -> str:
    """Return the ARN of a role that `meridian bootstrap` makes."""
    return f"arn:aws:iam::{ACCOUNTS[environment]}:role/greeter-{environment}.{name}"


def job(environment: str, name: str) -> str:
    """Return the name of a job that deploys an environment; act drops the outer of two workflows that call it."""
    if name == "plan":
        return f"plan/plan an environment/plan {environment}"
    return f"{environment}/deploy an environment/{name}"


VARIABLES = {
    **{f"PLAN_ROLE_ARN_{name.upper()}": role(name, "plan") for name in ACCOUNTS},
    **{
        variable: json.dumps({environment: role(environment, name) for environment in ACCOUNTS})
        for variable, name in OF_AN_ENVIRONMENT.items()
    },
    "PRIMARY_REGION": "us-east-1",
}


@dataclass(frozen=True)
class Run:
    """A finished run of a workflow: its exit code, its output, and the folder with what it uploaded."""

    title: str
    code: int
    said: str
    out: Path

    @cached_property
    def jobs(self) -> dict[str, str]:
        """The result of each job that ran, in the order of their ends.

        A job of a called workflow is named `<key of the calling job>/<title>/<name>`.
        """
        return {self._name(match): match["result"] for match in RESULT.finditer(self.said)}

    def _name(self, match: re.Match[str]) -> str:
        return match["job"] if match["caller"] == self.title else f"{match['caller']}/{match['job']}"

    def steps(self, job: str) -> list[str]:
        """Return the commands and actions of the steps of a job that succeeded, in their order."""
        return [match["step"] for match in STEP.finditer(self.said) if self._name(match) == job]

    def artifact(self, name: str) -> str:
        """Return the text of an uploaded file, e.g. `review/review.md`."""
        return (self.out / "artifacts" / name).read_text(encoding="utf-8")

    def sarif(self, category: str = "default") -> dict[str, Any]:
        """Return an uploaded SARIF log."""
        found: dict[str, Any] = json.loads((self.out / "sarif" / f"{category}.sarif").read_text(encoding="utf-8"))
        return found


@dataclass(frozen=True)
class Runner:
    """`act` with a repository, the URL of a GitHub API, and a folder for the files of a run."""

    act: Path
    repository: Path
    home: Path
    host: str

    def run(
        self,
        workflow: str,
        event: str,
        payload: Mapping[str, Any],
        *,
        replaced: Mapping[str, str] | None = None,
        stand_ins: Mapping[str, str] = STAND_INS,
        arguments: Sequence[str] = (),
        variables: Mapping[str, str] = VARIABLES,
    ) -> Run:
        """Run a workflow for an event; `replaced` maps steps to other commands, `stand_ins` actions to stand-ins."""
        out = self.home / "out"
        out.mkdir(exist_ok=True)
        file = self._workflow(workflow, replaced or {})
        (self.home / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        environ_of_steps = {
            "CI": "true",
            "GITHUB_API_URL": self.host,
            "GITHUB_REPOSITORY": REPOSITORY,
            "WORKFLOW_OUT": str(out),
            "WORKFLOW_PYTHON": sys.executable,
            "WORKFLOW_REPOSITORY": str(self.repository),
            "WORKFLOW_TESTS": str(ROOT),
            "XDG_CACHE_HOME": str(cache_dir().parent),
            "XDG_CONFIG_HOME": str(self.configure_git()),
            "XDG_STATE_HOME": str(self.home / "state"),
        }
        command = [
            *(str(self.act), event, "-W", str(file), "-e", str(self.home / "event.json")),
            *("-P", "ubuntu-24.04=-self-hosted", "--no-skip-checkout", "--action-offline-mode", "--rm"),
            *("-s", "GITHUB_TOKEN=token-of-the-test", *self._actions(stand_ins)),
            *(part for name, value in environ_of_steps.items() for part in ("--env", f"{name}={value}")),
            *(part for name, value in variables.items() for part in ("--var", f"{name}={value}")),
            *arguments,
        ]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(OF_A_CALLER)}
        environ |= {"XDG_CACHE_HOME": str(self.home / "act")}
        try:
            done = subprocess.run(
                command,
                cwd=self.repository,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        finally:
            self._end()
            # The next commit of the test is not to hold them.
            git(self.repository, "checkout", "--quiet", "--", str(WORKFLOWS))
        (self.home / "log").write_text(done.stdout, encoding="utf-8")
        return Run(yaml.safe_load(file.read_text(encoding="utf-8"))["name"], done.returncode, done.stdout, out)

    def configure_git(self) -> Path:
        """Write settings of git for which the host is github.com, which wants a password; return their folder."""
        folder = self.home / "config"
        file = folder / "git/config"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'[url "{self.host}/"]\n\tinsteadOf = https://github.com/\n', encoding="utf-8")
        return folder

    def _workflow(self, name: str, replaced: Mapping[str, str]) -> Path:
        """Write the workflow with other steps; act reads it, and what it calls, from the working tree."""
        file = self.repository / WORKFLOWS / name
        found = set()
        for one in (file, *(self.repository / WORKFLOWS / other for other in called(file))):
            text = one.read_text(encoding="utf-8")
            for old, new in replaced.items():
                if f"run: {old}\n" in text:
                    found.add(old)
                    text = text.replace(f"run: {old}\n", f"run: {new}\n")
            for variable in OF_AN_ENVIRONMENT:
                text = text.replace(
                    f"{{{{ vars.{variable} }}}}", f"{{{{ fromJSON(vars.{variable})[inputs.environment] }}}}"
                )
            one.write_text(text, encoding="utf-8")
        assert found == set(replaced), f"{name} has no step {sorted(set(replaced) - found)}."
        return file

    def _actions(self, stand_ins: Mapping[str, str]) -> Iterator[str]:
        """Yield the stand-in of each third-party action; one without a stand-in fails the run."""
        for file in sorted((self.repository / ".github").rglob("*.yml")):
            for owner, name, below, version in USES.findall(file.read_text(encoding="utf-8")):
                action = (below or name).rpartition("/")[2]
                stand_in = ACTIONS / stand_ins.get(action, action)
                assert stand_in.is_dir(), f"{action} has no stand-in in {ACTIONS}."
                # act clones the repository of an action whole, and finds one in a folder of it at its path.
                folder = self.home / "actions" / owner / name
                shutil.copytree(stand_in, folder / below.strip("/"), dirs_exist_ok=True)
                yield "--local-repository"
                yield f"{owner}/{name}@{version}={folder}"

    def _end(self) -> None:
        """Stop every local AWS that the run left, so that the next run finds what this one deployed."""
        for folder in {one.resolve() for one in (self.home / "state").glob("meridian/local-aws/*/")}:
            held = child.find_process(folder)
            if held is not None:
                assert child.terminate(folder, held["pid"]) == []


def called(file: Path) -> list[str]:
    """Return the names of the workflows that a workflow calls, and of those that they call."""
    jobs = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values()
    found = {Path(job["uses"]).name for job in jobs if str(job.get("uses", "")).startswith("./")}
    return sorted({*found, *(other for name in found for other in called(file.with_name(name)))})


def load(name: str) -> dict[str, Any]:
    """Return a workflow of this repository."""
    found: dict[str, Any] = yaml.safe_load((ROOT / WORKFLOWS / name).read_text(encoding="utf-8"))
    return found
