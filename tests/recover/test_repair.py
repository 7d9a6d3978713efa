"""A half-imported unit leaves no output that a reader could take for a real one."""

import json
from pathlib import Path
from typing import Any

import pytest

from meridian.modules.contract import SENTINEL
from meridian.recover import repair
from meridian.targets import Target

WHOLE = {"key": {"value": "arn:x", "type": "string"}, "empty": {"value": "", "type": "string"}}
HALF = {
    "topic": {"value": None, "type": "string"},
    "url": {"value": f"https://{SENTINEL}", "type": "string"},
}


@pytest.mark.parametrize(("outputs", "pushed"), [(WHOLE | HALF, True), (WHOLE, False), ({}, False)])
def test_only_whole_outputs_stay(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outputs: dict[str, Any], pushed: bool
) -> None:
    states: list[dict[str, Any]] = []

    def terraform(_: Target, unit: str, folder: Path, *words: str) -> str:
        if words[1] == "push":
            states.append(json.loads(Path(words[-1]).read_text()))
        return json.dumps({"serial": 4, "lineage": "one", "outputs": outputs})

    monkeypatch.setattr(repair, "run_terraform", terraform)
    repair._drop_half_made_outputs(target, "us-east-1/data", tmp_path, tmp_path)
    assert states == ([{"serial": 5, "lineage": "one", "outputs": WHOLE}] if pushed else [])
