"""The same tree for the other generators: `terragrunt stack generate` and, if installed, `terramate generate`."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from meridian.render.hcl import format_literal, quote_string
from meridian.render.plan import UNIT

TERRAMATE = """\
terramate {
  config {
  }
}

generate_file %s {
  content = global.text
}
"""


def find_terramate() -> str | None:
    """Return the path of Terramate if PATH has it; Meridian does not install it."""
    return shutil.which("terramate")


def make_stack(root: Path, units: Mapping[str, str]) -> Path:
    """Write a stack file with a unit for each path below live/.

    Units with the same text share a source: Terragrunt only has to copy.
    """
    sources: dict[str, str] = {}
    blocks: list[str] = []
    for number, (path, text) in enumerate(units.items()):
        source = sources.setdefault(text, f"units/{len(sources)}")
        folder = f"live/{path.removesuffix(f'/{UNIT}')}"
        body = format_literal({"source": f"./{source}", "path": folder, "no_dot_terragrunt_stack": True})
        blocks.append(f"unit {quote_string(f'u{number}')} {body}\n")
    for text, source in sources.items():
        _write(root / source / UNIT, text)
    _write(root / "terragrunt.stack.hcl", "\n".join(blocks))
    return root


def make_terramate(root: Path, units: Mapping[str, str]) -> Path:
    """Write a Terramate stack for each path below live/, with the text that its file should have."""
    _write(root / "root.tm.hcl", TERRAMATE % quote_string(UNIT))
    for path, text in units.items():
        _write(
            (root / "live" / path).parent / "stack.tm.hcl",
            f"stack {{\n}}\n\nglobals {{\n  text = {quote_string(text)}\n}}\n",
        )
    return root


def find_differences(root: Path, units: Mapping[str, str]) -> list[str]:
    """Return the units that are missing, differ in a byte, or should not exist."""
    found = {file.relative_to(root / "live").as_posix(): file for file in (root / "live").rglob(UNIT)}
    other = {path for path, file in found.items() if units.get(path) != file.read_text(encoding="utf-8")}
    return sorted(other | (units.keys() - found.keys()))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
