"""A workflow as `act` runs it on this machine: its own expressions, conditions and order; stand-ins for actions."""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from meridian.local import child
from meridian.paths import cache_dir
from tests.conftest import ROOT

ACTIONS = Path(__file__).with_name("actions")
WORKFLOWS = Path(".github/workflows")
REPOSITORY = "example-org/meridian"
SECONDS = 1800
OF_A_CALLER = ("AWS_", "GITHUB_", "MAKE", "MERIDIAN_", "TF_", "TG_")
NOTHING = {"setup-python", "setup-terraform", "cache"}
VERDICT = 'test "$TESTS" = true && test "$BEFORE" = true && test "$GATE" = true'
"""The one step that is not make: it has nothing of the repository."""
JOB = r"^\[(?P<caller>[^\]/]+)/(?P<job>[^\]]+?) *\]"
RESULT = re.compile(rf"{JOB} 🏁  Job (?P<result>succeeded|failed)", re.MULTILINE)
STEP = re.compile(rf"{JOB}   ✅  Success - Main (?P<step>.+?)(?: \[[^\]]+\])?$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """How a workflow of a title went: the result of each job that ran, what was said, and what was handed over.

    A job has its name, one of a workflow that was called `<key of the calling job>/<title>/<name>`. They are in
    the order of their ends; what did not begin is not among them.
    """

    title: str
    code: int
    said: str
    out: Path
    jobs: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        found = {self._name(match): match["result"] for match in RESULT.finditer(self.said)}
        object.__setattr__(self, "jobs", found)

    def _name(self, match: re.Match[str]) -> str:
        return match["job"] if match["caller"] == self.title else f"{match['caller']}/{match['job']}"

    def steps(self, job: str) -> list[str]:
        """Return the steps of a job that succeeded, in their order: what they run, or the action that they use."""
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
    """`act` with a repository, the URL of a GitHub API, and a folder for everything that a run leaves."""

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
        variables: Mapping[str, str] | None = None,
        stand_ins: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> Run:
        """Run a workflow for an event; `replaced` are steps' texts and what runs instead, `variables` the vars.*.

        `stand_ins` names other stand-ins for actions than those of the same name.
        """
        out = self.home / "out"
        out.mkdir()
        file = self._workflow(workflow, replaced or {})
        (self.home / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        command = [
            *(str(self.act), event, "-W", str(file), "-e", str(self.home / "event.json")),
            *("-P", "ubuntu-24.04=-self-hosted", "--no-skip-checkout", "--action-offline-mode", "--rm"),
            *("-s", "GITHUB_TOKEN=token-of-the-test", *self._actions(stand_ins or {})),
            *(part for name, value in self._variables(out).items() for part in ("--env", f"{name}={value}")),
            *(part for name, value in (variables or {}).items() for part in ("--var", f"{name}={value}")),
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
        (self.home / "log").write_text(done.stdout, encoding="utf-8")
        return Run(load(workflow)["name"], done.returncode, done.stdout, out)

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
            one.write_text(text, encoding="utf-8")
        assert found == set(replaced), f"{name} has no step {sorted(set(replaced) - found)}."
        return file

    def _actions(self, stand_ins: Mapping[str, str]) -> Iterator[str]:
        """Yield the stand-in of each third-party action; one without a stand-in fails the run."""
        for used in sorted(set(used_actions(self.repository))):
            name = used.partition("@")[0].split("/")
            stand_in = stand_ins.get(name[-1], "nothing" if name[-1] in NOTHING else name[-1])
            assert (ACTIONS / stand_in / "action.yml").is_file(), f"{used} has no stand-in in {ACTIONS}."
            # act clones the repository of an action whole: one below it is found at its path.
            folder = ACTIONS / stand_in
            if len(name) > 2:
                folder = self.home / "actions" / name[0] / name[1]
                inside = folder.joinpath(*name[2:])
                inside.mkdir(parents=True, exist_ok=True)
                (inside / "action.yml").write_bytes((ACTIONS / stand_in / "action.yml").read_bytes())
            yield "--local-repository"
            yield f"{name[0]}/{name[1]}@{used.partition('@')[2]}={folder}"

    def _variables(self, out: Path) -> dict[str, str]:
        return {
            "CI": "true",
            "GITHUB_API_URL": self.host,
            "GITHUB_REPOSITORY": REPOSITORY,
            "WORKFLOW_OUT": str(out),
            "WORKFLOW_REPOSITORY": str(self.repository),
            "XDG_CACHE_HOME": str(cache_dir().parent),
            "XDG_STATE_HOME": str(self.home / "state"),
        }

    def _end(self) -> None:
        """Stop every local AWS that the run left; on GitHub the runner would be gone."""
        for folder in (self.home / "state").glob("meridian/local-aws/*/"):
            held = child.find_process(folder)
            if held is not None:
                psutil.Process(held["pid"]).kill()


def used_actions(root: Path) -> Iterator[str]:
    """Yield every `uses:` of a third-party action in the workflows and actions of a repository."""
    for file in sorted((root / ".github").rglob("*.yml")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"\s*(?:- )?uses: ([^.\s]\S+@\S+)", line):
                yield match[1]


def called(file: Path) -> list[str]:
    """Return the names of the workflows that a workflow calls."""
    jobs = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values()
    return sorted({Path(job["uses"]).name for job in jobs if str(job.get("uses", "")).startswith("./")})


def load(name: str) -> dict[str, Any]:
    """Return a workflow of this repository."""
    found: dict[str, Any] = yaml.safe_load((ROOT / WORKFLOWS / name).read_text(encoding="utf-8"))
    return found
