"""The files of the gate have owners: the same files for the gate, for CODEOWNERS and in a review."""

import json
import re
from pathlib import Path

import pytest

from meridian import git as ours
from meridian.errors import CouldNotTell
from meridian.gate.review.change import read_change
from meridian.gate.rules.owned import is_gate_file
from tests.conftest import ROOT
from tests.workflows.conftest import git

OWNERS = "@example-org/gate-owners"
GATE = [
    *("Makefile", "pyproject.toml", "scripts/policies/waivers.yaml", ".secrets.baseline", "tests/gate/corpus/plans.py"),
    # Each of these is read instead of, or before, the reviewed files.
    *("GNUmakefile", "scripts/sitecustomize.py", ".venv/bin/meridian", "docs/.gitattributes", "live/dev/.terraform/x"),
    # A plan runs the build with the credentials of the plan.
    *("modules/compute/functions/build.mjs", "modules/compute/unit.yaml", "modules/compute/a.tf.json"),
    # A link instead of a folder, and a name that only looks like one of the others.
    *("modules", "live", "README.md\n"),
]
OTHERS = [
    *("README.md", "docs/security.md", "live/dev/us-east-1/data/terragrunt.hcl", "live/dev/.terraform.lock.hcl"),
    *("modules/releases.yaml", "modules/data/key.tf", "modules/compute/functions/src/greet.mjs"),
    *("modules/compute/tests/api.tftest.hcl", "tests/run/test_plans.py"),
]


@pytest.mark.parametrize(("name", "wanted"), [*((one, True) for one in GATE), *((one, False) for one in OTHERS)])
def test_a_file_of_the_gate_is_known_by_its_name(name: str, wanted: bool) -> None:
    assert is_gate_file(name) is wanted


def test_codeowners_and_the_gate_agree() -> None:
    """On every tracked file, and on files that a change could add."""
    tracked = ours.run_git(ROOT, "ls-files", "-z").decode().split("\0")[:-1]
    names = {name for name in (*tracked, *GATE, *OTHERS) if "\n" not in name}
    assert {name for name in names if is_gate_file(name) != (OWNERS in owners(name))} == set()


def owners(name: str) -> list[str]:
    """Return the owners of a file as GitHub finds them: the last matching line counts.

    Source: GitHub, "About code owners", CODEOWNERS syntax; it follows gitignore's.
    """
    found: list[str] = []
    for line in (ROOT / ".github/CODEOWNERS").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern, *who = line.split()
            anchored = "/" in pattern.rstrip("/")
            text = re.escape(pattern.strip("/")).replace(r"\*", "[^/]*")
            if re.fullmatch(
                f"{'' if anchored else '(?:.*/)?'}{text}{'/.*' if pattern.endswith('/') else '(?:/.*)?'}", name
            ):
                found = who
    return found


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Return a repository with one commit."""
    folder = tmp_path / "before"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "README.md").write_text("text\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "feat: begin")
    return folder


@pytest.fixture
def change(before: Path, tmp_path: Path) -> Path:
    """Return a clone of it."""
    git(before, "clone", "--quiet", str(before), str(tmp_path / "change"))
    return tmp_path / "change"


def commit_all(root: Path) -> None:
    """Commit all that is there, ignored or not."""
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--message", "feat: a change")


def findings(before: Path, change: Path) -> dict[str, str]:
    """Return the sentence of each finding, by its file."""
    return {one.file: one.what for one in read_change(before, change).findings}


@pytest.mark.parametrize("name", ["GNUmakefile", "docs/.gitattributes", "é\\x"])
def test_a_file_of_any_name_is_seen(before: Path, change: Path, name: str) -> None:
    file = change / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("x\n", encoding="utf-8")
    commit_all(change)
    assert list(findings(before, change)) == [name]


def test_a_link_is_released_by_an_owner(before: Path, change: Path) -> None:
    """Its target has other owners, or none; committed or not."""
    (change / "docs").mkdir()
    (change / "docs/a.md").symlink_to("../README.md")
    assert "is a link" in findings(before, change)["docs/a.md"]
    commit_all(change)
    assert "is a link" in findings(before, change)["docs/a.md"]


def test_a_submodule_is_released_by_an_owner(before: Path, change: Path) -> None:
    """Also one with the setting `ignore`."""
    head = git(change, "rev-parse", "HEAD")
    text = '[submodule "x"]\n\tpath = docs/other\n\turl = ./x\n\tignore = all\n'
    (change / ".gitmodules").write_text(text, encoding="utf-8")
    git(change, "add", "--all")
    git(change, "update-index", "--add", "--cacheinfo", f"160000,{head},docs/other")
    git(change, "commit", "--quiet", "--message", "feat: a change")
    assert list(findings(before, change)) == [".gitmodules", "docs/other"]
    assert "is a submodule" in findings(before, change)["docs/other"]


def test_a_folder_that_becomes_a_link_is_seen(before: Path, change: Path) -> None:
    (change / "live").symlink_to("docs")
    commit_all(change)
    assert list(findings(before, change)) == ["live"]


def test_a_change_of_other_files_needs_no_owner(before: Path, change: Path) -> None:
    (change / "README.md").write_text("other\n", encoding="utf-8")
    commit_all(change)
    assert findings(before, change) == {}


def test_a_missing_history_is_unknown(before: Path, change: Path) -> None:
    git(before, "commit", "--quiet", "--allow-empty", "--message", "feat: later")
    with pytest.raises(CouldNotTell):
        read_change(before, change)


def released(root: Path, commit: str) -> None:
    """Commit a ledger with one version."""
    (root / "modules").mkdir(exist_ok=True)
    row = {"module": "data", "version": "1.0.0", "commit": commit, "tree": "0" * 40, "date": "2026-11-25", "note": "x"}
    lines = [f"{'  - ' if key == 'module' else '    '}{key}: {json.dumps(value)}\n" for key, value in row.items()]
    (root / "modules/releases.yaml").write_text("releases:\n" + "".join(lines), encoding="utf-8")
    commit_all(root)


def test_a_version_of_a_commit_of_the_base_needs_no_owner(before: Path, change: Path) -> None:
    released(change, git(before, "rev-parse", "HEAD"))
    assert findings(before, change) == {}


@pytest.mark.parametrize("fork", [False, True])
def test_a_version_of_a_commit_outside_the_base_is_released_by_an_owner(before: Path, change: Path, fork: bool) -> None:
    """One commit brings its build script and the next removes it, or GitHub serves a commit of a fork by its id."""
    script = change / "modules/compute/functions/build.mjs"
    script.parent.mkdir(parents=True)
    script.write_text("steal()\n", encoding="utf-8")
    commit_all(change)
    released(change, "1" * 40 if fork else git(change, "rev-parse", "HEAD"))
    script.unlink()
    commit_all(change)
    assert list(findings(before, change)) == ["modules/releases.yaml"]
    assert "which the base does not contain" in findings(before, change)["modules/releases.yaml"]
