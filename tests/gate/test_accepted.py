"""Every change of a module that can matter is a finding until it is accepted; any other costs nothing."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from meridian.cli import main
from meridian.errors import CouldNotTell
from meridian.gate import final
from meridian.gate.accepted.compare import find_unaccepted
from meridian.gate.rules.owned import is_gate_file
from meridian.gate.scan import Others
from tests.conftest import ROOT
from tests.gate.corpus.edits import HARMLESS, VIOLATIONS, Edit
from tests.gate.repository import empty, write

ACCEPTED = "modules/data/accepted.json"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with our modules."""
    made = empty(tmp_path / "repository")
    unused = shutil.ignore_patterns("node_modules", "dist", ".terraform*")
    shutil.copytree(ROOT / "modules", made / "modules", ignore=unused)
    write(made, "live/inventory.yaml", "")
    return made


def change(root: Path, edit: Edit) -> None:
    """Write an edit; its old text must be in the file."""
    name = f"modules/{edit.file}"
    before = (root / name).read_text(encoding="utf-8") if (root / name).exists() else ""
    assert edit.old in before, edit
    after = before.replace(edit.old, edit.new, -1 if edit.old == "\n" else 1) if edit.old else f"{before}{edit.new}\n"
    write(root, name, after)


def test_our_modules_are_accepted(root: Path) -> None:
    assert find_unaccepted(root) == []


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_violation_is_a_finding_until_it_is_accepted(root: Path, name: str) -> None:
    edit = VIOLATIONS[name]
    change(root, edit)
    (found,) = find_unaccepted(root)
    assert (found.check, found.module) == ("MRD_ACCEPTED_001", edit.file.partition("/")[0])
    assert found.what.startswith(f"{edit.block} is not as accepted: ")
    assert f"meridian accept {found.module}" in found.fix
    if edit.file.endswith(".tf"):
        assert found.file == f"modules/{edit.file}"
        assert found.line > 0
    assert main(["accept", found.module, "--root", str(root)]) == 0
    assert find_unaccepted(root) == []


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_change_is_none(root: Path, name: str) -> None:
    change(root, HARMLESS[name])
    assert find_unaccepted(root) == []


def test_a_block_may_move_to_another_file(root: Path) -> None:
    moved = root / "modules/data/key.tf"
    write(root, "modules/data/other.tf", moved.read_bytes())
    moved.unlink()
    assert find_unaccepted(root) == []


def test_the_finding_names_line_and_difference(root: Path) -> None:
    change(root, VIOLATIONS["one action more"])
    (found,) = find_unaccepted(root)
    lines = (root / found.file).read_text(encoding="utf-8").splitlines()
    assert lines[found.line - 1].startswith("  statement {")
    assert found.what.endswith(": statement[WriteGreetings].actions has dynamodb:Scan more.")


def test_a_new_statement_has_its_own_line(root: Path) -> None:
    new = '  statement {\n    sid = "Audit"\n    actions = ["logs:PutLogEvents"]\n    resources = ["*"]\n  }\n'
    change(root, Edit("compute/role.tf", "  # X-Ray has no", f"{new}  # X-Ray has no", ""))
    (found,) = find_unaccepted(root)
    lines = (root / found.file).read_text(encoding="utf-8").splitlines()
    assert lines[found.line] == '    sid = "Audit"'
    assert "statement[Audit] has {" in found.what


def test_a_module_without_a_picture_is_a_finding(root: Path) -> None:
    (root / ACCEPTED).unlink()
    assert [(one.file, one.what) for one in find_unaccepted(root)] == [(ACCEPTED, f"{ACCEPTED} is missing.")]


@pytest.mark.parametrize("text", ["", "[]", '{"code": []}', "{"])
def test_a_file_in_another_form_is_a_finding(root: Path, text: str) -> None:
    write(root, ACCEPTED, text)
    assert [one.file for one in find_unaccepted(root)] == [ACCEPTED]
    assert main(["accept", "--root", str(root)]) == 0
    assert find_unaccepted(root) == []


def test_a_picture_edited_by_hand_is_a_finding(root: Path) -> None:
    text = (root / ACCEPTED).read_text(encoding="utf-8")
    write(root, ACCEPTED, text.replace('"deletion_window_in_days": 30', '"deletion_window_in_days": 7'))
    assert [one.file for one in find_unaccepted(root)] == ["modules/data/key.tf"]
    # A reader of JSON hides the first of two equal keys.
    key = '"deletion_window_in_days": 30,'
    write(root, ACCEPTED, text.replace(key, f'"deletion_window_in_days": 7,{key}'))
    assert [one.file for one in find_unaccepted(root)] == [ACCEPTED]


def test_what_was_accepted_and_is_gone_is_a_finding(root: Path) -> None:
    content = json.loads((root / ACCEPTED).read_text(encoding="utf-8"))
    content["code"]["aws_sqs_queue.later"] = {}
    write(root, ACCEPTED, json.dumps(content, indent=2, sort_keys=True) + "\n")
    (found,) = find_unaccepted(root)
    assert (found.file, found.what) == (ACCEPTED, "aws_sqs_queue.later is not as accepted: is gone: {}.")


def test_code_that_cannot_be_read_is_not_green(root: Path) -> None:
    write(root, "modules/data/more.tf", 'locals {\n  a = "\n}\n')
    with pytest.raises(CouldNotTell, match=r"modules/data/more\.tf:2: it cannot be read as HCL: a string has no end\."):
        find_unaccepted(root)


def test_a_picture_that_cannot_be_read_is_not_green(root: Path) -> None:
    """A link to itself, and a file in another encoding."""
    file = root / "modules/data/accepted.json"
    file.unlink()
    file.symlink_to(file.name)
    with pytest.raises(CouldNotTell, match=r"data/accepted\.json: it cannot be read: Too many levels of symbolic"):
        find_unaccepted(root)
    file.unlink()
    file.write_text("{}", encoding="utf-16")
    with pytest.raises(CouldNotTell, match=r"modules/data/accepted\.json: it cannot be read: it is not UTF-8\."):
        find_unaccepted(root)


def test_accept_shows_what_it_accepts(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(root, VIOLATIONS["one action more"])
    assert main(["accept", "--root", str(root)]) == 0
    out = capsys.readouterr().out
    assert "wrote modules/compute/accepted.json\n" in out
    assert "data.aws_iam_policy_document.function: statement[WriteGreetings].actions has dynamodb:Scan more\n" in out
    assert "modules/data" not in out


def test_accept_knows_the_modules(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accept", "dta", "--root", str(root)]) == 2
    assert "Did you mean 'data'?" in capsys.readouterr().err


def test_the_final_gate_compares_the_working_tree(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pinned environment runs none of it."""
    asked: list[list[str]] = []

    def find_verdict(*_: Any, others: Callable[[], Others], **__: Any) -> SimpleNamespace:
        asked.append([one.check for one in others()[0]])
        return SimpleNamespace(failing=[])

    monkeypatch.setattr(final.units, "read_units", lambda *_: [])
    monkeypatch.setattr(final, "find_verdict", find_verdict)
    change(root, VIOLATIONS["one action more"])
    for versions in (None, {}):
        target: Any = SimpleNamespace(root=root, environment=SimpleNamespace(name="dev", versions=versions))
        final.require_clean_plans(target, [], {})
    assert asked == [["MRD_ACCEPTED_001"], []]


def test_an_owner_releases_what_is_accepted() -> None:
    assert is_gate_file(ACCEPTED)
