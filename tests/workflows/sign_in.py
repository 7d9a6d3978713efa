"""What aws-actions/configure-aws-credentials does, on a local AWS: it assumes a role with the token of GitHub's job."""

import os
import sys
from pathlib import Path

import yaml

from meridian.deploy.access import apply_roles, plan_roles
from meridian.inventory.load import load_inventory
from meridian.local import server
from meridian.paths import INVENTORY, state_dir
from meridian.state.bootstrap import correct_state_bucket
from meridian.targets import CREDENTIALS_VARIABLE, Target
from tests.e2e import access


def main(name: str, role: str) -> None:
    """Start the account of an environment, and write a session of its role to the environment of the job."""
    root = Path.cwd()
    inventory = load_inventory(root / INVENTORY)
    environment = inventory.environment(name)
    # Both jobs of an environment work on one account, from checkouts of their own.
    account, mine = state_dir(Path("/"), name), state_dir(root, name)
    account.mkdir(parents=True, exist_ok=True)
    if not mine.exists():
        mine.symlink_to(account)
    endpoint = server.start_server(root, environment).endpoint
    target = Target("local", root, environment, inventory.repository, endpoint)
    # What a person has done before: `meridian bootstrap`.
    if correct_state_bucket(target, dry_run=False):
        apply_roles(*plan_roles(target), yes=True, gate=False)

    subject = f"repo:{os.environ['GITHUB_REPOSITORY']}:{_subject(root, name)}"
    found = access.assume(target, role.rpartition(".")[2], subject)
    assert access.arn(target, role.rpartition(".")[2]) == role, f"{role} is no role of {name}."
    session = ":".join(found[f"AWS_{part}"] for part in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"))
    with Path(os.environ["GITHUB_ENV"]).open("a", encoding="utf-8") as file:
        file.write(f"MERIDIAN_TARGET=local\n{CREDENTIALS_VARIABLE}={session}\n")
    print(f"Signed in as {subject} to {role}.")


def _subject(root: Path, name: str) -> str:
    """Return what GitHub's token of this job says after the repository."""
    for file in (root / ".github/workflows").glob("*.yml"):
        job = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].get(os.environ["GITHUB_JOB"], {})
        if "environment" in job:
            return f"environment:{name}"
    return "pull_request" if os.environ["GITHUB_EVENT_NAME"] == "pull_request" else "ref:refs/heads/main"


if __name__ == "__main__":
    main(os.environ["ENVIRONMENT"], sys.argv[1])
