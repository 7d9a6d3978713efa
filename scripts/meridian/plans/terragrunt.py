"""The only module that starts Terragrunt."""

import json
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from meridian import tools
from meridian.console import say
from meridian.errors import CouldNotTell, OperationFailed
from meridian.paths import out_dir
from meridian.plans.progress import Progress
from meridian.targets import Target

Parsed = TypeVar("Parsed")
INTERRUPT_GRACE_SECONDS = 120
LOCKED = "Error acquiring the state lock"
LOCK_INFO = re.compile(r"^[│ ]*(ID|Operation|Who|Created): +(.*\S)", re.MULTILINE)
REASONS = (
    (
        LOCKED,
        CouldNotTell,
        "Wait until the other run has ended, then try again. If it was killed, run in the unit's folder: "
        "`terragrunt force-unlock -force ID`.",
    ),
    ("NoSuchBucket", CouldNotTell, "The state bucket is missing: run `meridian bootstrap` for this environment first."),
    ("No valid credential sources found", CouldNotTell, "Sign in first, e.g. `aws sso login`."),
    ("ExpiredToken", CouldNotTell, "The credentials have expired: sign in again."),
    ("Saved plan is stale", OperationFailed, "The state has changed since the plan was made: plan again."),
)


@dataclass(frozen=True)
class RunResult:
    """How one run ended: Terragrunt's exit code, each unit's result, the error texts, the log."""

    code: int
    units: dict[str, str]
    errors: dict[str, list[str]]
    log: Path

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
                raise kind("\n".join(lines), f"{hint}\n  The whole log: {self.log}")
        raise OperationFailed("\n".join(lines), f"The whole log: {self.log}")


def first_lines(texts: Sequence[str], limit: int = 6) -> list[str]:
    """Return the first `limit` lines of error texts, without frames and repetitions."""
    lines: list[str] = []
    for text in texts:
        for line in text.splitlines():
            bare = re.sub(r"\x1b\[[0-9;]*m", "", line).strip("│╷╵ ").strip()
            if bare and bare not in lines:
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


def run(
    target: Target,
    verb: str,
    *,
    options: Sequence[str] = (),
    arguments: Sequence[str] = (),
    units: Sequence[str] | None = None,
) -> RunResult:
    """Run `terragrunt run --all -- VERB` on the environment, or only on the named units.

    `options` are Terragrunt's, `arguments` Terraform's. Progress goes to stderr, the whole
    log to out/<target>/<env>/logs/<verb>.log.
    """
    out_dir(target.root)
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
                code = _stream(command, target, progress)
        return RunResult(code, _results(report), progress.errors, log)


def _results(report: Path) -> dict[str, str]:
    """Return each unit's result; none, which is a failure, if the report is missing, cut off or of another form."""
    try:
        return {row["Name"]: row["Result"] for row in json.loads(report.read_text(encoding="utf-8"))}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _stream(command: Sequence[str], target: Target, progress: Progress) -> int:
    with subprocess.Popen(
        command,
        cwd=target.root,
        env=target.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        output_lines = process.stdout or ()
        try:
            for line in output_lines:
                progress.line(line)
            return process.wait()
        except KeyboardInterrupt:
            say("   interrupted: waiting until Terraform has ended and released its locks")
            # The terminal's interrupt reached Terraform too. If nothing read its output, it would block.
            patience = threading.Timer(INTERRUPT_GRACE_SECONDS, process.kill)
            patience.start()
            try:
                for line in output_lines:
                    progress.line(line)
            finally:
                patience.cancel()
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
    if not found:
        raise CouldNotTell(f"live/{target.environment.name} has no units.", "Run `meridian generate`.")
    return found


def read_output(target: Target, unit: str) -> dict[str, Any]:
    """Return one unit's outputs, name to value; empty if it was never applied."""
    return _capture(
        target,
        ["output", "-json", "--log-level", "error"],
        live_dir(target) / unit,
        lambda entries: {str(name): entry["value"] for name, entry in entries.items()},
    )


def show_plan(target: Target, unit: str, file: Path) -> str:
    """Return one unit's saved plan as Terraform prints it; CouldNotTell if Terraform cannot read it."""
    arguments = ["show", "-no-color", str(file), "--tf-forward-stdout", "--log-level", "error"]
    return _read(target, arguments, live_dir(target) / unit)


def _capture(
    target: Target, arguments: Sequence[str], folder: Path, parse: Callable[[Any], dict[str, Parsed]]
) -> dict[str, Parsed]:
    """Run Terragrunt in a folder and return its JSON, parsed; CouldNotTell if it fails or prints another form."""
    text = _read(target, arguments, folder)
    try:
        return parse(json.loads(text or "{}"))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        where = f"terragrunt {arguments[0]} in {folder.relative_to(target.root)}"
        raise CouldNotTell(f"{where}: its output is not the JSON it should be: {error}") from error


def _read(target: Target, arguments: Sequence[str], folder: Path) -> str:
    """Run Terragrunt in a folder and return what it prints; CouldNotTell if it fails."""
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
        where = f"terragrunt {arguments[0]} in {folder.relative_to(target.root)}"
        raise CouldNotTell(f"{where}: {'; '.join(first_lines([result.stderr]))}")
    return result.stdout
