"""The examples of all policies as one plan, made by Terraform: `python -m meridian.gate.checkov.canary_plan [--check]`.

This needs no AWS account: the examples read no data of one.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from meridian import tools
from meridian.errors import Exit, OperationFailed
from meridian.gate.checkov import canary
from meridian.gate.checkov.engine import HOME
from meridian.modules.resources import find_resources

PROVIDER = """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}
"""
KEPT = ("format_version", "terraform_version", "planned_values", "resource_changes", "configuration")


def code(home: Path = HOME) -> str:
    """Return all examples as one module, each resource named after its policy and kind."""
    parts = []
    for file in sorted((home / canary.FIXTURES).glob("*/*/main.tf")):
        text = file.read_text(encoding="utf-8")
        policy, kind = file.parts[-3:-1]
        for block in list(find_resources(text)):
            of, own = block.type, block.name
            new = canary.canary_name(policy, kind, own)
            text = text.replace(f'"{of}" "{own}"', f'"{of}" "{new}"')
            text = re.sub(rf"\b{of}\.{own}\b", f"{of}.{new}", text)
        parts.append(text)
    return "\n".join(parts)


def make(home: Path = HOME) -> str:
    """Return Terraform's plan of all examples, with only the keys that policies read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.tf").write_text(code(home), encoding="utf-8")
        (folder / "provider.tf").write_text(PROVIDER, encoding="utf-8")
        # A function needs a package to be planned.
        (folder / "function.zip").write_bytes(b"")
        _terraform(folder, "init", "-input=false", "-no-color")
        _terraform(folder, "plan", "-input=false", "-refresh=false", "-no-color", "-out=tfplan")
        plan = json.loads(_terraform(folder, "show", "-json", "tfplan"))
    kept = {key: plan[key] for key in KEPT}
    kept["terraform_version"] = "any"
    kept["configuration"].pop("provider_config", None)
    for change in kept["resource_changes"]:
        change["change"] = {key: change["change"][key] for key in ("actions", "before", "after", "after_unknown")}
    # A line for each resource.
    return json.dumps(kept, sort_keys=True).replace(', {"address"', ',\n{"address"') + "\n"


def _terraform(folder: Path, *arguments: str) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
    done = subprocess.run(
        [tools.path("terraform"), *arguments],
        cwd=folder,
        env=tools.variables(clean) | {"HOME": os.environ.get("HOME", str(folder))},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OperationFailed(f"terraform {arguments[0]} over the examples: {done.stderr.strip()[-2000:]}")
    return done.stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the plan, or with --check only print whether it is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the plan is stale")
    options = parser.parse_args(arguments)
    file, made = HOME / canary.PLAN, make()
    if options.check and file.read_text(encoding="utf-8") != made:
        print(f"{canary.PLAN} is stale. Fix: .venv/bin/python -m meridian.gate.checkov.canary_plan")
        return Exit.FINDINGS
    file.write_text(made, encoding="utf-8")
    return Exit.OK


if __name__ == "__main__":
    sys.exit(main())
