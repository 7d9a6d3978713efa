"""The files that `generate` replaces, deletes, refuses and leaves alone."""

import os
from pathlib import Path

import pytest

from meridian.errors import CouldNotTell, OperationFailed, UserError
from meridian.render import marker, write
from meridian.render.plan import ROOT
from meridian.render.tree import find_files
from meridian.render.write import Change

UNIT = "live/dev/us-east-1/web/terragrunt.hcl"
NEW = marker.add_marker("\nnew\n")
OLD = marker.add_marker("\nold\n")
WITH_HASH = OLD.replace("edit.", f"edit. sha256:{'0' * 64}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with an empty live/."""
    (tmp_path / "repository/live").mkdir(parents=True)
    return tmp_path / "repository"


def put(root: Path, text: str, path: str = UNIT) -> Path:
    """Write a file of a repository."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def kinds(root: Path, wanted: dict[str, str]) -> dict[str, str]:
    """Return the kind of each change, by path."""
    return {change.path: change.kind for change in write.compare_files(wanted, root, find_files(root))}


@pytest.mark.parametrize(
    ("on_disk", "kind"),
    [
        pytest.param(NEW, None, id="equal: nothing to do"),
        pytest.param(None, "missing", id="absent: missing"),
        pytest.param(OLD, "stale", id="an older render: stale"),
        pytest.param(NEW.replace("\n", "\r\n"), "stale", id="the right text with carriage returns: stale"),
        pytest.param(OLD + "# mine\n", "stale", id="an edit by hand: stale"),
        pytest.param(WITH_HASH, "stale", id="the marker of an older version: stale"),
        pytest.param(f"<<<<<<< HEAD\n{OLD}=======\n{NEW}>>>>>>> x\n", "stale", id="a conflict: stale"),
        pytest.param(f"\n{NEW}", "foreign", id="a marker further down: foreign"),
        pytest.param("# mine\n", "foreign", id="no marker: foreign"),
        pytest.param("", "foreign", id="empty: foreign"),
    ],
)
def test_a_planned_file_on_disk(root: Path, on_disk: str | None, kind: str | None) -> None:
    """Each state has its kind."""
    if on_disk is not None:
        (root / UNIT).parent.mkdir(parents=True)
        (root / UNIT).write_bytes(on_disk.encode())
    assert kinds(root, {UNIT: NEW}) == ({UNIT: kind} if kind else {})


@pytest.mark.parametrize(
    ("on_disk", "expected"),
    [
        pytest.param(OLD, {UNIT: "extra"}, id="a render that nothing asks for: extra"),
        pytest.param(OLD + "# mine\n", {UNIT: "extra"}, id="one with an edit by hand: extra"),
        pytest.param("# mine\n", {}, id="a file without the marker: never touched"),
    ],
)
def test_a_file_that_is_not_planned(root: Path, on_disk: str, expected: dict[str, str]) -> None:
    """Only a generated file is deleted."""
    put(root, on_disk)
    assert kinds(root, {}) == expected
    assert write.find_ungenerated({}, root, find_files(root)) == ([] if expected else [UNIT])


@pytest.mark.parametrize("path", [UNIT, "live/dev/us-east-1"])
def test_a_folder_or_file_in_the_way_is_foreign(root: Path, path: str) -> None:
    """It is named, not replaced."""
    if path == UNIT:
        (root / path).mkdir(parents=True)
    else:
        put(root, "mine", path)
    assert kinds(root, {UNIT: NEW}) == {UNIT: "foreign"}


@pytest.mark.parametrize(
    ("path", "link"), [(ROOT, ROOT), (UNIT, UNIT), (UNIT, "live/dev/us-east-1/web"), (UNIT, "live/dev")]
)
def test_links_are_not_followed(root: Path, tmp_path: Path, path: str, link: str) -> None:
    """A link at a file or above it is named, and nothing outside is read, written or deleted."""
    outside = put(tmp_path / "outside", OLD, "terragrunt.hcl")
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    (root / link).symlink_to(outside if link == path else outside.parent)
    changes = write.compare_files({path: NEW}, root, find_files(root))
    assert [change.kind for change in changes] == ["foreign"]
    with pytest.raises(UserError, match=f"^{path}: is not generated"):
        write.require_generated(changes)
    assert outside.read_text(encoding="utf-8") == OLD
    assert kinds(root, {}) == {}


def test_an_unreadable_file_is_exit_3(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kind is not known."""
    put(root, OLD)

    def denied(path: object, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    tree = find_files(root)
    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(CouldNotTell, match=f"^{UNIT}: cannot be read: Permission denied\\.$"):
        write.compare_files({UNIT: NEW}, root, tree)
    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(CouldNotTell, match=r"^live: cannot be read: Permission denied\.$"):
        find_files(root)


def test_writing_and_deleting(root: Path) -> None:
    """New files get folders and modes by the umask; empty folders of deleted files and leftovers are deleted."""
    gone = put(root, OLD, "live/dev/eu-west-1/web/terragrunt.hcl")
    kept = put(root, "mine", "live/dev/us-east-1/notes.txt")
    put(root, "half", f"{write.STAGING}/{UNIT}")
    write.write_changes(write.compare_files({UNIT: NEW}, root, find_files(root)), root)
    assert (root / UNIT).read_text(encoding="utf-8") == NEW
    assert (root / UNIT).stat().st_mode == kept.stat().st_mode
    assert not gone.parent.parent.exists()
    assert kept.read_text(encoding="utf-8") == "mine"
    assert not (root / write.STAGING).exists()
    assert write.compare_files({UNIT: NEW}, root, find_files(root)) == []


def test_a_disk_that_refuses_changes_nothing(root: Path) -> None:
    """Files that were already staged are deleted."""
    put(root, OLD)
    put(root, "in the way", "live/prod")
    changes = [Change(UNIT, "stale", OLD, NEW), Change("live/prod/terragrunt.hcl", "missing", None, NEW)]
    with pytest.raises(OperationFailed, match=r"Nothing was changed\."):
        write.write_changes(changes, root)
    assert sorted(path.name for path in root.rglob("*") if path.is_file()) == ["prod", "terragrunt.hcl"]
    assert (root / UNIT).read_text(encoding="utf-8") == OLD


def test_a_link_in_the_place_of_staged_files_is_refused(root: Path, tmp_path: Path) -> None:
    """Nothing is written or deleted behind it."""
    outside = put(tmp_path / "outside", "mine", "notes.txt")
    (root / write.STAGING).symlink_to(outside.parent)
    with pytest.raises(OperationFailed, match=rf"^{write.STAGING}: .* symbolic link\. Nothing was changed\.$"):
        write.write_changes([Change(UNIT, "missing", None, NEW)], root)
    assert [one.name for one in outside.parent.iterdir()] == ["notes.txt"]


def test_a_failed_rename_is_reported(root: Path) -> None:
    """Renamed files stay; the same command continues."""
    put(root, "in the way", f"{UNIT}/file")
    with pytest.raises(OperationFailed, match=r"terragrunt\.hcl: ") as caught:
        write.write_changes([Change(UNIT, "stale", OLD, NEW)], root)
    assert "again to finish" in caught.value.hint


def test_files_elsewhere_are_not_touched(root: Path) -> None:
    """Of the repository's own folder only terragrunt.hcl is ours, and hidden folders hold Terragrunt's copies."""
    for path in ("env.hcl", "modules/terragrunt.hcl", "live/dev/us-east-1/web/.terragrunt-cache/x/terragrunt.hcl"):
        put(root, OLD, path)
    assert kinds(root, {}) == {}
