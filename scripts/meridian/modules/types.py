"""Terraform's type expressions, as variables.tf has them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r'\s*(?:([A-Za-z_][A-Za-z0-9_-]*)|("(?:\\.|[^"\\])*")|([\[\](){},=])|([^\s\[\](){},="]+))')
MAX_DEPTH = 20
_CLOSING = {"(": ")", "[": "]", "{": "}"}


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
class Sequence:
    """tuple([T, U])."""

    items: tuple["Type", ...]

    def __str__(self) -> str:
        return "a tuple"


@dataclass(frozen=True)
class Attribute:
    """One attribute of an object type."""

    type: "Type"
    optional: bool


@dataclass(frozen=True)
class Object:
    """object({name = T, other = optional(U)})."""

    attributes: Mapping[str, Attribute]

    def __str__(self) -> str:
        return "an object"


Type = Primitive | Collection | Sequence | Object
ANY = Primitive("any")


def parse_type(text: str) -> Type:
    """Return the type that an expression such as `map(object({rate = optional(number, 5)}))` names.

    Raises ValueError for what is not a type expression.
    """
    reader = _Reader(text)
    result = reader.type()
    if reader.tokens:
        raise ValueError(f"{reader.tokens[-1]!r} follows the type")
    return result


class _Reader:
    """A recursive descent over the tokens, which stand in reverse order."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = [next(filter(None, match.groups())) for match in _TOKEN.finditer(text)][::-1]
        self.depth = 0

    def take(self, expected: str = "") -> str:
        if not self.tokens or (expected and self.tokens[-1] != expected):
            found = repr(self.tokens[-1]) if self.tokens else "the end"
            raise ValueError(f"{found} stands where {expected or 'a type'!r} should")
        return self.tokens.pop()

    def type(self) -> Type:
        word = self.take()
        if word in {"string", "number", "bool", "any"}:
            return Primitive(word)
        if word not in {"list", "set", "map", "object", "tuple"}:
            raise ValueError(f"{word!r} is not a type")
        self.take("(")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
        result: Type
        if word == "object":
            result = self.object()
        elif word == "tuple":
            result = self.tuple()
        else:
            result = Collection(word, self.type())
        self.depth -= 1
        self.take(")")
        return result

    def object(self) -> Object:
        attributes: dict[str, Attribute] = {}
        self.take("{")
        while self.tokens and self.tokens[-1] != "}":
            name = self.take().strip('"')
            self.take("=")
            optional = bool(self.tokens) and self.tokens[-1] == "optional"
            attributes[name] = Attribute(self.optional() if optional else self.type(), optional)
            if self.tokens and self.tokens[-1] == ",":
                self.take(",")
        self.take("}")
        return Object(attributes)

    def optional(self) -> Type:
        self.take("optional")
        self.take("(")
        result = self.type()
        while self.tokens and self.tokens[-1] != ")":
            self.skip()
        self.take(")")
        return result

    def skip(self) -> None:
        closing = _CLOSING.get(self.take())
        while closing and self.tokens and self.tokens[-1] != closing:
            self.skip()
        if closing:
            self.take(closing)

    def tuple(self) -> Sequence:
        items: list[Type] = []
        self.take("[")
        while self.tokens and self.tokens[-1] != "]":
            items.append(self.type())
            if self.tokens and self.tokens[-1] == ",":
                self.take(",")
        self.take("]")
        return Sequence(tuple(items))
