"""Terraform's type expressions, and values against them."""

from typing import Any

import pytest

from meridian.modules.conform import find_mismatches, prune
from meridian.modules.types import ANY, Attribute, Collection, Object, Primitive, Type
from meridian.yamlfile.problems import format_path
from tests.modules.declared import parse_type

STRING, NUMBER = Primitive("string"), Primitive("number")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("any", ANY),
        ("map(list(any))", Collection("map", Collection("list", ANY))),
        ("tuple([string, number])", ANY),
        (
            "object({\n  a = string # why\n  b = set(number)\n})",
            Object({"a": Attribute(STRING, False), "b": Attribute(Collection("set", NUMBER), False)}),
        ),
        (
            'object({a = optional(object({x = optional(string, "),}")}), {x = ["[", {y = 1}]})})',
            Object({"a": Attribute(Object({"x": Attribute(STRING, True)}), True)}),
        ),
    ],
)
def test_a_type_is_read(text: str, expected: Type) -> None:
    """Nested, with defaults of any kind, which do not count."""
    assert parse_type(text) == expected


@pytest.mark.parametrize("text", ["strin", "list", "map(strin)", "object(string)", "optional(string)", '"string"'])
def test_another_expression_is_refused(text: str) -> None:
    """The message shows the wrong word."""
    with pytest.raises(ValueError, match=r"'\w+' is not a type"):
        parse_type(text)


RULE = parse_type(
    "object({days = number, kind = optional(string), tags = optional(map(string)), when = optional(set(string))})"
)


@pytest.mark.parametrize(
    ("value", "whole", "expected"),
    [
        ({"days": 1.5, "kind": "x", "tags": {"a": "b"}, "when": ["x", "y"]}, True, []),
        ({}, False, []),
        ({}, True, ["missing : 'days' is missing."]),
        ({"days": True}, True, ["wrong days: true must be a number."]),
        ({"kind": 1}, False, ["wrong kind: 1 must be a string; put it in quotes."]),
        ({"dys": 1}, False, ["unknown dys: there is no such key. Did you mean 'days'?"]),
        ({"tags": {"a": 1}}, False, ["wrong tags.a: 1 must be a string; put it in quotes."]),
        ({"tags": []}, False, ["wrong tags: [] must be a map of keys to values."]),
        ({"when": ["x", "y", "x"]}, False, ["wrong when[2]: 'x' is a duplicate."]),
        ({"when": "x"}, False, ["wrong when: 'x' must be a list, e.g. [\"a\"]."]),
        ([], False, ["wrong : [] must be a map with the keys days, kind, tags, when."]),
    ],
)
def test_a_value_against_a_type(value: Any, whole: bool, expected: list[str]) -> None:
    """Stricter than Terraform: nothing is converted, nothing dropped."""
    assert [
        f"{one.kind} {format_path(one.path)}: {one.text}" for one in find_mismatches(value, RULE, whole=whole)
    ] == expected


def test_items_of_a_list_are_whole_in_every_layer() -> None:
    """A list replaces the one below it, so nothing completes its items."""
    assert [one.path for one in find_mismatches([{}], Collection("list", RULE), whole=False)] == [(0,)]


def test_unknown_attributes_are_pruned() -> None:
    """At any depth; what a map holds is data and stays."""
    kind = parse_type("object({a = list(object({x = string})), m = map(string), n = number})")
    value = {"a": [{"x": "1", "y": 2}], "m": {"any": "thing"}, "n": 1, "z": {}}
    assert prune(value, kind) == {"a": [{"x": "1"}], "m": {"any": "thing"}, "n": 1}
