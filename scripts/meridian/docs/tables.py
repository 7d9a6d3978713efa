"""The tables of inputs and outputs in a module's README."""

from collections.abc import Sequence
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

from meridian.modules.blocks import Block, read_blocks


def inputs_table(text: str, file: str) -> str:
    """Return the Markdown table of a variables.tf, required inputs first; UserError names file and line."""
    bodies = _bodies(text)
    found = sorted(
        read_blocks(text, file, "variable").values(), key=lambda row: ("default" in row.attributes, row.name)
    )
    rows = [(_link(row, "variables.tf"), row.description, *_cells(bodies[row.name])) for row in found]
    return _table(("Name", "What it does", "Type", "Default"), rows)


def outputs_table(text: str, file: str) -> str:
    """Return the Markdown table of an outputs.tf; UserError names file and line."""
    found = sorted(read_blocks(text, file, "output").values(), key=lambda row: row.name)
    return _table(("Name", "What it is"), [(_link(row, "outputs.tf"), row.description) for row in found])


def _bodies(text: str) -> dict[str, dict[str, Any]]:
    options = SerializationOptions(with_comments=False)
    blocks = hcl2.loads(f"{text}\n", serialization_options=options).get("variable", [])
    return {name.strip('"'): body for block in blocks for name, body in block.items()}


def _cells(body: dict[str, Any]) -> tuple[str, str]:
    kind = str(body.get("type", "any")).removeprefix("${").removesuffix("}")
    return _code(kind), _code(_literal(body["default"])) if "default" in body else "required"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def _link(row: Block, file: str) -> str:
    return f"[{row.name}]({file}#L{row.line})"


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
