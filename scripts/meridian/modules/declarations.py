"""What variables.tf and outputs.tf declare; parsed by python-hcl2 once for each content."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from meridian.errors import UserError
from meridian.modules import cache, types
from meridian.modules.limits import Rule
from meridian.modules.types import Type


@dataclass(frozen=True)
class Variable:
    """One variable of a module; `rules` are those of its validations, each with the error message."""

    type: Type
    required: bool
    description: str = ""
    rules: tuple[tuple[Rule, str], ...] = ()


@dataclass(frozen=True)
class Declaration:
    """One `variable` or `output` block as the cache keeps it."""

    name: str
    line: int
    description: str
    type: str
    has_default: bool
    rules: list[tuple[Rule, str]]


def read_variables(text: str, file: str) -> dict[str, Variable]:
    """Return the variables of a variables.tf by name, each with its type; UserError names file and line."""
    found: dict[str, Variable] = {}
    for name, declared in parse_variables(text, file).items():
        try:
            kind = types.parse_type(declared.type)
        except ValueError as error:
            raise UserError(f"{file}:{declared.line}: the type of {name!r} is not one: {error}.") from error
        rules = tuple((Rule(tuple(path), *rule), message) for (path, *rule), message in declared.rules)
        found[name] = Variable(kind, not declared.has_default, declared.description, rules)
    return found


def parse_variables(text: str, file: str) -> dict[str, Declaration]:
    """Return the `variable` blocks of a variables.tf by name; UserError names file and line."""
    return _declared(text, file, "variable")


def parse_outputs(text: str, file: str) -> dict[str, Declaration]:
    """Return the `output` blocks of an outputs.tf by name; UserError names file and line."""
    return _declared(text, file, "output")


def _declared(text: str, file: str, block: str) -> dict[str, Declaration]:
    key = f"{block}-{hashlib.sha256(text.encode()).hexdigest()}"
    kept = cache.read_cached(key)
    try:
        found = [Declaration(**row) for row in kept]
    except TypeError:
        found = _parsed(text, file, block)
        cache.write_cached(key, [asdict(declaration) for declaration in found])
    result: dict[str, Declaration] = {}
    for declaration in found:
        if declaration.name in result:
            first = result[declaration.name].line
            raise UserError(
                f"{file}:{declaration.line}: {block} {declaration.name!r} is declared twice, first in line {first}."
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
            f"{file}:{line}: is not valid HCL.", "Run `terraform fmt` in its folder: it shows the reason."
        ) from error
    except RecursionError as error:
        raise UserError(f"{file}:1: is nested too deeply.", "Simplify its values.") from error
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
    description = str(body.get("description", ""))
    return Declaration(name, line, description, kind, "default" in body, list(_rules(body)))


def _rules(body: dict[str, Any]) -> Iterator[tuple[Rule, str]]:
    from meridian.modules.conditions import read_rules

    for validation in body.get("validation", []):
        message = str(validation.get("error_message", ""))
        if not message or "${" in message:
            message = "See the validation in the module's variables.tf."
        for rule in read_rules(str(validation.get("condition", "")).removeprefix("${").removesuffix("}")):
            yield rule, message


def _lines(text: str, block: str) -> dict[str, list[int]]:
    """Return the lines on which blocks begin, by name; python-hcl2 keeps no positions in its result."""
    bare = re.sub(r"/\*.*?\*/", lambda match: re.sub("[^\n]", " ", match[0]), text, flags=re.DOTALL)
    found: dict[str, list[int]] = {}
    for match in re.finditer(rf'^[ \t]*{block}[ \t]+"?([A-Za-z0-9_-]+)"?[ \t]*\{{', bare, re.MULTILINE):
        found.setdefault(match[1], []).append(bare.count("\n", 0, match.start()) + 1)
    return found
