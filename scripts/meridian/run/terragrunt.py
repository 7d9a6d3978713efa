"""The only place that starts Terragrunt."""

import json
import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian import tools
from meridian.console import say
from meridian.errors import CouldNotTell, MeridianError, OperationFailed
from meridian.paths import out_dir
from meridian.run.progress import Progress
from meridian.targets import Target

INTERRUPT_GRACE_SECONDS = 120
# Another run was just writing that unit's backend.tf: it is not there for a moment.
BUSY = "Backend initialization required"
ATTEMPTS = 3
LOCKED = "Error acquiring the state lock"
LOCK_INFO = re.compile(r"^[│ ]*(ID|Operation|Who|Created): +(.*\S)", re.MULTILINE)
REASONS = (
    (
        LOCKED,
        CouldNotTell,
        "Another run holds the state lock; wait for it, then try again. If that run is dead: "
        "`terragrunt force-unlock ID` in the unit's folder.",
    ),
    ("NoSuchBucket", CouldNotTell, "The state bucket is missing: run `meridian bootstrap` for this environment first."),
    ("No valid credential sources found", CouldNotTell, "Sign in first, e.g. `aws sso login`."),
    ("ExpiredToken", CouldNotTell, "The credentials have expired: sign in again."),
    ("Saved plan is stale", OperationFailed, "The state has changed since the plan was made: plan again."),
)


@dataclass(frozen=True)
class RunResult:
    """How one run ended: Terragrunt's code, each unit's result, what went wrong, the log."""

    code: int
    units: dict[str, str]
    errors: dict[str, list[str]]
    log: Path

    @property
    def succeeded(self) -> tuple[str, ...]:
        """The units that Terragrunt reports as succeeded."""
        return tuple(unit for unit, result in self.units.items() if result == "succeeded")

    def require_success(self, doing: str) -> None:
        """Raise OperationFailed or CouldNotTell, with the first lines of each unit's error."""
        if self.code == 0 and set(self.units.values()) <= {"succeeded"} and self.units:
            return
        raise self.failure(doing)

    def failure(self, doing: str) -> MeridianError:
        """Return the error that says which units failed and why, and where the log is."""
        everything = "\n".join(text for texts in self.errors.values() for text in texts)
        bad = sorted(unit for unit, result in self.units.items() if result != "succeeded")
        lines = [f"{doing} failed" + (f" in {', '.join(bad)}." if bad else ".")]
        # Terragrunt itself repeats at the end what its units said.
        told = {unit: texts for unit, texts in self.errors.items() if unit} or self.errors
        for unit, texts in told.items():
            lines += [f"  {unit or 'terragrunt'}: {line}" for line in lock_holder(texts) or first_lines(texts)]
        for sign, kind, hint in REASONS:
            if sign in everything:
                return kind("\n".join(lines), hint)
        return OperationFailed("\n".join(lines), f"The whole log: {self.log}")


def first_lines(texts: Sequence[str], limit: int = 6) -> list[str]:
    """Return the telling lines of error texts: no frames, no repetitions, at most `limit`."""
    lines: list[str] = []
    for text in texts:
        for line in text.splitlines():
            bare = re.sub(r"\x1b\[[0-9;]*m", "", line).strip("│╷╵ ").strip()
            if bare and bare not in lines:
                lines.append(bare)
    return lines[:limit]


def lock_holder(texts: Sequence[str]) -> list[str]:
    """Return the line that says who holds a state's lock, if that is what the error texts are about."""
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
    """Run `terragrunt run --all -- VERB` on the environment, or on the named units only.

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
            progress = Progress(kept, live_dir(target))
            code = _stream(command, target, progress)
        rows = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else []
    return RunResult(code, {row["Name"]: row["Result"] for row in rows}, progress.errors, log)


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
        said = process.stdout or ()
        try:
            for line in said:
                progress.line(line)
            return process.wait()
        except KeyboardInterrupt:
            say("   interrupted: waiting until Terraform has ended and given its locks back")
            # The terminal's interrupt reached Terraform too. Unread, what it still says would block it.
            patience = threading.Timer(INTERRUPT_GRACE_SECONDS, process.kill)
            patience.start()
            try:
                for line in said:
                    progress.line(line)
            finally:
                patience.cancel()
            raise


def graph(target: Target) -> dict[str, tuple[str, ...]]:
    """Return each unit of the environment with the units it needs, in Terragrunt's own words."""
    rows = json.loads(_capture(target, ["find", "--json", "--dependencies"], live_dir(target)))
    if not rows:
        raise CouldNotTell(f"live/{target.environment.name} holds no units.", "Run `meridian generate`.")
    return {row["path"]: tuple(row.get("dependencies", ())) for row in rows}


def output(target: Target, unit: str) -> dict[str, Any]:
    """Return one unit's outputs, name to value; empty if it was never applied."""
    text = _capture(target, ["output", "-json", "--log-level", "error"], live_dir(target) / unit)
    values: dict[str, Any] = {name: entry["value"] for name, entry in json.loads(text or "{}").items()}
    return values


def _capture(target: Target, arguments: Sequence[str], folder: Path) -> str:
    for _ in range(ATTEMPTS):
        result = subprocess.run(
            [str(tools.path("terragrunt")), *arguments, "--no-color", "--working-dir", str(folder)],
            cwd=target.root,
            env=target.environ(dict(os.environ)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode == 0:
            return result.stdout
        if BUSY not in result.stderr:
            break
    lines = first_lines([result.stderr])
    raise CouldNotTell(f"terragrunt {arguments[0]} in {folder.relative_to(target.root)}: {'; '.join(lines)}")
