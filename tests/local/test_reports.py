"""The report of a command that fails: red, however early it fails, whatever the last run said."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer.main

from meridian import cli, report
from meridian.deploy import bootstrap as command
from meridian.errors import Exit, MeridianError, OperationFailed

LOCAL = ("--target", "local")
# Each ends at the first thing that it looks at: the checkout holds a broken inventory and nothing else.
FAILING = {
    "add-env": ("qa", "--like", "dev", "--account", "123456789012"),
    "add-region": ("dev", "eu-central-1"),
    "apply": ("dev", *LOCAL),
    "bootstrap": ("dev", *LOCAL),
    "destroy": ("dev", *LOCAL),
    "doctor": (),
    "generate": (),
    "impact": (),
    "init": ("--project", "shop"),
    "parity": (),
    "plan": ("dev", *LOCAL),
    "audit": ("dev", *LOCAL),
    "drift": ("dev", *LOCAL),
    "drill": ("dev", *LOCAL, "--region", "eu-west-1"),
    "recover": ("dev", *LOCAL),
    "promote": ("dev", "prod"),
    "release": ("compute", "1.0.0"),
    "report": ("dev", *LOCAL),
    "remove-region": ("dev", "eu-west-1"),
    "remove-unit": ("dev", "compute"),
    "review": ("--base", "nowhere"),
    "rollback": ("dev", "compute", "1.0.0"),
    "scan": ("--env", "dev", *LOCAL),
    "up": ("dev",),
    "verify": ("dev", *LOCAL),
    "versions": (),
}
EARLIER = [
    ("scan", ("--fail-on", "SOME")),
    ("review", ("nowhere",)),
    ("plan", ("dev", "--target", "moon")),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return the top of a repository whose inventory cannot be read."""
    (tmp_path / "live").mkdir()
    (tmp_path / "live/inventory.yaml").write_text("environments: [\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / "modules/compute").mkdir(parents=True)
    return tmp_path


def test_every_command_with_a_report_is_tried_here() -> None:
    group: Any = typer.main.get_command(cli.app)
    commands = {name: group.get_command(None, name) for name in cli.COMMANDS}
    assert {name for name, one in commands.items() if any("--json" in p.opts for p in one.params)} == FAILING.keys()


@pytest.mark.parametrize(("command", "arguments"), [*FAILING.items(), *EARLIER])
def test_an_older_green_report_never_outlives_a_failure(
    checkout: Path, command: str, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """`up` ends with the verifier, and writes its report."""
    kept = checkout / "out" / f"{'verify' if command == 'up' else command}.json"
    kept.parent.mkdir()
    kept.write_text('{"exit_code": 0, "verdict": "ok"}')
    code = cli.main([command, *arguments, "--root", str(checkout), "--json"])
    found = json.loads(kept.read_text())
    assert (found["exit_code"], found["verdict"]) == (code, Exit(code).name.lower())
    assert code in {Exit.USAGE, Exit.UNKNOWN}
    assert found["error"]
    assert json.loads(capsys.readouterr().out) == found


def test_a_failed_bootstrap_is_in_its_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OperationFailed("AWS refused it.")

    report.write_report(tmp_path, "bootstrap", Exit.OK, {})
    monkeypatch.setattr(command, "resolve", refuse)
    with pytest.raises(OperationFailed):
        command.bootstrap(environment="dev", root=tmp_path, target="local", dry_run=False, as_json=False)
    found = json.loads((tmp_path / "out/bootstrap.json").read_text())
    assert (found["verdict"], found["error"], found["environment"]) == ("failed", "AWS refused it.", "dev")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), KeyError("a bug of ours"), MeridianError("a failure")])
def test_a_report_is_red_until_its_command_ends(tmp_path: Path, error: BaseException) -> None:
    report.write_report(tmp_path, "plan", Exit.OK, {})
    with pytest.raises(type(error)), report.report_started(tmp_path, "plan"):
        raise error
    assert json.loads((tmp_path / "out/plan.json").read_text())["exit_code"] in {Exit.UNKNOWN, Exit.FAILED}
