"""Runs Checkov over modules and plans, and accepts its answer only if it is complete."""

import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from meridian.errors import CouldNotTell
from meridian.gate.rules import module_files

HOME = Path(__file__).resolve().parents[4]
"""The checkout of this gate: its policies and its Checkov check other trees too."""
POLICIES = Path("scripts/policies/checks")
LOCK = Path("scripts/tools/requirements-checkov.txt")
VENV = Path(".venv-checkov")
WORKER = Path(__file__).with_name("worker.py")
OWN = "CKV_MRD_"
SECONDS = 300.0
"""The time limit of one worker; a plan needs less than a second."""


@dataclass(frozen=True)
class Job:
    """One module's folder, or one unit's plan with the folder of its module.

    `facts` are the facts of the environment for policies. `resources` are the addresses (without
    index) that Checkov has to cover.
    """

    id: str
    kind: str
    path: Path
    module: Path
    resources: frozenset[str]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """The result of one check for one resource; `state` is failed, passed or skipped."""

    state: str
    check: str
    title: str
    resource: str
    file: str
    line: int
    details: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """The results of every job by its id, and the ids of all checks that could have run."""

    results: Mapping[str, Sequence[Result]]
    known: frozenset[str]


def run_checkov(
    jobs: Sequence[Job], policies: Collection[str], *, home: Path = HOME, seconds: float = SECONDS
) -> Answer:
    """Scan every job, in as many processes as there are cores, and return the results.

    `policies` are the ids of our own checks that every process must have loaded. Raises
    CouldNotTell if an answer is missing, doubtful or incomplete.
    """
    count = min(len(jobs), os.cpu_count() or 1)
    parts = [jobs[start::count] for start in range(count)]
    with ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(lambda part: _run_worker(home, part, seconds), parts))
    found: dict[str, list[Result]] = {}
    for part, answer in zip(parts, answers, strict=True):
        _require_complete(home, answer, policies)
        said = {one["id"]: one for one in answer["jobs"]}
        for job in part:
            found[job.id] = _results(job, said.get(job.id))
    return Answer(found, frozenset(name for answer in answers for name in answer["known"]))


def _run_worker(home: Path, jobs: Sequence[Job], seconds: float) -> dict[str, Any]:
    python = home / VENV / "bin/python"
    if not python.exists():
        raise CouldNotTell("Checkov is not installed here.", "Run `make checkov`.")
    question = {
        "policies": str(home / POLICIES),
        "jobs": [
            {"id": job.id, "kind": job.kind, "path": str(job.path), "module": str(job.module), "facts": job.facts}
            for job in jobs
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        # An empty folder holds no .checkov.yaml that could switch checks off.
        process = subprocess.Popen(
            [python, "-I", "-B", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        try:
            out, err = process.communicate(json.dumps(question).encode(), timeout=seconds)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                names = ", ".join(job.id for job in jobs)
                raise CouldNotTell(f"Checkov did not end within {seconds:.0f} s over {names}.") from error
            raise
    if process.returncode != 0:
        raise CouldNotTell(f"Checkov ended with {process.returncode}: {_last_line(err)}", "Run `make checkov`.")
    try:
        answer: dict[str, Any] = json.loads(out)
    except ValueError as error:
        raise CouldNotTell(f"Checkov's answer cannot be read: {error}") from error
    return answer


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1][:500] if lines else "it printed nothing"


def _require_complete(home: Path, answer: Mapping[str, Any], policies: Collection[str]) -> None:
    locked = re.search(r"^checkov==(\S+)", (home / LOCK).read_text(encoding="utf-8"), re.MULTILINE)
    if locked is None or answer["checkov"] != locked[1]:
        wanted = locked[1] if locked else "none"
        raise CouldNotTell(f"Checkov {answer['checkov']} ran; {LOCK} locks {wanted}.", "Run `make checkov`.")
    loaded = {name for name in answer["known"] if name.startswith(OWN)}
    if missing := sorted(set(policies) - loaded):
        raise CouldNotTell(f"Checkov did not load {', '.join(missing)} from {POLICIES}/.")
    if unknown := sorted(loaded - set(policies)):
        raise CouldNotTell(f"Checkov loaded {', '.join(unknown)}, which the catalogue of {POLICIES}/ does not have.")


def _results(job: Job, said: Mapping[str, Any] | None) -> list[Result]:
    if said is None:
        raise CouldNotTell(f"{job.id}: Checkov has no answer for it.")
    if said["network"]:
        raise CouldNotTell(f"{job.id}: Checkov tried to use the network ({said['network'][0]}).")
    if unread := [str(file) for file in said["unparsed"] if not _is_refused(job, Path(file))]:
        raise CouldNotTell(f"{job.id}: Checkov could not read {', '.join(unread)}.")
    if said["logged"]:
        raise CouldNotTell(f"{job.id}: Checkov logged an error: {said['logged'][0]}")
    looked = {plain_address(name) for name in said["resources"]}
    if missing := sorted(job.resources - looked):
        raise CouldNotTell(
            f"{job.id}: Checkov scanned {len(job.resources & looked)} of {len(job.resources)} resources;"
            f" {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not among them."
        )
    return [Result(**{**one, "details": tuple(one["details"])}) for one in said["results"]]


def _is_refused(job: Job, file: Path) -> bool:
    """Whether a file is a finding of module_files, with any content."""
    if not file.is_relative_to(job.module):
        return False
    return not module_files.is_allowed(file.relative_to(job.module).as_posix(), link=file.is_symlink())


def plain_address(name: str) -> str:
    """Return a resource's address without its index: what an HCL block, a plan and Checkov have in common."""
    return re.sub(r"\[[^\]]*\]", "", name)
