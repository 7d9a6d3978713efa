"""Turns python-hcl2's parse tree of a file of Terraform's language into blocks; slow to import."""

import json
from typing import Any

import hcl2
from lark import Discard, Token, Transformer, v_args

Node = list[Any]
_UNKNOWN: Node = ["unknown"]


def parse_blocks(text: str) -> list[dict[str, Any]]:
    """Return the keys and values of each `blocks.Block` of a file; LarkError for what is not HCL."""
    blocks: list[dict[str, Any]] = _Nodes().transform(hcl2.parses_to_tree(f"{text}\n"))
    return blocks


class _Nodes(Transformer[Token, Any]):
    """One method for each kind of expression that types and validations are written in; others are unknown."""

    def __default__(self, data: Any, children: Any, meta: Any) -> Any:
        return _UNKNOWN

    def new_line_or_comment(self, _: Any) -> Any:
        return Discard

    def start(self, children: list[Any]) -> list[dict[str, Any]]:
        _, blocks = children[0]
        return list(blocks)

    def body(self, children: list[Any]) -> Any:
        attributes: dict[str, Node] = dict(child for child in children if isinstance(child, tuple))
        return attributes, [child for child in children if isinstance(child, dict)]

    @v_args(meta=True)
    def block(self, meta: Any, children: list[Any]) -> dict[str, Any]:
        (_, kind), *labels = _nodes(children)
        attributes, inner = next(child for child in children if isinstance(child, tuple))
        validations = [block["attributes"] for block in inner if block["kind"] == "validation"]
        name = labels[0][1] if labels else ""
        return {"kind": kind, "name": name, "line": meta.line, "attributes": attributes, "validations": validations}

    def attribute(self, children: list[Any]) -> Any:
        (_, name), value = _nodes(children)
        return name, value

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
