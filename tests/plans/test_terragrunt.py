"""Terragrunt at its process boundary: how it is called, and how its failures are reported."""

import json
import sys
from pathlib import Path

import pytest

from meridian import tools
from meridian.errors import CouldNotTell, MeridianError, OperationFailed
from meridian.plans import terragrunt
from meridian.targets import Target

FAKE = f"""#!{sys.executable}
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
(here / "called.json").write_text(json.dumps({{"argv": sys.argv[1:], "env": dict(os.environ)}}))
print((here / "log.txt").read_text(), end="")
if "--report-file" in sys.argv:
    pathlib.Path(sys.argv[sys.argv.index("--report-file") + 1]).write_text((here / "report.json").read_text())
sys.exit(int((here / "code.txt").read_text()))
"""


class Fake:
    """A terragrunt that prints what a test sets and records how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tool = folder / "terragrunt"
        tool.write_text(FAKE)
        tool.chmod(0o755)
        self.answer()

    def answer(self, code: int = 0, units: dict[str, str] | None = None, log: str = "") -> None:
        """Set what the next call ends with."""
        rows = [{"Name": name, "Result": result} for name, result in (units or {}).items()]
        (self.folder / "report.json").write_text(json.dumps(rows))
        (self.folder / "log.txt").write_text(log)
        (self.folder / "code.txt").write_text(str(code))

    @property
    def called(self) -> dict[str, object]:
        """The arguments and the environment of the last call."""
        called: dict[str, object] = json.loads((self.folder / "called.json").read_text())
        return called


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Put the fake where the pinned tools are."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setattr(tools, "folder", lambda: folder)
    return Fake(folder)


def _line(unit: str, level: str, message: str) -> str:
    return json.dumps({"time": "t", "level": level, "working-dir": unit, "msg": message}) + "\n"


def test_a_run_names_the_folder_the_units_and_the_verb(fake: Fake, target: Target) -> None:
    fake.answer(units={"us-east-1/identity": "succeeded"})
    terragrunt.run(target, "apply", units=["us-east-1/identity"]).require_success("The apply")
    argv = fake.called["argv"]
    assert isinstance(argv, list)
    assert argv[:2] == ["run", "--all"]
    assert argv[argv.index("--working-dir") + 1] == str(target.root / "live/dev")
    assert argv[argv.index("--filter") + 1] == "./us-east-1/identity"
    assert argv[-2:] == ["--", "apply"]


def test_the_callers_profile_never_reaches_a_local_run(
    fake: Fake, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere.example")
    fake.answer(units={"u": "succeeded"})
    terragrunt.run(target, "plan")
    env = fake.called["env"]
    assert isinstance(env, dict)
    assert "AWS_PROFILE" not in env
    assert "AWS_ENDPOINT_URL_S3" not in env
    assert env["AWS_ENDPOINT_URL"] == target.endpoint
    assert env["TG_DOWNLOAD_DIR"] == str(target.root / "out/local/dev/cache")


@pytest.mark.parametrize(
    ("verb", "callers", "expected"),
    [("plan", None, "3"), ("apply", None, "6"), ("plan", "5", "5"), ("apply", "1", "1")],
    ids=["plans: one a core", "applies: two a core", "a caller's number for plans", "a caller's number for applies"],
)
def test_more_units_apply_than_plan_at_once(
    fake: Fake, target: Target, monkeypatch: pytest.MonkeyPatch, verb: str, callers: str | None, expected: str
) -> None:
    monkeypatch.delenv("TG_PARALLELISM", raising=False)
    if callers:
        monkeypatch.setenv("TG_PARALLELISM", callers)
    monkeypatch.setattr(tools.os, "cpu_count", lambda: 3)
    terragrunt.run(target, verb)
    env = fake.called["env"]
    assert isinstance(env, dict)
    assert env["TG_PARALLELISM"] == expected


@pytest.mark.parametrize(
    ("code", "units"),
    [(0, {}), (0, {"a": "failed"}), (0, {"a": "succeeded", "b": "early exit"}), (1, {"a": "succeeded"})],
    ids=["nothing ran", "a unit failed", "a unit was skipped", "terragrunt failed"],
)
def test_anything_but_all_succeeded_is_a_failure(fake: Fake, target: Target, code: int, units: dict[str, str]) -> None:
    fake.answer(code, units)
    with pytest.raises(OperationFailed, match="The apply failed"):
        terragrunt.run(target, "apply").require_success("The apply")


@pytest.mark.parametrize("report", ["", "{}", "[3]"])
def test_a_report_that_names_no_unit_is_a_failure(fake: Fake, target: Target, report: str) -> None:
    fake.answer()
    (fake.folder / "report.json").write_text(report)
    with pytest.raises(OperationFailed, match="The apply failed: Terragrunt reported no unit") as failed:
        terragrunt.run(target, "apply").require_success("The apply")
    assert "apply.log" in failed.value.hint


@pytest.mark.parametrize(("code", "said"), [(1, ""), (0, "a warning\n{}"), (0, "[3]")])
def test_units_of_another_form_could_not_be_read(fake: Fake, target: Target, code: int, said: str) -> None:
    fake.answer(code, log=said)
    with pytest.raises(CouldNotTell, match="find in live/dev"):
        terragrunt.read_graph(target)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("│ Error: Error acquiring the state lock", CouldNotTell),
        ("NoSuchBucket: The specified bucket does not exist", CouldNotTell),
        ("│ Error: Provider dependency changes detected", CouldNotTell),
        ('exec: "terraform": executable file not found in $PATH', CouldNotTell),
        ("│ Error: Saved plan is stale", OperationFailed),
        ("│ Error: creating Lambda Function: InvalidParameter", OperationFailed),
    ],
)
def test_a_failure_says_which_unit_and_why(fake: Fake, target: Target, message: str, kind: type[MeridianError]) -> None:
    fake.answer(1, {"eu-west-1/data": "failed"}, _line("eu-west-1/data", "stderr", message))
    with pytest.raises(kind) as failed:
        terragrunt.run(target, "apply").require_success("The apply")
    assert message.strip("│ ") in failed.value.message
    assert "eu-west-1/data" in failed.value.message
    assert failed.value.hint


def test_the_whole_log_is_kept_and_milestones_are_shown(
    fake: Fake, target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = _line("u", "stdout", "a.b: Creating...") + _line(
        "u", "stdout", "Plan: 1 to add, 0 to change, 0 to destroy."
    )
    fake.answer(units={"u": "succeeded"}, log=lines + "from a hook\n")
    result = terragrunt.run(target, "plan")
    kept = result.log.read_text()
    assert "a.b: Creating..." in kept
    assert "from a hook" in kept
    shown = capsys.readouterr().err
    assert "u: Plan: 1 to add" in shown
    assert "Creating" not in shown
