"""The files of the gate have owners: the same files for the gate, for CODEOWNERS and in a review."""

import json
import re
from pathlib import Path

import pytest

from meridian import git as ours
from meridian.errors import CouldNotTell
from meridian.gate.rules.owned import is_gate_file
from meridian.review.change import read_change
from tests.conftest import ROOT
from tests.gate.repository import commit, empty, git, write

OWNERS = "/gate-owners"
GATE = [
    *("Makefile", "pyproject.toml", "scripts/policies/waivers.yaml", ".secrets.baseline", "tests/gate/corpus/plans.py"),
    # Each of these is read instead of, or before, the reviewed files.
    *("GNUmakefile", "scripts/sitecustomize.py", ".venv/bin/meridian", "docs/.gitattributes", "live/dev/.terraform/x"),
    *("tests/conftest.py", "tests/local/conftest.py", "tests/sitecustomize.py", "tests/local/x.pth", "docs/Makefile"),
    *("tests/pytest.ini", "tests/local/pyproject.toml", "tests/setup.cfg", "modules/compute/tests/GNUmakefile"),
    # Other pipelines, hooks, and workflows that are none.
    *(".gitlab-ci.yml", ".circleci/config.yml", "Jenkinsfile", "azure-pipelines.yml", ".githooks/pre-commit"),
    "tests/local/.github/workflows/x.yml",
    # A plan runs the build with the credentials of the plan.
    *("modules/compute/functions/build.mjs", "modules/compute/unit.yaml", "modules/compute/a.tf.json"),
    # Whose provider is run with the credentials of the plan.
    "live/dev/.terraform.lock.hcl",
    # A link instead of a folder, and a name that only looks like one of the others.
    *("modules", "live", "README.md\n"),
]
OTHERS = [
    *("README.md", "docs/security.md", "live/dev/us-east-1/data/terragrunt.hcl"),
    *("modules/releases.yaml", "modules/data/key.tf", "modules/compute/functions/src/greet.mjs"),
    *("modules/compute/tests/api.tftest.hcl", "tests/run/test_plans.py", "tests/toolchain/test_conftest.py"),
]


@pytest.mark.parametrize(("name", "wanted"), [*((one, True) for one in GATE), *((one, False) for one in OTHERS)])
def test_a_file_of_the_gate_is_known_by_its_name(name: str, wanted: bool) -> None:
    assert is_gate_file(name) is wanted


def test_codeowners_and_the_gate_agree() -> None:
    """On every tracked file, and on files that a change could add."""
    tracked = ours.run_git(ROOT, "ls-files", "-z").decode().split("\0")[:-1]
    names = {name for name in (*tracked, *GATE, *OTHERS) if "\n" not in name}
    assert {name for name in names if is_gate_file(name) != any(one.endswith(OWNERS) for one in owners(name))} == set()


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
    folder = empty(tmp_path / "before")
    write(folder, "README.md", "text\n")
    commit(folder)
    return folder


@pytest.fixture
def change(before: Path, tmp_path: Path) -> Path:
    """Return a clone of it."""
    git(before, "clone", "--quiet", str(before), str(tmp_path / "change"))
    return tmp_path / "change"


def findings(before: Path, change: Path) -> dict[str, str]:
    """Return the sentence of each finding, by its file."""
    return {one.file: one.what for one in read_change(before, change).findings}


def test_a_changed_file_of_the_gate_is_a_finding(before: Path, change: Path) -> None:
    for name in ("GNUmakefile", "docs/.gitattributes", "é\\x", "README.md"):
        write(change, name, "x\n")
    commit(change)
    assert list(findings(before, change)) == ["GNUmakefile", "docs/.gitattributes", "é\\x"]


