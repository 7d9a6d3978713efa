"""The roles as variables of the GitHub repository: entered with `gh` if it is signed in, else printed as commands."""

import shlex
import shutil
import subprocess
from collections.abc import Mapping

from meridian.console import say
from meridian.inventory.model import Environment
from meridian.inventory.names import github_name

VARIABLES = {"apply": "DEPLOY_ROLE_ARN", "verify": "VERIFY_ROLE_ARN"}
"""The variables of a GitHub environment that the workflows read, by role."""


def variable_commands(environment: Environment, repository: str, roles: Mapping[str, str]) -> list[list[str]]:
    """Return the commands that enter roles and primary region in GitHub."""
    where = ["--repo", github_name(repository) or repository]
    values = {VARIABLES[role]: arn for role, arn in roles.items() if role in VARIABLES}
    # A plan runs in no GitHub environment.
    plan = f"PLAN_ROLE_ARN_{environment.name.upper().replace('-', '_')}"
    of_all = {plan: roles["plan"], "PRIMARY_REGION": environment.primary_region}
    found = [["gh", "variable", "set", name, *where, "--body", value] for name, value in of_all.items()]
    return found + [
        ["gh", "variable", "set", name, "--env", environment.name, *where, "--body", value]
        for name, value in values.items()
    ]


def enter_variables(commands: list[list[str]]) -> bool:
    """Run the commands if `gh` is there and signed in; print those that were not run or failed."""
    left = [command for command in commands if not _succeeds(command)] if _is_signed_in() else commands
    if left:
        print("Enter these in GitHub:")
        for command in left:
            print(f"  {shlex.join(command)}")
    return not left


def _is_signed_in() -> bool:
    return shutil.which("gh") is not None and _succeeds(["gh", "auth", "status"], quiet=True)


def _succeeds(command: list[str], *, quiet: bool = False) -> bool:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode and not quiet:
        say(f"   {shlex.join(command[:4])}: {done.stderr.strip() or f'exit {done.returncode}'}")
    return done.returncode == 0
