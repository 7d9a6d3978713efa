"""The variables that a variables.tf declares."""

from collections.abc import Iterator
from dataclasses import dataclass

from meridian.errors import UserError
from meridian.modules.blocks import Block, read_blocks, read_string
from meridian.modules.limits import Limit, read_conditions
from meridian.modules.types import ANY, Type, read_type


@dataclass(frozen=True)
class Variable:
    """One variable of a module; `limits` are those of its validations."""

    type: Type
    required: bool
    description: str = ""
    limits: tuple[Limit, ...] = ()
    nullable: bool = True


def read_variables(text: str, file: str) -> dict[str, Variable]:
    """Return the variables of a variables.tf by name, each with its type; UserError names file and line."""
    found: dict[str, Variable] = {}
    for name, block in read_blocks(text, file, "variable").items():
        try:
            kind = read_type(block.attributes["type"]) if "type" in block.attributes else ANY
        except ValueError as error:
            raise UserError(f"{file}:{block.line}: the type of {name!r} is not one: {error}.") from error
        nullable = block.attributes.get("nullable") != ["value", False]
        limits = tuple(_limits(block))
        found[name] = Variable(kind, "default" not in block.attributes, block.description, limits, nullable)
    return found


def _limits(block: Block) -> Iterator[Limit]:
    for validation in block.validations:
        message = read_string(validation.get("error_message")) or "See the validation in the module's variables.tf."
        yield from read_conditions(validation.get("condition", []), message)
