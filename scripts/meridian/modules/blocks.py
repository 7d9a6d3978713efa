"""The blocks of variables.tf and outputs.tf, parsed by python-hcl2 once for each content."""

import contextlib
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from meridian import files
from meridian.errors import UserError
from meridian.paths import cache_dir

Node = list[Any]
"""An expression: [operator or function, *operands]; ["name", *steps] and ["value", v] have no operands."""

# Part of every cached file's name: raise it when nodes change.
_FORMAT = 3


@dataclass(frozen=True)
class Block:
    """A block with one label, e.g. a `variable`; `validations` are the attributes of those blocks in it."""

    kind: str
    name: str
    line: int
    attributes: dict[str, Node]
    validations: list[dict[str, Node]]

    @property
    def description(self) -> str:
        """Its description, empty without one."""
        return read_string(self.attributes.get("description"))


def read_string(node: Node | None) -> str:
    """Return a string without interpolation, empty for any other expression."""
    return node[1] if node and node[0] == "value" and isinstance(node[1], str) else ""


def read_blocks(text: str, file: str, kind: str) -> dict[str, Block]:
    """Return the blocks of a kind (`variable` or `output`) by name; UserError names file and line."""
    result: dict[str, Block] = {}
    for block in (one for one in _parse(text, file) if one.kind == kind):
        if block.name in result:
            first = result[block.name].line
            raise UserError(f"{file}:{block.line}: {kind} {block.name!r} is declared twice, first in line {first}.")
        result[block.name] = block
    return result


def _parse(text: str, file: str) -> list[Block]:
    """Return the blocks of a file; they are cached by the hash of the text, because parsing takes 0.5 s and more."""
    cached = cache_dir() / "contracts" / f"{_FORMAT}-{hashlib.sha256(text.encode()).hexdigest()}.json"
    with contextlib.suppress(OSError, ValueError, TypeError):
        return [Block(**row) for row in json.loads(cached.read_bytes())]

    from lark.exceptions import LarkError

    from meridian.modules import hcl

    try:
        rows = hcl.parse_blocks(text)
    except LarkError as error:
        line = max(getattr(error, "line", 1) or 1, 1)
        raise UserError(
            f"{file}:{line}: is not valid HCL.", "Run `terraform fmt` in its folder: it shows the reason."
        ) from error
    with contextlib.suppress(OSError):
        cached.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write_file(cached, json.dumps(rows), 0o600)
    return [Block(**row) for row in rows]
