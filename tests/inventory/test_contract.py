"""What modules declare: read from disk or from git, kept by content, and refused with file and line."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from meridian.errors import CouldNotTell, UserError
from meridian.modules import contract, ledger
from meridian.modules.library import Library
from meridian.modules.types import Object, Primitive
from meridian.paths import cache_dir
from tests.render.world import git, make, make_released

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "bad_modules.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the test modules, without git."""
    return make(tmp_path / "repository")


def test_a_contract_says_what_the_module_declares(repository: Path) -> None:
    """Placement, needs, types, settings and mocks with the sentinel, lists as lists."""
    web = contract.read_contract(repository, "web", None)
    assert (web.title, web.placement, web.package) == ("web (working tree)", "every_region", "functions/build.mjs")
    assert web.needs == {"directory": "primary_region", "store": "same_region"}
    assert sorted(web.settings) == ["logs", "origins", "throttle"]
    assert web.variables["name"].type == Primitive("string")
    assert isinstance(web.variables["login"].type, Object)
    directory = contract.read_contract(repository, "directory", None)
    assert directory.mocks == {
        "url": "https://meridianmock.example.com/directory",
        "clients": ["meridianmock-a", "meridianmock-b"],
    }


def test_a_released_contract_is_that_of_its_commit(tmp_path: Path) -> None:
    """Read from git without a checkout."""
    root = make_released(tmp_path / "repository")
    release = ledger.read_ledger(root)["web", "1.0.0"]
    shutil.rmtree(root / "modules" / "web")
    old = contract.read_contract(root, "web", release)
    assert old.title == "web 1.0.0"
    assert sorted(old.inputs) == ["logs", "name", "store"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["rule"]) for case in CASES])
def test_a_wrong_module_is_refused(repository: Path, case: dict[str, Any]) -> None:
    """Each with the file, its line and what would be right, before anything is rendered."""
    path = repository / "modules" / case["file"]
    old, new = case["change"]
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        Library(repository).contracts(None)
    assert caught.value.message.split("\n") == case["says"]


@pytest.mark.parametrize("key", ["regions", "retiring"])
def test_a_setting_cannot_have_a_key_of_the_inventory(repository: Path, key: str) -> None:
    """An environment or a region would read its value as its own fact."""
    path = repository / "modules/web/unit.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("setting: origins", f"setting: {key}"), encoding="utf-8")
    with pytest.raises(UserError, match=rf"'{key}' has another meaning in the inventory; use another key\."):
        contract.read_contract(repository, "web", None)


def test_limits_of_released_manifests_are_ignored(repository: Path) -> None:
    """They repeat the validations of variables.tf, which count at every version."""
    before = contract.read_contract(repository, "web", None)
    with (repository / "modules/web/unit.yaml").open("a", encoding="utf-8") as file:
        file.write("limits:\n  throttle.rate: {min: 1, max: 3}\n")
    assert contract.read_contract(repository, "web", None) == before


def test_a_file_that_is_missing_or_a_folder_is_named(repository: Path) -> None:
    """A module with a broken link is not skipped: its units would be deleted."""
    outputs, manifest = repository / "modules/web/outputs.tf", repository / "modules/web/unit.yaml"
    outputs.unlink()
    outputs.mkdir()
    with pytest.raises(UserError, match=r"^modules/web/outputs\.tf: cannot be read: Is a directory\.$"):
        Library(repository).contracts(None)
    manifest.unlink()
    manifest.symlink_to("nowhere")
    with pytest.raises(UserError, match=r"^modules/web/unit\.yaml is missing\.$"):
        Library(repository).contracts(None)


@pytest.mark.parametrize("name", contract.FILES)
def test_bytes_that_are_not_utf_8_are_refused(repository: Path, name: str) -> None:
    """The line of the first bad byte is named, not the machine's path."""
    (repository / "modules/web" / name).write_bytes(b"# a\n# \xff\n")
    with pytest.raises(UserError) as caught:
        contract.read_contract(repository, "web", None)
    assert caught.value.message == f"modules/web/{name}:2: is not UTF-8 text."


def test_a_byte_order_mark_is_ignored(repository: Path) -> None:
    """Terraform reads over it too."""
    before = contract.read_contract(repository, "web", None)
    for name in contract.FILES:
        file = repository / "modules/web" / name
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert contract.read_contract(repository, "web", None) == before


def test_a_module_whose_name_no_unit_can_have(repository: Path) -> None:
    """It would become a folder of live/ and a part of names."""
    shutil.copytree(repository / "modules/store", repository / "modules/My Store")
    with pytest.raises(UserError, match=r"^modules/My Store: 'My Store' is not a module's name\.$"):
        Library(repository).contracts(None)


def test_a_cache_that_cannot_be_read_or_written_counts_as_empty(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are parsed again."""
    before = contract.read_contract(repository, "web", None)
    for file in (cache_dir() / "contracts").iterdir():
        file.write_text('[{"name": 1}]', encoding="utf-8")
    assert contract.read_contract(repository, "web", None) == before
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert contract.read_contract(repository, "web", None) == before


def test_a_row_that_git_does_not_confirm_is_refused(tmp_path: Path) -> None:
    """The message names the row's line in the ledger; in a shallow clone, how to fetch the history."""
    root = make_released(tmp_path / "repository")
    row = ledger.read_ledger(root)["web", "1.0.0"]
    later = ledger.read_ledger(root)["web", "2.0.0"].commit
    assert (root / ledger.LEDGER).read_text().splitlines()[row.line - 1].lstrip(" -").startswith("module:")
    place = rf"^modules/releases\.yaml:{row.line}: "
    with pytest.raises(UserError, match=rf"{place}web 1\.0\.0: commit 1{{12}} is not in this clone\.") as caught:
        contract.read_contract(root, "web", replace(row, commit="1" * 40))
    assert "git fetch origin main" in caught.value.hint
    with pytest.raises(UserError, match=rf"{place}.* says tree {row.tree}, commit {later[:12]} has \w{{40}}"):
        contract.read_contract(root, "web", replace(row, commit=later))
    with pytest.raises(UserError, match="has no such module"):
        contract.read_contract(root, "nothing", replace(row, module="nothing"))
    git(root, "commit", "--quiet", "--allow-empty", "-m", "one more")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{root}", "shallow")
    with pytest.raises(UserError) as caught:
        contract.read_contract(tmp_path / "shallow", "web", row)
    assert "git fetch --unshallow" in caught.value.hint


def test_a_missing_git_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git no release can be read."""
    root = make_released(tmp_path / "repository")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CouldNotTell, match="git is not installed"):
        contract.read_contract(root, "web", ledger.Row("web", "9.0.0", "c" * 40, "f" * 40, "2026-01-02", "x"))
