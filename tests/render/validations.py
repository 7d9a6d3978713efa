"""The validations of a module's variables.tf, run by Terraform without provider, state or account."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from meridian import tools


def refusals(terraform: Path, text: str, runs: Mapping[str, Mapping[str, Any]], folder: Path) -> str:
    """Run `terraform test` in an empty folder: `text` declares variables, `runs` are blocks of a test by name.

    Returns nothing if every run did as it says, else what Terraform printed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "variables.tf").write_text(text, encoding="utf-8")
    (folder / "probes.tftest.json").write_text(json.dumps({"run": runs}), encoding="utf-8")
    done = subprocess.run(
        [str(terraform), "test", "-no-color"],
        cwd=folder,
        env=tools.variables(os.environ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    passed = f"Success! {len(runs)} passed, 0 failed." in done.stdout
    return "" if passed else done.stdout + done.stderr


def only(text: str, variables: Iterable[str]) -> str:
    """Return the blocks of some variables, as `terraform fmt` leaves them."""
    patterns = [rf'^variable "{name}" {{$.*?^}}$' for name in variables]
    found = [re.search(pattern, text, re.MULTILINE | re.DOTALL) for pattern in patterns]
    assert all(found), patterns
    return "\n\n".join(block[0] for block in found if block) + "\n"
