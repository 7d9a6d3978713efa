"""What the modules declare, as plain values: for tests that read files and start nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import yaml
from hcl2.utils import SerializationOptions

from meridian.modules.blocks import Node, read_blocks
from meridian.modules.types import Type, read_type

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(manifest.parent for manifest in ROOT.glob("modules/*/unit.yaml"))
SENTINEL = "meridianmock"


@dataclass(frozen=True)
class Run:
    """One `run` block: its file, its name, its body."""

    file: Path
    name: str
    body: Mapping[str, Any]


@cache
def read(file: Path) -> dict[str, Any]:
    """Return a file of Terraform's language as plain values, strings without quotes."""
    options = SerializationOptions(with_comments=False, strip_string_quotes=True)
    parsed: dict[str, Any] = hcl2.loads(file.read_text(encoding="utf-8"), serialization_options=options)
    return parsed


def blocks(file: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Return the blocks of one kind in a file, by their one label, in the file's order."""
    return {name: body for block in read(file).get(kind, []) for name, body in block.items()}


def variables(module: Path) -> dict[str, dict[str, Any]]:
    """Return the variables of a module by name."""
    return blocks(module / "variables.tf", "variable")


def outputs(module: Path) -> dict[str, dict[str, Any]]:
    """Return the outputs of a module by name."""
    return blocks(module / "outputs.tf", "output")


def runs(module: Path) -> list[Run]:
    """Return every `run` block of a module's tests."""
    files = sorted((module / "tests").glob("*.tftest.hcl"))
    return [Run(file, name, body) for file in files for name, body in blocks(file, "run").items()]


def manifest(module: Path) -> dict[str, Any]:
    """Return a module's unit.yaml."""
    content: dict[str, Any] = yaml.safe_load((module / "unit.yaml").read_text(encoding="utf-8"))
    return content


def parse_type(text: str) -> Type:
    """Return the type that an expression of Terraform's language names."""
    return read_type(parse_expression(text))


def parse_expression(text: str) -> Node:
    """Return an expression of Terraform's language as lists."""
    return read_blocks(f'output "x" {{\nvalue = {text}\n}}', "outputs.tf", "output")["x"].attributes["value"]


def example(output: Mapping[str, Any]) -> str:
    """Return the example at the end of an output's description, or nothing."""
    found = re.search(r", e\.g\. (\S+)\.$", str(output.get("description", "")))
    return found[1] if found else ""


def needed_outputs(source: Any) -> list[str]:
    """Return every `unit.output` that a manifest's source of a value names, however deep."""
    if isinstance(source, dict):
        own = [source["output"]] if isinstance(source.get("output"), str) else []
        return own + [name for value in source.values() for name in needed_outputs(value)]
    return [name for value in source for name in needed_outputs(value)] if isinstance(source, list) else []
