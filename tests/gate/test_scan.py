"""`meridian scan` from the command line, on a copy of the repository: green, red, and never green by accident."""

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meridian import files
from meridian.cli import main
from meridian.errors import CouldNotTell
from meridian.gate import scan as scan_module
from meridian.gate.checkov import canary, canary_plan, engine
from meridian.gate.checkov.engine import Result
from meridian.gate.rule import PAGE
from policies.checks._catalogue import CATALOGUE
from tests.conftest import ROOT, missing
from tests.gate import sarif_schema
from tests.gate.repository import git

COPIED = (
    ".github",
    ".gitignore",
    ".secrets.baseline",
    "live",
    "modules",
    "docs/adr",
    "scripts/policies",
    "terragrunt.hcl",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a copy of the files that a scan reads."""
    if not (ROOT / engine.VENV / "bin/python").exists():
        missing("Checkov is not installed: run `make checkov`.")
    copy = tmp_path / "repository"
    # The modules that are pinned are read from history.
    git(tmp_path, "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(copy))
    git(copy, "reset", "--quiet")
    for name in COPIED:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("node_modules", "dist", ".terragrunt-cache"))
        else:
            shutil.copy(source, target)
    return copy


def scan(root: Path, *arguments: str) -> int:
    """Run the command line on a copy."""
    return main(["scan", "--root", str(root), *arguments])


def edit(root: Path, path: str, old: str, new: str) -> None:
    """Replace a text in a file."""
    text = (root / path).read_text(encoding="utf-8")
    assert old in text
    (root / path).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.slow
def test_the_repository_passes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report lists the facts and counts what was scanned."""
    assert scan(root) == 0
    out = capsys.readouterr().out
    assert "N/A       CKV_AWS_117  compute: The functions call AWS's own endpoints" in out
    assert "N/A       CKV_AWS_109, CKV_AWS_111, CKV_AWS_356  data: CKV_MRD_011 asks for narrow resources" in out
    modules = sorted(f"modules/{file.parent.name}" for file in (root / "modules").glob("*/versions.tf"))
    assert f"\nscanned {len(modules)} modules: " in out
    assert out.endswith("\nPASS  0 findings, 0 accepted; none of MEDIUM or worse\n")
    kept = json.loads((root / "out/scan.json").read_text(encoding="utf-8"))
    assert (kept["verdict"], [one["name"] for one in kept["scanned"]]) == (
        "ok",
        [*modules, "secrets", "workflows", "python"],
    )


@pytest.mark.slow
def test_a_violation_is_one_sentence_with_its_place_and_fix(
    root: Path, capsys: pytest.CaptureFixture[str], require_tool: Callable[[str], Path]
) -> None:
    edit(root, "modules/compute/routes.tf", "/GET/greet", "/*/*")
    assert main(["accept", "--root", str(root)]) == 0
    capsys.readouterr()
    assert scan(root) == 1
    out = capsys.readouterr().out
    assert out.startswith(
        "HIGH      CKV_MRD_003  modules/compute/routes.tf:25\n  aws_lambda_permission.greet: source_arn "
    )
    assert "\n  fix   Allow lambda:InvokeFunction, and end `source_arn` in method and path" in out
    assert out.endswith("\nFAIL  1 findings, 0 accepted; 1 of MEDIUM or worse\n")
    file = root / "out/new/scan.sarif"
    assert scan(root, "--fail-on", "critical", "--json", "--sarif", str(file)) == 0
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["check"], found["file"], found["line"]) == ("CKV_MRD_003", "modules/compute/routes.tf", 25)
    log = json.loads(file.read_text(encoding="utf-8"))
    assert sarif_schema.errors(log, require_tool("npm")) == []
    (run,) = log["runs"]
    (shown,) = [one for one in run["results"] if "suppressions" not in one]
    place = shown["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("modules/compute/routes.tf", {"startLine": 25})
    assert run["tool"]["driver"]["rules"][shown["ruleIndex"]]["id"] == "CKV_MRD_003"
    kept = json.loads((root / "out/scan.json").read_text(encoding="utf-8"))
    reported = {one["check"] for one in (*kept["findings"], *kept["not_applicable"])}
    assert {one["ruleId"] for one in run["results"]} == reported


@pytest.mark.slow
def test_a_comment_in_the_code_hides_no_finding(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(root, "modules/data/key.tf", "enable_key_rotation     = true", "#checkov:skip=CKV_AWS_7: no need")
    assert scan(root) == 1
    assert "CKV_AWS_7  modules/data/key.tf:1" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "text", "code", "says"),
    [
        ("modules/data/more.tf", 'resource "aws_sns_topic" {{{', 3, "more.tf"),
        ("modules/data/more.tf", 'module "x" {\n  source = "./vendor/x"\n}\n', 3, "vendor/x has no *.tf file"),
    ],
)
def test_code_that_cannot_be_scanned_is_never_green(
    root: Path, path: str, text: str, code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / path).write_text(text, encoding="utf-8")
    assert scan(root) == code
    assert says in capsys.readouterr().err
    assert json.loads((root / "out/scan.json").read_text(encoding="utf-8"))["exit_code"] == code