def test_the_diff_has_what_an_owner_releases_alone(before: Path, change: Path) -> None:
    """Settings of the change do not decide what git shows."""
    assert read_change(before, change).released_diff() == ""
    for name in ("Makefile", "README.md", ":x", "docs/.gitattributes"):
        write(change, name, "* -diff\n" if name.endswith("attributes") else f"{name} more\n")
    commit(change)
    shown = read_change(before, change).released_diff()
    assert [line for line in shown.splitlines() if line.startswith("+++")] == [
        *("+++ b/:x", "+++ b/Makefile", "+++ b/docs/.gitattributes")
    ]


def test_an_owner_sees_what_is_accepted(before: Path, change: Path) -> None:
    """One sentence for each block; a file in another form is only named."""
    name = "modules/data/accepted.json"
    role = {"statement": {"actions": ["dynamodb:PutItem"]}}
    write(before, name, json.dumps({"code": {"data.d": role, "aws_x.y": {}}}))
    git(change, "pull", "--quiet", str(before), commit(before) and "main")
    role["statement"]["actions"].append("dynamodb:Scan")
    write(change, name, json.dumps({"code": {"data.d": role, "aws_x.z": {}}}))
    commit(change)
    assert [one.what for one in read_change(before, change).findings] == [
        f"{name} accepts more or other: aws_x.y: is gone: {{}}.",
        f"{name} accepts more or other: aws_x.z: is new: {{}}.",
        f"{name} accepts more or other: data.d: statement.actions has dynamodb:Scan more.",
    ]
    for text in ("{", json.dumps({"code": []})):
        write(change, name, text)
        assert findings(before, change) == {name: f"{name} is part of the gate and is changed."}
    (change / name).unlink()
    (change / name).symlink_to("accepted.json")
    assert list(findings(before, change)) == [name]


def test_a_link_is_released_by_an_owner(before: Path, change: Path) -> None:
    """Its target may have other owners; committed or not."""
    (change / "docs").mkdir()
    (change / "docs/a.md").symlink_to("../README.md")
    assert "is a link" in findings(before, change)["docs/a.md"]
    commit(change)
    assert "is a link" in findings(before, change)["docs/a.md"]


def test_a_submodule_is_released_by_an_owner(before: Path, change: Path) -> None:
    """Also one with the setting `ignore`."""
    write(change, ".gitmodules", '[submodule "x"]\n\tpath = docs/other\n\turl = ./x\n\tignore = all\n')
    git(change, "add", "--all")
    git(change, "update-index", "--add", "--cacheinfo", f"160000,{git(change, 'rev-parse', 'HEAD')},docs/other")
    git(change, "commit", "--quiet", "--message", "feat: a change")
    assert list(findings(before, change)) == [".gitmodules", "docs/other"]
    assert "is a submodule" in findings(before, change)["docs/other"]


def test_a_missing_history_is_unknown(before: Path, change: Path) -> None:
    commit(before)
    with pytest.raises(CouldNotTell, match=r"its changes since .* cannot be read"):
        read_change(before, change)


@pytest.mark.parametrize("source", ["base", "change", "fork"])
def test_a_version_of_a_commit_outside_the_base_is_released_by_an_owner(
    before: Path, change: Path, source: str
) -> None:
    """One commit brings its build script and the next removes it, or GitHub serves a commit of a fork by its id."""
    name = "modules/compute/functions/build.mjs"
    write(change, name, "steal()\n")
    commits = {"base": git(before, "rev-parse", "HEAD"), "change": commit(change), "fork": "1" * 40}
    (change / name).unlink()
    row = {"module": "data", "version": "1.0.0", "commit": commits[source]}
    row |= {"tree": "0" * 40, "date": "2026-11-25", "note": "x"}
    lines = "\n    ".join(f"{key}: {json.dumps(value)}" for key, value in row.items())
    write(change, "modules/releases.yaml", f"releases:\n  - {lines}\n")
    commit(change)
    found = findings(before, change)
    assert list(found) == ([] if source == "base" else ["modules/releases.yaml"])
    assert all("which the base does not contain" in what for what in found.values())
