"""`meridian doctor`, before and after set-up."""

import json
import os
from pathlib import Path

import pytest

from meridian.toolchain import doctor, setup
from tests.toolchain import fakes


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout on a machine with all tools."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = fakes.checkout(tmp_path / "checkout")
    for name, value in fakes.environ(tmp_path, fakes.machine(tmp_path / "bin"), found).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    return found


def test_after_set_up_everything_is_ready(root: Path) -> None:
    setup.run(root, dict(os.environ))
    assert doctor.run(root, as_json=False) == 0


def test_an_old_terraform_is_a_finding_with_advice(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fakes.program(tmp_path / "bin", "terraform", fakes.TERRAFORM, "1.9.8")
    assert doctor.run(root, as_json=True) == 1
    report = json.loads(capsys.readouterr().out)
    row = next(row for row in report["tools"] if row["tool"] == "terraform")
    assert (row["found"], row["ok"]) == ("1.9.8", False)
    assert "Install 1.11.4" in row["advice"]
    assert report == json.loads((root / "out/doctor.json").read_text())
    assert report["verdict"] == "findings"


def test_before_set_up_each_tool_is_a_line_with_advice(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.run(root, as_json=False) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith("Run `make setup`.")
    assert [line.split(":")[0] for line in lines] == [
        *("python", "git", "terraform", "uv", "node", "terragrunt", "AWS provider", "packages")
    ]


def test_unreadable_pins_are_bad_input(root: Path) -> None:
    (root / "mise.toml").unlink()
    assert doctor.run(root, as_json=False) == 2
