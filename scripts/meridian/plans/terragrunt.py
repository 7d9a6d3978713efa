"""The only module that starts Terragrunt."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from meridian import tools
from meridian.errors import CouldNotTell, OperationFailed
from meridian.plans import run_lock
from meridian.plans.interrupt import end_run
from meridian.plans.progress import Progress
from meridian.render.plan import UNIT
from meridian.targets import Target

Parsed = TypeVar("Parsed")
BOOTSTRAP = "MERIDIAN_BOOTSTRAP"
EXCLUDED = "\nexclude {\n"
"""How the unit begins its block that leaves it out of every run without the variable above."""
LOCKED = "Error acquiring the state lock"
FRAME = re.compile(r"├─+|[0-9]+: .*")
"""What Terraform prints between the place of an error and what it says."""
LOCK_INFO = re.compile(r"^[│ ]*(ID|Operation|Who|Created): +(.*\S)", re.MULTILINE)
THERE_ALREADY = "A resource exists that no state knows: `meridian recover {where}` imports it."
SIGN_IN = "Sign in, e.g. `aws sso login`, then run `{again}`."
REASONS = (
    (
        LOCKED,
        CouldNotTell,
        "Wait until the other run has ended, then run `{again}`. If it was killed: `meridian recover {where}`.",
    ),
    (
        "errored.tfstate",
        OperationFailed,
        "Terraform kept a state that it could not store: `meridian recover {where}` stores it.",
    ),
    (
        "NoSuchBucket",
        CouldNotTell,
        "The state bucket is missing: `meridian bootstrap {where}`, then `{again}`.",
    ),
    (
        "Provider dependency changes detected",
        CouldNotTell,
        "The lock file, or a state, is of another engine: docs/how-to.md says how to change over. For the lock file "
        "`meridian lock`, then `{again}`.",
    ),
    (
        "executable file not found",
        CouldNotTell,
        "A program is not set up: `meridian doctor` shows which one. Then run `{again}`.",
    ),
    ("No valid credential sources found", CouldNotTell, SIGN_IN),
    ("ExpiredToken", CouldNotTell, SIGN_IN),
    (
        "InvalidClientTokenId",
        CouldNotTell,
        "The region is not enabled in this account (`aws account list-regions`), or the credentials are wrong. "
        "Then run `{again}`.",
    ),
    ("EntityAlreadyExists", OperationFailed, THERE_ALREADY),
    ("AlreadyExistsException", OperationFailed, THERE_ALREADY),
    ("Table already exists", OperationFailed, THERE_ALREADY),
    ("Function already exist", OperationFailed, THERE_ALREADY),
    ("Saved plan is stale", OperationFailed, "The state has changed since the plan was made: run `{again}`."),
)
"""A text in an error, what the error means, and the next command."""


@dataclass(frozen=True)
class RunResult:
    """How one run ended: Terragrunt's exit code, each unit's result, the error texts, the log.

    `where` names environment and target in the next command, `again` is the command that begins anew.
    """

    code: int
    units: dict[str, str]
    errors: dict[str, list[str]]
    log: Path
    where: str = "ENV"
    again: str = "meridian plan ENV"

    @property
    def succeeded(self) -> tuple[str, ...]:
        """The units that Terragrunt reports as succeeded."""
        return tuple(unit for unit, result in self.units.items() if result == "succeeded")

    def require_success(self, doing: str) -> None:
        """Raise OperationFailed or CouldNotTell, with the first lines of each unit's error, unless all succeeded."""
        if self.code == 0 and set(self.units.values()) <= {"succeeded"} and self.units:
            return
        everything = "\n".join(text for texts in self.errors.values() for text in texts)
        bad = sorted(unit for unit, result in self.units.items() if result != "succeeded")
        where = f" in {', '.join(bad)}" if bad else "" if self.errors or self.units else ": Terragrunt reported no unit"
        lines = [f"{doing} failed{where}."]
        # Terragrunt itself repeats the errors of its units at the end.
        by_unit = {unit: texts for unit, texts in self.errors.items() if unit} or self.errors
        for unit, texts in by_unit.items():
            lines += [f"  {unit or 'terragrunt'}: {line}" for line in lock_holder(texts) or first_lines(texts)]
        for sign, kind, hint in REASONS:
            if sign in everything:
                hint = hint.format(where=self.where, again=self.again)
                raise kind("\n".join(lines), f"{hint}\n  The whole log: {self.log}")
        raise OperationFailed("\n".join(lines), f"The whole log: {self.log}. Once it is fixed, run `{self.again}`.")


def first_lines(texts: Sequence[str], limit: int = 8) -> list[str]:
    """Return the first `limit` lines of error texts, without frames, lines of code and repetitions."""
    lines: list[str] = []
    for text in texts:
        for line in text.splitlines():
            bare = re.sub(r"\x1b\[[0-9;]*m", "", line).strip("│╷╵ ").strip()
            if bare and bare not in lines and not FRAME.fullmatch(bare):
                lines.append(bare)
    return lines[:limit]


