"""What a `validation` of variables.tf requires of single values, so that an inventory can be checked against it.

Each rule is necessary: a value that breaks it fails the condition. What is not recognised is left to Terraform.
"""

import json
import re
import warnings
from collections.abc import Mapping
from typing import Any

import hcl2
from lark import Discard, Token, Transformer
from lark.exceptions import LarkError

from meridian.modules.limits import EACH, KEY, Rule

_BOUNDS = {">=": "minimum", "<=": "maximum", ">": "exclusiveMinimum", "<": "exclusiveMaximum"}
_MIRRORED = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}
_UNKNOWN = ("unknown",)

Node = tuple[Any, ...]
Path = tuple[str, ...]
Scope = Mapping[str, list[Path]]


def read_rules(condition: str) -> list[Rule]:
    """Return the rules that values must meet for the condition of a validation to hold."""
    try:
        tree = hcl2.parses_to_tree(f"condition = {condition}\n")
        return _rules(_Nodes().transform(tree.children[0].children[0].children[-1]), {})
    except (LarkError, ValueError, RecursionError):
        return []


class _Nodes(Transformer[Token, Node]):
    """Turns python-hcl2's parse tree of an expression into tuples: (operator or function, *operands)."""

    def __default__(self, data: Any, children: Any, meta: Any) -> Any:
        return _UNKNOWN

    def new_line_or_comment(self, _: Any) -> Any:
        return Discard

    def expr_term(self, children: list[Any]) -> Any:
        return _nodes(children)[0]

    get_attr = expr_term

    def identifier(self, children: list[Any]) -> Any:
        return ("name", str(children[0]))

    def literal_value(self, children: list[Any]) -> Any:
        return ("value", json.loads(children[0]))

    int_lit = float_lit = literal_value

    def string(self, children: list[Any]) -> Any:
        parts = _nodes(children)
        return _UNKNOWN if _UNKNOWN in parts else ("value", json.loads(f'"{"".join(part[1] for part in parts)}"'))

    def string_part(self, children: list[Any]) -> Any:
        return ("part", str(children[0])) if children[0].type == "STRING_CHARS" else _UNKNOWN

    def get_attr_expr_term(self, children: list[Any]) -> Any:
        owner, (_, name) = _nodes(children)
        return (*owner, name) if owner[0] == "name" else _UNKNOWN

    def binary_term(self, children: list[Any]) -> Any:
        return (str(children[0]), _nodes(children)[0])

    def binary_operator(self, children: list[Any]) -> Any:
        return children[0]

    def binary_op(self, children: list[Any]) -> Any:
        left, (operator, right) = _nodes(children)
        return (operator, left, right)

    def unary_op(self, children: list[Any]) -> Any:
        operator, operand = children
        return ("value", -operand[1]) if operator == "-" and operand[0] == "value" else _UNKNOWN

    def conditional(self, children: list[Any]) -> Any:
        return ("?", *_nodes(children))

    def arguments(self, children: list[Any]) -> Any:
        return ("list", *_nodes(children))

    tuple = arguments

    def function_call(self, children: list[Any]) -> Any:
        (_, name), *arguments = _nodes(children)
        return (name, *(arguments[0][1:] if arguments else ()))

    def for_intro(self, children: list[Any]) -> Any:
        *names, source = _nodes(children)
        return ([name for _, name in names], source)

    def for_tuple_expr(self, children: list[Any]) -> Any:
        intro, body, *condition = _nodes(children)
        return _UNKNOWN if condition else ("for", *intro, body)


def _nodes(children: list[Any]) -> list[Node]:
    return [child for child in children if isinstance(child, tuple)]


def _rules(node: Node, scope: Scope) -> list[Rule]:
    match node:
        case ("&&", left, right):
            return _rules(left, scope) + _rules(right, scope)
        case (
            ("||", ("==", subject, ("value", None)), wanted)
            | ("?", ("==", subject, ("value", None)), ("value", True), wanted)
            | ("?", ("!=", subject, ("value", None)), wanted, ("value", True))
        ):
            # Without the subject the rest does not count, so only what lies below the subject does.
            owners = _paths(subject, scope)
            return [rule for rule in _rules(wanted, scope) if any(rule.path[: len(one)] == one for one in owners)]
        case ("||", left, right):
            others = {(rule.path, rule.keyword): rule.bound for rule in _rules(right, scope)}
            found = [rule for rule in _rules(left, scope) if rule.keyword == "enum" and rule[:2] in others]
            return [rule._replace(bound=rule.bound + others[rule[:2]]) for rule in found]
        case ("alltrue", ("list", *items)):
            return [rule for item in items for rule in _rules(item, scope)]
        case ("alltrue", ("for", names, source, body)):
            return _rules(body, {**scope, **_iterated(names, source, scope)})
    return _comparison(node, scope)


def _comparison(node: Node, scope: Scope) -> list[Rule]:
    match node:
        case (">=" | "<=" | ">" | "<", subject, ("value", int() | float() as bound)):
            rule: tuple[str, Any] = (_BOUNDS[node[0]], bound)
        case (">=" | "<=" | ">" | "<", ("value", int() | float() as bound), subject):
            rule = (_BOUNDS[_MIRRORED[node[0]]], bound)
        case ("==", subject, ("floor" | "ceil", whole)) | ("==", ("floor" | "ceil", whole), subject) if (
            whole == subject
        ):
            rule = ("type", "integer")
        case ("==", subject, ("value", str() | int() | float() as bound)):
            rule = ("enum", [bound])
        case ("contains", ("list", *items), subject) if items and all(item[0] == "value" for item in items):
            rule = ("enum", [item[1] for item in items])
        case ("can", ("regex", ("value", str() as pattern), subject)):
            rule = ("pattern", _portable(pattern))
        case _:
            return []
    return [Rule(path, *rule) for path in _paths(subject, scope)]


def _portable(pattern: str) -> str:
    """Return a regular expression that Go and Python read alike; ValueError for another."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            re.compile(pattern)
        except (re.error, Warning) as error:
            raise ValueError(pattern) from error
    if "[:" in pattern:
        raise ValueError(pattern)
    return pattern


def _paths(node: Node, scope: Scope) -> list[Path]:
    match node:
        case ("name", "var", variable, *steps):
            return [(variable, *steps)]
        case ("name", first, *steps):
            return [(*path, *steps) for path in scope.get(first, [])]
    return []


def _iterated(names: list[str], source: Node, scope: Scope) -> dict[str, list[Path]]:
    """Return what the names of a `for` stand for; two names are a key and its value."""
    match source:
        case ("list", *items):
            return {names[-1]: [path for item in items for path in _paths(item, scope)]}
        case ("keys", owner):
            return {names[-1]: [(*path, KEY) for path in _paths(owner, scope)]}
        case ("values" | "toset" | "tolist", owner):
            source = owner
    found = {names[0]: [(*path, KEY) for path in _paths(source, scope)]}
    return found | {names[-1]: [(*path, EACH) for path in _paths(source, scope)]}
