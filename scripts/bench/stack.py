"""The same tree for `terragrunt stack generate`: one stack file, units copied from rendered ones."""

from collections.abc import Mapping
from pathlib import Path

from meridian.generate.hcl import literal, quoted
from meridian.generate.plan import UNIT

STACK = "terragrunt.stack.hcl"


def make(root: Path, units: Mapping[str, str]) -> Path:
    """Write a stack file in a fresh folder that asks for the units (path below live/ to text).

    Units with one text share one source, so that Terragrunt has the least to do that it can have: it copies.
    """
    sources: dict[str, str] = {}
    blocks: list[str] = []
    for number, (path, text) in enumerate(units.items()):
        source = sources.setdefault(text, f"units/{len(sources)}")
        body = literal({"source": f"./{source}", "path": _folder(path), "no_dot_terragrunt_stack": True})
        blocks.append(f"unit {quoted(f'u{number}')} {body}\n")
    root.mkdir(parents=True, exist_ok=True)
    for text, source in sources.items():
        (root / source).mkdir(parents=True)
        (root / source / UNIT).write_text(text, encoding="utf-8")
    (root / STACK).write_text("\n".join(blocks), encoding="utf-8")
    return root


def differences(root: Path, units: Mapping[str, str]) -> list[str]:
    """Return the units that another tool did not write with the same bytes, or wrote though nobody asked."""
    found = {file.relative_to(root / "live").as_posix(): file for file in (root / "live").rglob(UNIT)}
    other = {path for path, file in found.items() if units.get(path) != file.read_text(encoding="utf-8")}
    return sorted(other | (units.keys() - found.keys()))


def _folder(path: str) -> str:
    return f"live/{path.removesuffix(f'/{UNIT}')}"
