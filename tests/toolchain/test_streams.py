"""A stream that is closed, or cannot encode a text, does not change how a command ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.render.world import MINIMAL, make

SCRIPTS = Path(__file__).parents[2] / "scripts"
TEXT = MINIMAL.replace("defaults:\n", 'defaults:\n  labels: {place: "東京"}\n')


def check(root: Path, *arguments: str, **options: object) -> "subprocess.CompletedProcess[bytes]":
    """Run `meridian generate --check` where the streams are ASCII."""
    environ = os.environ | {"PYTHONPATH": str(SCRIPTS), "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    command = [sys.executable, "-m", "meridian", "generate", "--check", *arguments, "--root", str(root)]
    return subprocess.run(command, env=environ, check=False, **options)  # type: ignore[call-overload, no-any-return]


def test_text_that_ascii_cannot_encode_is_escaped(tmp_path: Path) -> None:
    """A region in another script is not a traceback, and JSON stays JSON."""
    root = make(tmp_path / "repository", TEXT)
    done = check(root, capture_output=True)
    assert done.returncode == 1
    assert b'"\\u6771\\u4eac"' in done.stdout
    done = check(root, "--json", capture_output=True)
    assert done.returncode == 1
    assert "東京" in json.dumps(json.loads(done.stdout), ensure_ascii=False)
    (root / "live/inventory.yaml").write_text(MINIMAL.replace("us-east-1: {}", "東京: {}"), encoding="utf-8")
    done = check(root, capture_output=True)
    assert done.returncode == 2
    assert b"'\\u6771\\u4eac' is not an AWS region." in done.stderr


def test_closed_streams_are_not_an_error(tmp_path: Path) -> None:
    """`>&-` in a shell closes a stream."""
    root = make(tmp_path / "repository", TEXT)
    for number in (1, 2):
        done = check(root, preexec_fn=lambda number=number: os.close(number))
        assert done.returncode == 1
