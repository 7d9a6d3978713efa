"""What variables.tf and outputs.tf declare; parsed by python-hcl2 once for each content."""

import hashlib
import re
from dataclasses import asdict, dataclass
from typing import Any

from meridian.errors import UserError
from meridian.modules import cache


@dataclass(frozen=True)
class Declaration:
    """One `variable` or `output` block: its line, its type expression and whether it has a default."""

    name: str
    line: int
    description: str
    type: str
    has_default: bool


def variables(text: str, file: str) -> dict[str, Declaration]:
    """Return the variables that a variables.tf declares, by name; UserError names file and line."""
    return _declared(text, file, "variable")


def outputs(text: str, file: str) -> dict[str, Declaration]:
    """Return the outputs that an outputs.tf declares, by name; UserError names file and line."""
    return _declared(text, file, "output")


def _declared(text: str, file: str, block: str) -> dict[str, Declaration]:
    key = f"{block}-{hashlib.sha256(text.encode()).hexdigest()}"
    kept = cache.get(key)
    try:
        found = [Declaration(**row) for row in kept]
    except TypeError:
        found = _parsed(text, file, block)
        cache.put(key, [asdict(declaration) for declaration in found])
    result: dict[str, Declaration] = {}
    for declaration in found:
        if declaration.name in result:
            first = result[declaration.name].line
            raise UserError(
                f"{file}:{declaration.line}: {block} {declaration.name!r} is there twice, see line {first}."
            )
        result[declaration.name] = declaration
    return result


def _parsed(text: str, file: str, block: str) -> list[Declaration]:
    # Slow to import, and seldom needed.
    import hcl2
    from hcl2.utils import SerializationOptions
    from lark.exceptions import LarkError

    options = SerializationOptions(with_comments=False, preserve_heredocs=False, strip_string_quotes=True)
    try:
        tree = hcl2.loads(text if text.endswith("\n") else f"{text}\n", serialization_options=options)
    except LarkError as error:
        line = max(getattr(error, "line", 1) or 1, 1)
        raise UserError(
            f"{file}:{line}: is not valid HCL.", "Run `terraform fmt` in its folder: it says more."
        ) from error
    except RecursionError as error:
        raise UserError(f"{file}:1: is nested deeper than anybody reads.", "Take what is not needed out.") from error
    lines = _lines(text, block)
    return [
        _declaration(name, body, found.pop(0) if (found := lines.get(name)) else 1)
        for entry in tree.get(block, [])
        for name, body in entry.items()
        if isinstance(body, dict)
    ]


def _declaration(name: str, body: dict[str, Any], line: int) -> Declaration:
    kind = str(body.get("type", "any"))
    if kind.startswith("${") and kind.endswith("}"):
        kind = kind[2:-1]
    return Declaration(name, line, str(body.get("description", "")), kind, "default" in body)


def _lines(text: str, block: str) -> dict[str, list[int]]:
    """Return the lines on which blocks begin, by name; python-hcl2 keeps no positions in its result."""
    bare = re.sub(r"/\*.*?\*/", lambda match: re.sub("[^\n]", " ", match[0]), text, flags=re.DOTALL)
    found: dict[str, list[int]] = {}
    for match in re.finditer(rf'^[ \t]*{block}[ \t]+"?([A-Za-z0-9_-]+)"?[ \t]*\{{', bare, re.MULTILINE):
        found.setdefault(match[1], []).append(bare.count("\n", 0, match.start()) + 1)
    return found
