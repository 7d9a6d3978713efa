"""The reader behind the accepted picture: what it leaves out, and what it keeps apart."""

from typing import Any

import pytest

from meridian.gate.accepted.syntax import Body, read_body
from meridian.gate.accepted.tokens import Unreadable


def values(body: Body) -> dict[str, Any]:
    """Return attributes and blocks as plain values."""
    found = {name: value for name, (value, _) in body.attributes.items()}
    return found | {" ".join((one.kind, *one.labels)): values(one.body) for one in body.blocks}


def value(text: str) -> Any:
    """Return the value of one expression."""
    return values(read_body(f"a = {text}\n"))["a"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[1, 2]", "[ # one\n  1,\n  2, // two\n]"),
        ('{ b = 1, a = "x" }', '{\n  a = "x" /* why */\n  "b" = 1\n}'),
        ('"${var.x}"', "var.x"),
        ('"a${ var.x }"', '"a${var . x}"'),
        ("merge(var.a, {b = 1})", "merge(\n  var.a,\n  { b = 1 },\n)"),
        ("[for k in var.a: k if k!=null]", "[\n  for k in var.a : k\n  if k != null\n]"),
        ("{for k, v in var.a: k => v...}", "{\n  for k, v in var.a :\n  k => v...\n}"),
        ("a?b:c", "a ? b : c"),
        ('"${join(",", [\n "}"])}"', '"${join(",",["}"])}"'),
    ],
)
def test_texts_that_mean_the_same_are_one(one: str, other: str) -> None:
    assert value(one) == value(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"true"', "true"),
        ('"1"', "1"),
        ('"var.x"', "var.x"),
        ('"$${var.x}"', '"${var.x}"'),
        ('"$${var.x}"', "var.x"),
        ("a-1", "a - 1"),
        ('"a b"', '"a  b"'),
        ('["a,b"]', '["a", "b"]'),
        ('{ "(x)" = 1 }', "{ (x) = 1 }"),
        ("{ a = 1, a = 2 }", "{ a = 2, a = 1 }"),
        ("[1, 2]", "[2, 1]"),
        ("a && b", "a || b"),
        ("!a", "a"),
        ("<<A\na\nA", "<<A\nb\nA"),
        ("<<A\n  a\nA", "<<-A\n  a\nA"),
        ('"# a"', '"# b"'),
        ('"/* a */"', '"/* b */"'),
    ],
)
def test_texts_that_mean_something_else_stay_apart(one: str, other: str) -> None:
    assert value(one) != value(other)


@pytest.mark.parametrize(
    "text",
    [
        'a = "x # y"\nb = 1',
        'a = "\\" # y"\nb = 1',
        'a = "$${" # {\nb = 1',
        'a = "$$${x"\nb = 1',
        'a = <<E\n${join("", [\n"E",\nE\n])} # "\nE\nb = 1',
        "a = <<E\n# /* \nE\nb = 1",
        "a = 1 // /*\nb = 1",
        'a = 1 # */ " {\nb = 1',
        'a = "/*"\nb = 1 # "*/"',
        "\ufeffa = 1\r\nb = 1\r\n",
    ],
)
def test_no_string_or_comment_hides_what_follows(text: str) -> None:
    assert values(read_body(text))["b"] == 1


def test_blocks_have_labels_lines_and_bodies() -> None:
    body = read_body('\nresource "aws_x" y {\n  b { c = 1 }\n  d {}\n}\n')
    assert values(body) == {"resource aws_x y": {"b": {"c": 1}, "d": {}}}
    assert (body.blocks[0].line, body.blocks[0].body.blocks[0].body.attributes["c"]) == (2, (1, 3))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a = "x\n', 1),
        ("\na = <<E\nx\n", 4),
        ("b {\n", 1),
        ("b {}\n}\n", 2),
        ("a =\n", 1),
        ("a = 1\na = 2\n", 2),
        ('\na = "${x"\n', 2),
        ("a = 1\n;\n", 2),
        ("b c\n", 1),
        ('"a" = 1\n', 1),
    ],
)
def test_says_where_text_cannot_be_read(text: str, line: int) -> None:
    with pytest.raises(Unreadable) as caught:
        read_body(text)
    assert caught.value.line == line


def test_a_byte_order_mark_counts_only_inside_the_text() -> None:
    """Some editors write one at the start of a file."""
    assert value("1") == values(read_body("\ufeffa = 1\n"))["a"]
    with pytest.raises(Unreadable, match=r"byte-order mark .* inside the text: remove it") as caught:
        read_body("a = 1\n\ufeffb = 2\n")
    assert caught.value.line == 2