@pytest.mark.slow
def test_files_that_the_gate_does_not_check_are_findings(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever they hold, and links that point to themselves."""
    names = ("more.tf.json", "more_override.tf")
    for name in names:
        (root / "modules/data" / name).write_text("{", encoding="utf-8")
    for name in ("modules/data/loop.tf", "live/loop"):
        (root / name).symlink_to(Path(name).name)
    assert scan(root) == 1
    out = capsys.readouterr().out
    assert [name for name in (*names, "loop.tf") if f"MRD_TREE_007  modules/data/{name}\n" not in out] == []
    assert "MRD_TREE_001  live/loop\n" in out


@pytest.mark.slow
@pytest.mark.parametrize("at", ["scan.json", "scan.sarif"])
def test_a_full_disk_is_never_green(
    root: Path, at: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the disk of the report, or of one of its forms."""
    write = files.write_file

    def full(path: Path, *arguments: Any) -> None:
        if path.name == at:
            raise OSError(errno.ENOSPC, "No space left on device", at)
        write(path, *arguments)

    monkeypatch.setattr(files, "write_file", full)
    assert scan(root) == 3
    assert "No space left on device" in capsys.readouterr().err


@pytest.mark.slow
def test_a_wrong_waivers_file_is_never_green(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "scripts/policies/waivers.yaml").write_text("accepted: [{}]\n", encoding="utf-8")
    monkeypatch.setattr(scan_module, "HOME", root)
    assert scan(root) == 2
    assert "'owner' is missing" in capsys.readouterr().err


@pytest.mark.slow
def test_another_tree_cannot_accept_its_own_findings(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A gate checks with the policies and waivers of its own checkout."""
    edit(root, "modules/compute/routes.tf", "/GET/greet", "/*/*")
    edit(
        root,
        "scripts/policies/waivers.yaml",
        "accepted: []",
        'accepted: [{check: CKV_MRD_003, module: compute, reason: "It is fine, really", owner: me, '
        'expires: "2026-12-31"}]',
    )
    (root / "scripts/policies/checks/mrd_api.py").write_text("checks = []\n", encoding="utf-8")
    assert scan(root) == 1
    assert "CKV_MRD_003  modules/compute/routes.tf:25" in capsys.readouterr().out


def test_an_unknown_severity_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--root", str(ROOT), "--fail-on", "worst"]) == 2
    assert "Use one of: LOW, MEDIUM, HIGH, CRITICAL." in capsys.readouterr().err


def test_modules_and_an_environment_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--modules", "--env", "dev"]) == 2
    assert "--modules and --env exclude each other." in capsys.readouterr().err


def results(form: str = "", check: str = "", **said: str) -> dict[str, list[Result]]:
    """Return the results of the canaries if every policy works, with the states `said` for one policy."""
    found: dict[str, list[Result]] = {}
    for one, job in canary.FORMS.items():
        found[job] = []
        for name in CATALOGUE:
            for kind, state in {
                "fail": "failed",
                "pass": "passed",
                **(said if (one, name) == (form, check) else {}),
            }.items():
                file = str(ROOT / canary.FIXTURES / name / kind / "main.tf")
                address = f"aws_sns_topic.{canary.canary_name(name, kind, 'this')}"
                found[job].append(Result(state, name, "t", address, file if one == "code" else "plan.json", 1, ()))
    return found


@pytest.mark.parametrize("form", canary.FORMS)
def test_a_policy_that_misses_its_canary_ends_the_scan(form: str) -> None:
    """It may find the violation in one form and miss it in the other."""
    canary.require_caught(results())
    with pytest.raises(CouldNotTell, match=f"The canary of CKV_MRD_005 was not caught in its {form}"):
        canary.require_caught(results(form, "CKV_MRD_005", fail="passed"))
    with pytest.raises(CouldNotTell, match=f"The good example of CKV_MRD_002 did not pass in its {form}"):
        canary.require_caught(results(form, "CKV_MRD_002", **{"pass": "failed"}))


def test_a_policy_of_one_form_needs_no_canary_in_the_other() -> None:
    """Only code connects a function with its permission."""
    canary.require_caught(results("plan", "CKV_MRD_028", fail="passed"))
    with pytest.raises(CouldNotTell, match="CKV_MRD_028 was not caught in its code"):
        canary.require_caught(results("code", "CKV_MRD_028", fail="passed"))
    assert [name for name, one in CATALOGUE.items() if one.forms != tuple(canary.FORMS)] == ["CKV_MRD_028"]


@pytest.mark.slow
def test_the_plan_of_the_examples_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert canary_plan.main(["--check"]) == 0, capsys.readouterr().out


def test_every_policy_has_a_canary() -> None:
    folders = sorted(folder.name for folder in (ROOT / canary.FIXTURES).iterdir())
    assert folders == sorted(CATALOGUE)
    assert len({len(name) for name in CATALOGUE}) == 1, "A comment that skips an id also skips longer ids."


def test_the_page_of_policies_is_current() -> None:
    assert all(f'<a id="{name.lower()}"></a>' in (ROOT / PAGE).read_text(encoding="utf-8") for name in CATALOGUE)
