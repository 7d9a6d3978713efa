"""The blocks of variables.tf and outputs.tf, parsed by python-hcl2 once for each content."""

import contextlib
import hashlib
import json
from typing import Any, NamedTuple

from meridian import files
from meridian.errors import UserError
from meridian.paths import cache_dir

Node = list[Any]
"""An expression: [operator or function, *operands]; ["name", *steps] and ["value", v] have no operands."""

# Part of every cached file's name: raise it when nodes change.
_FORMAT = 3


class Block(NamedTuple):
    """A `variable` or `output` block."""

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
    """Return the blocks of a kind (`variable` or `output`) by name; UserError names file and line.

    Parsing takes 0.5 s and more: the result is kept in the user's cache folder under the hash of the text.
    """
    cached = cache_dir() / "contracts" / f"{_FORMAT}-{kind}-{hashlib.sha256(text.encode()).hexdigest()}.json"
    try:
        found = [Block(*row) for row in json.loads(cached.read_bytes())]
    except (OSError, ValueError, TypeError):
        found = _parse(text, file, kind)
        with contextlib.suppress(OSError):
            cached.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.write_file(cached, json.dumps(found), 0o600)
    result: dict[str, Block] = {}
    for block in found:
        if block.name in result:
            first = result[block.name].line
            raise UserError(f"{file}:{block.line}: {kind} {block.name!r} is declared twice, first in line {first}.")
        result[block.name] = block
    return result


def _parse(text: str, file: str, kind: str) -> list[Block]:
    # Slow to import, and seldom needed.
    from lark.exceptions import LarkError

    from meridian.modules import hcl

    try:
        body = hcl.parse_body(text)
    except LarkError as error:
        line = max(getattr(error, "line", 1) or 1, 1)
        raise UserError(
            f"{file}:{line}: is not valid HCL.", "Run `terraform fmt` in its folder: it shows the reason."
        ) from error
    return [
        Block(block.labels[0], block.line, block.attributes, [inner.attributes for inner in block.blocks])
        for block in body.blocks
        if block.kind == kind and block.labels
    ]
