"""Each module's own tests, run by Terraform in a copy, so that nothing is left in the working tree."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from meridian import tools
from meridian.modules.manifest import BUILDERS
from tests.modules import declared

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("module", declared.MODULES, ids=lambda module: module.name)
def test_every_run_of_a_module_passes(module: Path, tmp_path: Path, require_tool: Callable[[str], Path]) -> None:
    """`terraform test` executes every run that the files hold, and every one passes."""
    terraform = str(require_tool("terraform"))
    copy, environment = _copied(module, tmp_path), tools.variables(os.environ)
    if package := declared.manifest(module).get("package"):
        _output([*BUILDERS[Path(package).suffix], package], copy, environment)
    _output([terraform, "init", "-no-color", "-input=false", "-backend=false"], copy, environment)
    events = _events([terraform, "test", "-json"], copy, environment)

    finished = _finished(events)
    reasons = [event["@message"] for event in events if event["@level"] == "error"]
    assert finished == {(run.file.name, run.name): "pass" for run in declared.runs(module)}, "\n".join(reasons)
    assert finished
    assert not list(module.glob(".terraform*")), f"{module.name}: the working tree was littered"


def test_a_failing_run_is_seen(tmp_path: Path, require_tool: Callable[[str], Path]) -> None:
    """The test above can fail: once a guard is gone, the run that expects its refusal does not pass."""
    copy, environment = _copied(declared.ROOT / "modules" / "identity", tmp_path), tools.variables(os.environ)
    variables = (copy / "variables.tf").read_text(encoding="utf-8")
    unguarded = variables.replace("^[a-z][a-z0-9-]{1,29}[a-z0-9]$", ".*")
    assert unguarded != variables
    (copy / "variables.tf").write_text(unguarded, encoding="utf-8")
    terraform = str(require_tool("terraform"))
    _output([terraform, "init", "-no-color", "-input=false", "-backend=false"], copy, environment)
    events = _events([terraform, "test", "-json", "-filter=tests/inputs.tftest.hcl"], copy, environment)
    assert _finished(events)["inputs.tftest.hcl", "refuses_name_with_capital_letters"] in {"fail", "error"}


def _copied(module: Path, folder: Path) -> Path:
    ignored = shutil.ignore_patterns(".terraform*", "node_modules", "dist")
    return Path(shutil.copytree(module, folder / module.name, ignore=ignored))


def _output(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _events(command: list[str], folder: Path, environment: Mapping[str, str]) -> list[dict[str, dict[str, str]]]:
    """Run `terraform test -json` and return what it reports, one event a line."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert any(event["type"] == "test_summary" for event in events), f"nothing ran\n{done.stdout}\n{done.stderr}"
    return events


def _finished(events: list[dict[str, dict[str, str]]]) -> dict[tuple[str, str], str]:
    """Return the status of every run that came to an end, by file and name."""
    ended = [event["test_run"] for event in events if "test_run" in event]
    return {(Path(run["path"]).name, run["run"]): run["status"] for run in ended if run["progress"] == "complete"}
