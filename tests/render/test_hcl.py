"""Literals: Terraform reads back the same value, and its formatter changes nothing."""

import json
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hcl2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from meridian.render.hcl import Expression, format_literal

HOSTILE = [
    "${x}",
    "${",
    "%{",
    "$${x}",
    "%{if}",
    "%%{",
    '"',
    "\\",
    "a\nb",
    "\r\n",
    "\t",
    "\0",
    "\x1b[31m",
    "\u202e",
    "$",
    "%",
]
TABLE: list[tuple[str, Any, str]] = [
    ("a text that looks like a number", "007", '"007"'),
    ("an interpolation is data", "${x}", '"$${x}"'),
    ("a directive is data", "%{x}", '"%%{x}"'),
    ("an escaped interpolation stays what it is", "$${x}", r'"$$\u007bx}"'),
    ("a marker without an end", "${x", r'"$\u007bx"'),
    ("quotes, backslashes and line ends", '"\\\n\r\t', r'"\"\\\n\r\t"'),
    ("invisible characters are escaped", "\x00\u202e\U000e0001", r'"\u0000\u202e\U000e0001"'),
    ("true is not 1", True, "true"),
    ("a fraction", 0.5, "0.5"),
    ("an empty list", [], "[]"),
    ("an empty map", {}, "{}"),
    ("a list on one line", ["a", 1], '["a", 1]'),
    ("a list that does not fit on a line", ["a" * 70, "b" * 70], f'[\n  "{"a" * 70}",\n  "{"b" * 70}",\n]'),
    ("equals signs in one column", {"a": 1, "long": 2}, "{\n  a    = 1\n  long = 2\n}"),
    ("a map within on one line", {"a": {"b": 1}}, "{\n  a = { b = 1 }\n}"),
    ("a reference as it is", {"a": Expression("dependency.x.outputs.y")}, "{\n  a = dependency.x.outputs.y\n}"),
    ("keys that are keywords of HCL", {"for": 1, "null": 2}, '{\n  "for"  = 1\n  "null" = 2\n}'),
    ("keys with signs", {"a b": 1, "a.b": 2, "": 3}, '{\n  "a b" = 1\n  "a.b" = 2\n  ""    = 3\n}'),
    ("letters in keys are written out", {"é": 1}, '{\n  "\\U000000e9" = 1\n}'),
]


@pytest.mark.parametrize(("value", "expected"), [pytest.param(v, e, id=i) for i, v, e in TABLE])
def test_literal(value: Any, expected: str) -> None:
    """Each kind of value has one way to be written."""
    assert format_literal(value) == expected


def test_entries_of_several_lines_stand_apart() -> None:
    """`spread` puts an empty line around them, and only there."""
    value = {"a": 1, "bb": 2, "c": {"x": "y" * 120}, "d": 3}
    assert (
        format_literal(value, spread=True)
        == '{\n  a  = 1\n  bb = 2\n\n  c = {\n    x = "' + "y" * 120 + '"\n  }\n\n  d = 3\n}'
    )


@pytest.mark.parametrize(("value", "error"), [({"a": None}, TypeError), (float("nan"), ValueError), (b"a", TypeError)])
def test_a_value_without_a_literal_is_refused(value: Any, error: type[Exception]) -> None:
    """Nothing is guessed."""
    with pytest.raises(error):
        format_literal(value)


texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cn"]), max_size=30),
    st.lists(st.sampled_from([*HOSTILE, "a", "{", "}", "\u0301"]), max_size=6).map("".join),
).map(lambda text: unicodedata.normalize("NFC", text))
numbers = st.integers(-(10**14), 10**14) | st.decimals(-1000, 1000, places=3).map(float)
values = st.recursive(
    texts | numbers | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
# Each example starts a program: few of them, with many values each, and none to make a failure smaller.
few = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@given(many=st.lists(values, min_size=10, max_size=30))
@few
def test_literals_are_formatted_and_parse(many: list[Any]) -> None:
    """`terraform fmt` and `terragrunt hcl fmt` leave them; python-hcl2 reads them."""
    text = document(many)
    assert formatted(text) == text
    assert len(hcl2.loads(text)) == len(many)


@given(many=st.lists(values, min_size=10, max_size=30))
@few
def test_terraform_reads_the_same_values(tmp_path_factory: pytest.TempPathFactory, many: list[Any]) -> None:
    """Terraform evaluates nothing and gives back what was put in."""
    folder = tmp_path_factory.mktemp("values")
    (folder / "values.json").write_text(json.dumps(many), encoding="ascii")
    expected = Expression('jsondecode(file("values.json"))')
    (folder / "main.tf").write_text(
        f"locals {format_literal({'values': many, 'expected': expected})}\n", encoding="utf-8"
    )
    assert run(["terraform", "console"], "local.values == local.expected\n", folder).strip() == "true"


@pytest.mark.slow
@given(many=st.lists(values, min_size=10, max_size=30))
@few
def test_terragrunt_leaves_literals_as_they_are(require_tool: Callable[[str], Path], many: list[Any]) -> None:
    """Its formatter agrees with Terraform's."""
    text = document(many)
    tool = require_tool("terragrunt")
    assert run([str(tool), "hcl", "fmt", "--stdin"], text, Path("/")) == text


def document(many: list[Any]) -> str:
    """Return HCL with one attribute for each value, as in a rendered file."""
    return (
        "".join(f"value_{index} = {format_literal(value, spread=True)}\n\n" for index, value in enumerate(many)).rstrip(
            "\n"
        )
        + "\n"
    )


def formatted(text: str) -> str:
    """Return what `terraform fmt` makes of a text."""
    return run(["terraform", "fmt", "-"], text, Path("/"))


def run(command: list[str], text: str, folder: Path) -> str:
    """Return what a command prints for a text on its standard input."""
    done = subprocess.run(
        command, input=text, cwd=folder, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr + text
    return done.stdout
