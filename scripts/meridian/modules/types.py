"""Terraform's types, as variables.tf declares them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from meridian.modules.blocks import Node


@dataclass(frozen=True)
class Primitive:
    """string, number, bool or any."""

    name: str

    def __str__(self) -> str:
        return f"a {self.name}"


@dataclass(frozen=True)
class Collection:
    """list(T), set(T) or map(T)."""

    kind: str
    element: "Type"

    def __str__(self) -> str:
        return f"a {self.kind}"


@dataclass(frozen=True)
class Attribute:
    """One attribute of an object type."""

    type: "Type"
    optional: bool
    default: Node = field(default_factory=list, compare=False)
    """What an optional one is where it is left out."""


@dataclass(frozen=True)
class Object:
    """object({name = T, other = optional(U)})."""

    attributes: Mapping[str, Attribute]

    def __str__(self) -> str:
        return "an object"


Type = Primitive | Collection | Object
ANY = Primitive("any")


def read_type(node: Node) -> Type:
    """Return the type that an expression such as `map(object({rate = optional(number, 5)}))` names.

    Raises ValueError for an expression that is not a type. Terraform alone checks the values of a tuple.
    """
    match node:
        case ["name", "string" | "number" | "bool" | "any" as word]:
            return Primitive(word)
        case ["list" | "set" | "map" as kind, element]:
            return Collection(kind, read_type(element))
        case ["object", ["entries", *entries]]:
            return Object({name: _read_attribute(value) for name, value in entries})
        case ["tuple", ["items", *_]]:
            return ANY
    raise ValueError(f"{node[1] if node[0] == 'name' else node[0]!r} is not a type")


def _read_attribute(node: Node) -> Attribute:
    if node[0] == "optional" and len(node) > 1:
        return Attribute(read_type(node[1]), True, node[2] if len(node) > 2 else ["value", None])
    return Attribute(read_type(node), optional=False)