def lock_holder(texts: Sequence[str]) -> list[str]:
    """Return the line that names the holder of a state lock, if a lock is the error."""
    everything = "\n".join(texts)
    lock = dict(LOCK_INFO.findall(everything))
    if LOCKED not in everything or not lock:
        return []
    who, created, operation, number = (lock.get(name, "unknown") for name in ("Who", "Created", "Operation", "ID"))
    return [f"{LOCKED}: {who} holds it since {created} ({operation}, ID {number})"]


def live_dir(target: Target) -> Path:
    """Return the environment's folder of the rendered tree."""
    return target.root / "live" / target.environment.name


def find_units(target: Target) -> list[str]:
    """Return the units of the environment's rendered tree, e.g. us-east-1/data, sorted; not those of `bootstrap`."""
    apart = set(find_bootstrap_units(target))
    return [unit for unit in _find_all(target) if unit not in apart]


def find_bootstrap_units(target: Target) -> list[str]:
    """Return the units that only `bootstrap` plans and applies, sorted."""
    folder = live_dir(target)
    return [unit for unit in _find_all(target) if EXCLUDED in (folder / unit / UNIT).read_text(encoding="utf-8")]


def _find_all(target: Target) -> list[str]:
    folder = live_dir(target)
    return sorted(file.parent.relative_to(folder).as_posix() for file in folder.glob(f"*/*/{UNIT}"))


def run(
    target: Target,
    verb: str,
    *,
    options: Sequence[str] = (),
    arguments: Sequence[str] = (),
    units: Sequence[str] | None = None,
    again: str = "plan",
) -> RunResult:
    """Run `terragrunt run --all -- VERB` on the environment, or only on the named units.

    `options` are Terragrunt's, `arguments` Terraform's; hints name the command `again`, and only for `bootstrap` can
    its units be named. Progress goes to stderr, the whole log to out/<target>/<env>/logs/<verb>.log. Raises
    CouldNotTell if another command works on the target.
    """
    run_lock.hold_run_file(target, verb)
    logs = target.work_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    filters = [part for unit in units or () for part in ("--filter", f"./{unit}")]
    with tempfile.TemporaryDirectory(dir=target.work_dir) as folder:
        report = Path(folder) / "report.json"
        command = [
            *(str(tools.path("terragrunt")), "run", "--all", "--no-color", "--log-format", "json"),
            *("--working-dir", str(live_dir(target)), "--report-file", str(report), *filters, *options),
            *("--", verb, *arguments),
        ]
        log = logs / f"{verb}.log"
        with log.open("a", encoding="utf-8") as kept:
            kept.write(f"$ {' '.join(command[1:])}\n")
            with Progress(kept, live_dir(target)) as progress:
                code = _stream(command, target, verb, progress, {BOOTSTRAP: "1"} if again == "bootstrap" else {})
        apart = () if again == "bootstrap" else find_bootstrap_units(target)
        again = "destroy" if verb == "destroy" else again
        next_command = f"meridian {again} {target.arguments}"
        results = {unit: result for unit, result in _results(report).items() if unit not in apart}
        return RunResult(code, results, progress.errors, log, target.arguments, next_command)


def _results(report: Path) -> dict[str, str]:
    """Return each unit's result; none, which is a failure, if the report is missing, cut off or of another form."""
    try:
        return {row["Name"]: row["Result"] for row in json.loads(report.read_text(encoding="utf-8"))}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _stream(command: Sequence[str], target: Target, verb: str, progress: Progress, variables: dict[str, str]) -> int:
    with subprocess.Popen(
        command,
        cwd=target.root,
        env=target.environ() | {tools.PARALLELISM: tools.units_at_once(verb, os.environ)} | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # A group of its own: Terraform gets one interrupt, from here, and none from the terminal.
        process_group=0,
        pass_fds=(run_lock.hold_run_file(target, verb),),
    ) as process:
        try:
            for line in process.stdout or ():
                progress.line(line)
            return process.wait()
        except BaseException:
            end_run(process, target, progress)
            raise


def read_graph(target: Target) -> dict[str, tuple[str, ...]]:
    """Return each unit of the environment with the units that it needs, as Terragrunt lists them."""
    arguments = ["find", "--json", "--dependencies"]
    found = _capture(
        target,
        arguments,
        live_dir(target),
        lambda rows: {str(row["path"]): tuple(map(str, row.get("dependencies", ()))) for row in rows},
    )
    for unit in find_bootstrap_units(target):
        found.pop(unit, None)
    if not found:
        raise CouldNotTell(f"live/{target.environment.name} has no units.", "Run `meridian generate`.")
    return found


def _capture(
    target: Target, arguments: Sequence[str], folder: Path, parse: Callable[[Any], dict[str, Parsed]]
) -> dict[str, Parsed]:
    """Run Terragrunt in a folder and return its JSON, parsed; CouldNotTell if it fails or prints another form."""
    run_lock.hold_run_file(target, arguments[0])
    where = f"terragrunt {arguments[0]} in {folder.relative_to(target.root)}"
    result = subprocess.run(
        [str(tools.path("terragrunt")), *arguments, "--no-color", "--working-dir", str(folder)],
        cwd=target.root,
        env=target.environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise CouldNotTell(f"{where}: {'; '.join(first_lines([result.stderr]))}")
    try:
        return parse(json.loads(result.stdout or "{}"))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise CouldNotTell(f"{where}: its output is not the JSON it should be: {error}") from error
