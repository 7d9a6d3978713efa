"""A copy of the repository in a folder of its own, and the commands that a user would type in it."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from meridian.gate.checkov.engine import VENV
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Environment
from meridian.local import child, server
from meridian.paths import INVENTORY, state_dir
from meridian.targets import Target
from tests.example import lay_example

ROOT = Path(__file__).resolve().parents[2]
# Far longer than any command runs, also on a busy machine.
TIMEOUT_SECONDS = 900
OF_A_CALLER = "AWS_", "MERIDIAN_", "TF_VAR_", "TG_"
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(OF_A_CALLER)}
# Two clones are worked on by two threads, and a process has one environment.
STATE_HOME = threading.RLock()


@dataclass(frozen=True)
class Done:
    """How a command ended, what it printed, and the checkout it ran in."""

    command: str
    code: int
    stdout: str
    stderr: str
    root: Path

    def expect(self, code: int) -> "Done":
        """Return this if it ended with that exit code; else fail with the ends of output and log."""
        if self.code != code:
            pytest.fail(f"`{self.command}` ended with {self.code}, wanted {code}.\n{self.tails()}", pytrace=False)
        return self

    def tails(self) -> str:
        """Return the last lines of stdout, of stderr and of the newest log of Terragrunt."""
        parts = {"stdout": self.stdout, "stderr": self.stderr}
        logs = sorted(self.root.glob("out/*/*/logs/*.log"), key=lambda path: path.stat().st_mtime)
        parts |= {str(path): path.read_text(errors="replace") for path in logs[-1:]}
        return "\n".join(f"--- end of {name}:\n" + "\n".join(text.splitlines()[-40:]) for name, text in parts.items())


@dataclass(frozen=True)
class Checkout:
    """One clone; `home` holds the state folder that all clones of one test run share."""

    root: Path
    home: Path

    def environ(self, **variables: str | None) -> dict[str, str]:
        """Return a caller's environment, whose profile is of another account, with `variables` (None: unset)."""
        ours = {
            "AWS_CONFIG_FILE": str(self.home / "aws-config"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PROFILE": "production",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PYTHONPATH": str(self.root / "scripts"),
            "XDG_STATE_HOME": str(self.home / "state"),
        }
        return {name: value for name, value in (PLAIN | ours | variables).items() if value is not None}

    def command(self, *words: str) -> list[str]:
        """Return the console command as this virtual environment runs it."""
        return [sys.executable, "-m", "meridian", *words]

    def meridian(self, *words: str, **variables: str | None) -> Done:
        """Run the command line in this checkout, without a terminal."""
        return self.run(self.command(*words), **variables)

    def run(self, command: Sequence[str], **variables: str | None) -> Done:
        """Run any command in this checkout with the caller's environment and `variables`."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environ(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        words = " ".join(command).replace(f"{sys.executable} -m ", "")
        return Done(words, done.returncode, done.stdout, done.stderr, self.root)

    def shell(self, environment: str, command: str, **variables: str | None) -> Done:
        """Run a command of a shell that has evaluated `meridian env` and nothing else."""
        script = f'variables=$("$@") && eval "$variables" || exit 99\n{command}'
        env = self.command("env", environment, "--target", "local")
        return self.run(["sh", "-c", script, "sh", *env], **variables)

    def second_plan(self, environment: str) -> Done:
        """Plan with plain Terragrunt."""
        plan = f"terragrunt run --all --no-color --working-dir live/{environment} -- plan -detailed-exitcode"
        return self.shell(environment, plan)

    def report(self, command: str) -> dict[str, Any]:
        """Return the last report of a command."""
        report: dict[str, Any] = json.loads((self.root / f"out/{command}.json").read_text())
        return report

    def folder(self, environment: str) -> Path:
        """Return where the local AWS of an environment keeps what it holds."""
        with self.state_home():
            return state_dir(self.root, environment)

    def process(self, environment: str) -> dict[str, Any] | None:
        """Return the record of the process that is the local AWS of an environment, None if none runs."""
        return child.find_process(self.folder(environment))

    def environment(self, name: str) -> Environment:
        """Return an environment as the inventory has it now."""
        return load_inventory(self.root / INVENTORY).environment(name)

    def units(self, environment: str) -> list[str]:
        """Return the rendered units of an environment, e.g. us-east-1/data."""
        live = self.root / "live" / environment
        return sorted(str(path.parent.relative_to(live)) for path in live.rglob("terragrunt.hcl"))

    def target(self, environment: str) -> Target:
        """Return the running local AWS of an environment, for calls of the test's own."""
        chosen = self.environment(environment)
        with self.state_home():
            running = server.find_server(self.root, chosen)
        assert running is not None, f"The local AWS of {environment} is not running in {self.root}."
        return Target("local", self.root, chosen, load_inventory(self.root / INVENTORY).repository, running.endpoint)

    def end(self) -> None:
        """Stop every local AWS of this checkout and wipe it, also where the checkout itself is broken."""
        self.meridian("down", "--forget")
        with self.state_home():
            for environment in server.list_environments(self.root):
                server.stop_server(self.root, environment, forget=True)

    @contextmanager
    def state_home(self) -> Iterator[None]:
        """Let this process look for local AWSs where the commands of this checkout keep them."""
        with STATE_HOME, pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_STATE_HOME", str(self.home / "state"))
            yield


def clone(destination: Path, home: Path) -> Checkout:
    """Clone this repository with its history and what the working tree holds; its inventory is the one of the tests."""
    _git("clone", "--quiet", "--no-checkout", str(ROOT), str(destination), cwd=ROOT)
    _git("reset", "--quiet", cwd=destination)
    for name in _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            (destination / name).write_bytes(source.read_bytes())
            (destination / name).chmod(source.stat().st_mode)
    # Checkov's environment is made by `make checkov`; the gate uses the one of its own checkout.
    (destination / VENV).symlink_to(ROOT / VENV)
    lay_example(destination)
    return Checkout(destination, home)


def changes(done: Done) -> dict[str, str]:
    """Return what an apply printed for each unit, e.g. {"us-east-1/data": "5 added, 0 changed, 0 destroyed"}."""
    return dict(re.findall(r"(\S+): Apply complete! Resources: (.+)\.", done.stderr))


def verdicts(report: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the results of a verification by region, e.g. {"us-east-1": {"PASS"}}."""
    columns = ("greet", "item", "message", "refusals", "routes", "status")
    return {row["region"]: {row[name] for name in columns} for row in report["regions"]}


def _git(*arguments: str, cwd: Path) -> str:
    return subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=True).stdout
