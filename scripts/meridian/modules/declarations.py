"""The variables that a variables.tf declares."""

from collections.abc import Iterator
from dataclasses import dataclass

from meridian.errors import UserError
from meridian.modules.blocks import Block, read_blocks, read_string
from meridian.modules.limits import Limit, read_conditions
from meridian.modules.rules import Rule
from meridian.modules.types import ANY, Type, read_type


@dataclass(frozen=True)
class Variable:
    """One variable of a module; `limits` are those of its validations, which are its `rules`."""

    type: Type
    required: bool
    description: str = ""
    limits: tuple[Limit, ...] = ()
    nullable: bool = True
    rules: tuple[Rule, ...] = ()


def read_variables(text: str, file: str) -> dict[str, Variable]:
    """Return the variables of a variables.tf by name, each with its type; UserError names file and line."""
    found: dict[str, Variable] = {}
    for name, block in read_blocks(text, file, "variable").items():
        try:
            kind = read_type(block.attributes["type"]) if "type" in block.attributes else ANY
        except ValueError as error:
            raise UserError(f"{file}:{block.line}: the type of {name!r} is not one: {error}.") from error
        nullable = block.attributes.get("nullable") != ["value", False]
        rules = tuple(_rules(block))
        limits = tuple(limit for rule in rules for limit in read_conditions(*rule))
        found[name] = Variable(kind, "default" not in block.attributes, block.description, limits, nullable, rules)
    return found


def _rules(block: Block) -> Iterator[Rule]:
    for validation in block.validations:
        message = read_string(validation.get("error_message")) or "See the validation in the module's variables.tf."
        yield Rule(validation.get("condition", []), message)
