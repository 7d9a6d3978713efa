"""Any inventory is accepted, or refused with messages that name the line; it never crashes."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meridian.errors import UserError
from meridian.render.command import render_inventory
from tests.render.world import MINIMAL, make

TEXT = MINIMAL.replace(
    "us-east-1: {}",
    'us-east-1: {}\n      eu-west-1: {throttle: {rate: 3}, origins: ["https://a.b"], reason: Fewer people there}\n'
    '    retired: {eu-west-2: "2026-01-31"}',
)
# Values, keys and marks of YAML, as hands, editors, merges and attackers leave them.
WORDS = (
    "~ [] {} '' \" ' 0 007 1e9 12:30 .inf yes ${x} %{x} &a *a !t ? : - , { } [ ] | > # @ ` eu-west-1 working-tree ../"
)
PIECES = [
    *WORDS.split(),
    *("!!python/name:os.system ", "<<: *a", "---\n", "...\n", "%YAML 1.1\n", "\t", "\r", "\n", "\x00", "\x1b[31m"),
    *("\u2028", "\ufeff", "\u202e", "<<<<<<< HEAD\n", "x" * 5000, "[" * 30, "{a: " * 30, '"\\ud800"', '"a\\nb"'),
]
LINE = re.compile(r"live/inventory\.yaml:[0-9]+: [^\x00-\x1f\x7f\x85\u2028]+")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository without git."""
    return make(tmp_path_factory.mktemp("world") / "repository", TEXT)


@st.composite
def edited(draw: st.DrawFn) -> str:
    """Return the inventory after one to three edits: a part of it replaced by a piece, or a line moved."""
    text = TEXT
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from([0, 0, 1, 2, 5, 12, 40, len(text)]))
        text = text[:begin] + draw(st.sampled_from(["", *PIECES])) + text[begin + length :]
    return text


@given(text=edited())
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_hostile_edit_is_accepted_or_refused_by_line(repository: Path, text: str) -> None:
    """Each line of a refusal names file and line, and shows nothing that would move a terminal's cursor."""
    try:
        found = render_inventory(repository, text)
    except UserError as error:
        for line in error.message.split("\n"):
            assert LINE.fullmatch(line), (line, text)
        return
    assert all(part not in {"", ".", ".."} for name in found.files for part in name.split("/"))
    assert all(one.account_id and one.primary_region in one.region_names for one in found.inventory.environments)
