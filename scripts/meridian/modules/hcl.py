"""Turns python-hcl2's parse tree of a file of Terraform's language into plain lists."""

import json
from dataclasses import dataclass, field
from typing import Any

import hcl2
from lark import Discard, Token, Transformer, v_args

Node = list[Any]
_UNKNOWN: Node = ["unknown"]


@dataclass
class Body:
    """What stands between two braces, or in a whole file."""

    kind: str = ""
    labels: list[str] = field(default_factory=list)
    line: int = 1
    attributes: dict[str, Node] = field(default_factory=dict)
    blocks: list["Body"] = field(default_factory=list)


def parse_body(text: str) -> Body:
    """Return the content of a file; LarkError for what is not HCL."""
    body: Body = _Nodes().transform(hcl2.parses_to_tree(f"{text}\n"))
    return body


class _Nodes(Transformer[Token, Any]):
    """One method for each kind of expression that types and validations are written in; others are unknown."""

    def __default__(self, data: Any, children: Any, meta: Any) -> Any:
        return _UNKNOWN

    def new_line_or_comment(self, _: Any) -> Any:
        return Discard

    def start(self, children: list[Any]) -> Body:
        found: Body = children[0]
        return found

    def body(self, children: list[Any]) -> Body:
        blocks = [child for child in children if isinstance(child, Body)]
        return Body(attributes=dict(child for child in children if isinstance(child, tuple)), blocks=blocks)

    @v_args(meta=True)
    def block(self, meta: Any, children: list[Any]) -> Body:
        kind, *labels = (node[1] for node in _nodes(children))
        body: Body = next(child for child in children if isinstance(child, Body))
        return Body(kind, labels, meta.line, body.attributes, body.blocks)

    def attribute(self, children: list[Any]) -> tuple[str, Node]:
        name, value = _nodes(children)
        return name[1], value

    def expr_term(self, children: list[Any]) -> Node:
        return _nodes(children)[0]

    get_attr = object_elem_key = expr_term

    def identifier(self, children: list[Any]) -> Node:
        return ["name", str(children[0])]

    def literal_value(self, children: list[Any]) -> Node:
        return ["value", json.loads(children[0])]

    int_lit = float_lit = literal_value

    def string(self, children: list[Any]) -> Node:
        parts = _nodes(children)
        return _UNKNOWN if _UNKNOWN in parts else ["value", json.loads(f'"{"".join(part[1] for part in parts)}"')]

    def string_part(self, children: list[Any]) -> Node:
        chars = isinstance(children[0], Token) and children[0].type == "STRING_CHARS"
        return ["part", str(children[0])] if chars else _UNKNOWN

    def get_attr_expr_term(self, children: list[Any]) -> Node:
        owner, (_, name) = _nodes(children)
        return [*owner, name] if owner[0] == "name" else _UNKNOWN

    def binary_term(self, children: list[Any]) -> Node:
        return [str(children[0]).strip(), _nodes(children)[0]]

    def binary_operator(self, children: list[Any]) -> Any:
        return children[0]

    def binary_op(self, children: list[Any]) -> Node:
        left, (operator, right) = _nodes(children)
        return [operator, left, right]

    def unary_op(self, children: list[Any]) -> Node:
        operator, operand = children
        return ["value", -operand[1]] if operator == "-" and operand[0] == "value" else _UNKNOWN

    def conditional(self, children: list[Any]) -> Node:
        return ["?", *_nodes(children)]

    def tuple(self, children: list[Any]) -> Node:
        return ["items", *_nodes(children)]

    arguments = tuple

    def object(self, children: list[Any]) -> Node:
        return ["entries", *_nodes(children)]

    def object_elem(self, children: list[Any]) -> Node:
        key, value = _nodes(children)
        return [key[1], value]

    def function_call(self, children: list[Any]) -> Node:
        (_, name), *arguments = _nodes(children)
        return [name, *(arguments[0][1:] if arguments else ())]

    def for_intro(self, children: list[Any]) -> Node:
        *names, source = _nodes(children)
        return [[name for _, name in names], source]

    def for_tuple_expr(self, children: list[Any]) -> Node:
        intro, body, *condition = _nodes(children)
        return _UNKNOWN if condition else ["for", *intro, body]


def _nodes(children: list[Any]) -> list[Node]:
    return [child for child in children if isinstance(child, list)]
