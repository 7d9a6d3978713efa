"""The same tree for `terramate generate`: a stack a unit, each with the text that its file must have."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from meridian.generate.hcl import quoted
from meridian.generate.plan import UNIT

ROOT = """\
terramate {
  config {
  }
}

generate_file %s {
  content = global.text
}
"""


def command() -> list[str] | None:
    """Return the command if Terramate is on PATH; it is not one of the project's tools."""
    found = shutil.which("terramate")
    return [found, "generate"] if found else None


def make(root: Path, units: Mapping[str, str]) -> Path:
    """Write stacks in a fresh folder that ask for the units (path below live/ to text)."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "root.tm.hcl").write_text(ROOT % quoted(UNIT), encoding="utf-8")
    for path, text in units.items():
        folder = (root / "live" / path).parent
        folder.mkdir(parents=True)
        stack = f"stack {{\n}}\n\nglobals {{\n  text = {quoted(text)}\n}}\n"
        (folder / "stack.tm.hcl").write_text(stack, encoding="utf-8")
    return root
