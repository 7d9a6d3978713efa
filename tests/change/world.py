"""A repository with git, two modules and three environments, made for each test in a folder of its own."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from meridian.cli import main

INVENTORY = """\
# The platform of the tests.
project: demo
repository: https://example.com/org/demo.git
defaults:
  size: {small: 1}

environments: # in promotion order
  dev:
    account_id: "100000000001"
    primary_region: us-east-1
    versions: working-tree # what is checked out
    regions:
      us-east-1: {}
  staging:
    account_id: "100000000002"
    primary_region: us-east-1
    versions: {store: 1.0.0, web: 1.0.0} # pinned
    regions:
      us-east-1: {}
      eu-west-1:
        size: {small: 2}
        reason: "Half of the load is here"
  prod:
    account_id: "100000000003"
    primary_region: us-east-1
    protected: true
    versions:
      # The table first.
      store: "1.0.0" # quoted
      web: 1.0.0
    regions:
      us-east-1: {}
"""
STORE = {
    "unit.yaml": """\
placement: every_region
inputs:
  deletion_protection: {protected: true, otherwise: false}
  name: {environment: prefix}
""",
    "variables.tf": """\
variable "deletion_protection" {
  type    = bool
  default = true
}

variable "name" {
  type = string
}
""",
    "outputs.tf": """\
output "arn" {
  description = "The table, e.g. arn:aws:dynamodb:us-east-1:123456789012:table/EXAMPLE."
  value       = aws_dynamodb_table.it.arn
}
""",
    "main.tf": 'resource "aws_dynamodb_table" "it" {\n  name = var.name\n}\n\nresource "aws_kms_key" "it" {}\n',
}
WEB = {
    "unit.yaml": """\
placement: every_region
needs: {store: same_region}
inputs:
  name: {environment: prefix}
  size: {setting: size}
  store: {output: store.arn}
""",
    "variables.tf": """\
variable "name" {
  type = string
}

variable "size" {
  type    = object({ small = number, large = optional(number, 5) })
  default = { small = 1 }
}

variable "store" {
  type = string
}
""",
    "outputs.tf": """\
output "url" {
  description = "Where it answers, e.g. https://EXAMPLE.example.com."
  value       = "https://example.com"
}
""",
    "main.tf": """\
resource "aws_lambda_function" "it" {
  function_name = var.name
}

resource "aws_iam_role" "function" {
  count = 1
}
""",
}
LOCK = 'provider "registry.terraform.io/hashicorp/aws" {{\n  version = "{version}"\n  hashes  = ["h1:{version}"]\n}}\n'


def make(root: Path, inventory: str = INVENTORY) -> Path:
    """Make the repository on branch main: both modules released as 1.0.0, live/ generated and committed."""
    for module, files in (("store", STORE), ("web", WEB)):
        for name, text in files.items():
            write(root, f"modules/{module}/{name}", text)
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root, "feat: first modules")
    rows = "".join(row(root, module, "1.0.0") for module in ("store", "web"))
    write(root, "modules/releases.yaml", f"# The ledger.\nreleases:\n{rows}")
    write(root, "live/inventory.yaml", inventory)
    for environment in ("dev", "staging", "prod"):
        write(root, f"live/{environment}/.terraform.lock.hcl", LOCK.format(version="5.0.0"))
    write(root, ".gitignore", "/out/\n")
    generate(root)
    commit(root, "feat: first release")
    return root


def row(root: Path, module: str, version: str) -> str:
    """Return the ledger's row for a module as it is in HEAD."""
    found, tree = git(root, "rev-parse", "HEAD"), git(root, "rev-parse", f"HEAD:modules/{module}")
    return (
        f'  - module: {module}\n    version: {version}\n    commit: "{found}"\n    tree: "{tree}"\n'
        '    date: "2026-01-02"\n    note: A release.\n'
    )


def released(root: Path, module: str, version: str) -> None:
    """Add the module as it is in HEAD to the ledger, and commit that."""
    ledger = root / "modules/releases.yaml"
    ledger.write_text(ledger.read_text() + row(root, module, version))
    commit(root, f"chore: release {module} {version}")


def write(root: Path, path: str, text: str) -> None:
    """Write a file below the root."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def change(root: Path, path: str, old: str, new: str) -> None:
    """Replace a text that must be in a file."""
    text = (root / path).read_text(encoding="utf-8")
    assert old in text
    write(root, path, text.replace(old, new, 1))


def commit(root: Path, subject: str) -> str:
    """Commit everything, and return the commit's id."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", subject)
    return git(root, "rev-parse", "HEAD")


def files(root: Path) -> dict[str, str]:
    """Return every file below live/ and modules/ with its text."""
    return {
        file.relative_to(root).as_posix(): file.read_text(encoding="utf-8")
        for folder in ("live", "modules")
        for file in sorted((root / folder).rglob("*"))
        if file.is_file()
    }


def generate(root: Path) -> None:
    """Render live/."""
    assert main(["generate", "--root", str(root)]) == 0


def refused(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the message of a command that refuses; nothing was written."""
    before = files(root)
    assert main([*arguments, "--root", str(root)]) == 2
    assert files(root) == before
    return capsys.readouterr().err


def report(root: Path, command: str) -> Any:
    """Return the kept report of a command."""
    return json.loads((root / f"out/{command}.json").read_text())


def git(root: Path, *arguments: str) -> str:
    """Return the output of a git command, run without the user's settings."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=Demo", "-c", "user.email=demo@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=root, env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
