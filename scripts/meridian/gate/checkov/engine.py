"""Runs Checkov over modules and plans, and accepts its answer only if it is complete."""

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self, cast

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
"""The time limit of one job; a plan needs less than a second."""


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


class Checkov:
    """Checkov in processes of its own, at most one for each core: each loads it once, and then scans job by job.

    `first` are jobs whose results every answer has; `begin` starts with them, beside whatever else is done.
    """

    def __init__(self, first: Sequence[Job] = (), *, home: Path = HOME, seconds: float = SECONDS) -> None:
        self._first, self._home, self._seconds = first, home, seconds
        self._begun: Future[list[dict[str, Any]]] | None = None
        self._own = threading.local()
        self._processes: list[subprocess.Popen[bytes]] = []
        # An empty folder holds no .checkov.yaml that could switch checks off.
        self._folder = tempfile.TemporaryDirectory()
        self._pool = ThreadPoolExecutor(os.cpu_count() or 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        self._pool.shutdown(cancel_futures=True)
        for process in self._processes:
            process.communicate()
        self._folder.cleanup()

    def begin(self) -> None:
        """Start a process, and scan the first jobs in it; what fails is raised by `scan`."""
        self._begun = self._begun or self._pool.submit(lambda: [self._ask(job) for job in self._first])

    def scan(self, jobs: Sequence[Job], policies: Collection[str]) -> Answer:
        """Scan every job and return the results, also those of the first jobs.

        `policies` are the ids of our own checks that every process must have loaded. Raises
        CouldNotTell if an answer is missing, doubtful or incomplete.
        """
        self.begin()
        asked = [self._pool.submit(self._ask, job) for job in jobs]
        said = [*cast("Future[list[dict[str, Any]]]", self._begun).result(), *(one.result() for one in asked)]
        found: dict[str, list[Result]] = {}
        for job, answer in zip([*self._first, *jobs], said, strict=True):
            _require_complete(self._home, answer, policies)
            found[job.id] = _results(job, answer)
        return Answer(found, frozenset(name for answer in said for name in answer["known"]))

    def _ask(self, job: Job) -> dict[str, Any]:
        process = self._process()
        asking, answering = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        question = {
            "policies": str(self._home / POLICIES),
            **{"id": job.id, "kind": job.kind, "path": str(job.path), "module": str(job.module), "facts": job.facts},
        }
        late = threading.Event()

        def stop() -> None:
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(self._seconds, stop)
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                asking.write(json.dumps(question).encode() + b"\n")
                asking.flush()
            line = answering.readline()
        finally:
            timer.cancel()
        if late.is_set():
            raise CouldNotTell(f"Checkov did not end within {self._seconds:.0f} s over {job.id}.")
        if not line and process.wait() != 0:
            said = _last_line(self._own.log.read_bytes())
            raise CouldNotTell(f"Checkov ended with {process.returncode}: {said}", "Run `make checkov`.")
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError as error:
            raise CouldNotTell(f"Checkov's answer cannot be read: {error}") from error
        return answer

    def _process(self) -> subprocess.Popen[bytes]:
        """Return the process of this thread; start it if there is none."""
        if not hasattr(self._own, "process"):
            python, folder = self._home / VENV / "bin/python", self._folder.name
            if not python.exists():
                raise CouldNotTell("Checkov is not installed here.", "Run `make checkov`.")
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as log:
                self._own.log = Path(log.name)
                self._own.process = subprocess.Popen(
                    [python, "-I", "-B", WORKER],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=folder,
                    env={
                        "PATH": os.environ.get("PATH", os.defpath),
                        "HOME": folder,
                        "TMPDIR": folder,
                        "LANG": "C.UTF-8",
                    },
                    start_new_session=True,
                )
            self._processes.append(self._own.process)
        return cast("subprocess.Popen[bytes]", self._own.process)


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


def _results(job: Job, said: Mapping[str, Any]) -> list[Result]:
    if said["id"] != job.id:
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
