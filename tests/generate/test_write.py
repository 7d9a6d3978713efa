"""What is replaced, deleted, refused and left alone below live/."""

import os
import threading
from pathlib import Path

import pytest

from meridian.errors import CouldNotTell, OperationFailed, UserError
from meridian.generate import hold, marker, write
from meridian.generate.tree import Tree, walk
from meridian.generate.write import Change

UNIT = "dev/us-east-1/web/terragrunt.hcl"
NEW = marker.mark("\nnew\n")
OLD = marker.mark("\nold\n")
WITH_HASH = OLD.replace("edit.", f"edit. sha256:{'0' * 64}")


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """An empty live/."""
    folder = tmp_path / "live"
    folder.mkdir()
    return folder


def put(live: Path, text: str, path: str = UNIT) -> Path:
    """Write a file below live/."""
    file = live / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def kinds(live: Path, wanted: dict[str, str]) -> dict[str, str]:
    """Return the kind of each change, by path."""
    return {change.path: change.kind for change in write.compare(wanted, live, walk(live))}


@pytest.mark.parametrize(
    ("on_disk", "kind"),
    [
        pytest.param(NEW, None, id="equal: nothing to do"),
        pytest.param(None, "missing", id="absent: missing"),
        pytest.param(OLD, "stale", id="an older render: stale"),
        pytest.param(OLD.replace("\n", "\r\n"), "stale", id="an older render with carriage returns: stale"),
        pytest.param(NEW.replace("\n", "\r\n"), "stale", id="the right text with carriage returns: stale"),
        pytest.param(OLD + "# mine\n", "stale", id="an edit by hand: stale"),
        pytest.param(WITH_HASH, "stale", id="the marker of an older version: stale"),
        pytest.param(f"<<<<<<< HEAD\n{OLD}=======\n{NEW}>>>>>>> x\n", "stale", id="a conflict: stale"),
        pytest.param(f"<<<<<<< HEAD\n{WITH_HASH}=======\n{NEW}>>>>>>> x\n", "stale", id="a conflict of markers: stale"),
        pytest.param(f"\n{NEW}", "foreign", id="a marker further down: foreign"),
        pytest.param("<<<<<<< HEAD\n# mine\n=======\n", "foreign", id="a conflict without a marker: foreign"),
        pytest.param(NEW.replace("Generated", "Made"), "foreign", id="another marker: foreign"),
        pytest.param("# mine\n", "foreign", id="no marker: foreign"),
        pytest.param("", "foreign", id="empty: foreign"),
    ],
)
def test_a_planned_file_on_disk(live: Path, on_disk: str | None, kind: str | None) -> None:
    """Each state has its kind."""
    if on_disk is not None:
        (live / UNIT).parent.mkdir(parents=True)
        (live / UNIT).write_bytes(on_disk.encode())
    assert kinds(live, {UNIT: NEW}) == ({UNIT: kind} if kind else {})


@pytest.mark.parametrize(
    ("on_disk", "expected"),
    [
        pytest.param(OLD, {UNIT: "extra"}, id="a render that nothing asks for: extra"),
        pytest.param(OLD + "# mine\n", {UNIT: "extra"}, id="one with an edit by hand: extra"),
        pytest.param("# mine\n", {}, id="a file of somebody else: left alone"),
    ],
)
def test_a_file_that_is_not_planned(live: Path, on_disk: str, expected: dict[str, str]) -> None:
    """Only what is ours is taken away."""
    put(live, on_disk)
    assert kinds(live, {}) == expected
    assert write.strangers({}, live, walk(live)) == ([] if expected else [UNIT])


def test_bytes_that_are_no_text_are_foreign(live: Path) -> None:
    """They are not ours, and nothing fails over them."""
    put(live, "").write_bytes(b"\xff\xfe\n")
    assert kinds(live, {UNIT: NEW}) == {UNIT: "foreign"}


def test_a_folder_in_the_way_is_foreign(live: Path) -> None:
    """It is named, not replaced."""
    (live / UNIT).mkdir(parents=True)
    assert kinds(live, {UNIT: NEW}) == {UNIT: "foreign"}


@pytest.mark.parametrize("link", [UNIT, "dev/us-east-1/web", "dev"])
def test_links_are_not_followed(live: Path, tmp_path: Path, link: str) -> None:
    """A link at a file or above it is named, and nothing outside is read, written or deleted."""
    outside = put(tmp_path / "outside", OLD, "terragrunt.hcl")
    (live / link).parent.mkdir(parents=True, exist_ok=True)
    (live / link).symlink_to(outside if link == UNIT else outside.parent)
    changes = write.compare({UNIT: NEW}, live, walk(live))
    assert [change.kind for change in changes] == ["foreign"]
    with pytest.raises(UserError, match=f"live/{UNIT}: is not generated"):
        write.require_ours(changes)
    assert outside.read_text(encoding="utf-8") == OLD
    assert kinds(live, {}) == {}


@pytest.mark.parametrize("planned", [True, False])
def test_a_pipe_is_not_read(live: Path, planned: bool) -> None:
    """Nobody may ever write into it."""
    (live / UNIT).parent.mkdir(parents=True)
    os.mkfifo(live / UNIT)
    files = {UNIT: NEW} if planned else {}
    assert [change.kind for change in write.compare(files, live, walk(live))] == ["foreign"] * planned
    assert write.strangers(files, live, walk(live)) == []


def test_what_cannot_be_read_is_not_judged(live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is neither ours nor another's."""
    put(live, OLD)
    put(live, OLD, "gone/terragrunt.hcl")
    tree = walk(live)

    def denied(path: object, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", denied)
        with pytest.raises(CouldNotTell, match=f"^live/{UNIT}: cannot be read: Permission denied\\.$"):
            write.compare({UNIT: NEW}, live, tree)
    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(CouldNotTell, match=r"^live/dev/us-east-1/web/terragrunt\.hcl: cannot be read"):
        write.strangers({"gone/terragrunt.hcl": NEW}, live, tree)
    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(CouldNotTell, match=r"^live/\.: cannot be read: Permission denied\.$"):
        walk(live)


def test_a_file_in_the_place_of_a_folder_is_foreign(live: Path) -> None:
    """It is named, not replaced."""
    put(live, "mine", "dev/us-east-1")
    changes = write.compare({UNIT: NEW}, live, walk(live))
    assert [change.kind for change in changes] == ["foreign"]


def test_writing_and_deleting(live: Path) -> None:
    """New files get folders and plain modes, removed ones take their empty folders along."""
    gone = put(live, OLD, "dev/eu-west-1/web/terragrunt.hcl")
    kept = put(live, "mine", "dev/us-east-1/notes.txt")
    write.apply(write.compare({UNIT: NEW}, live, walk(live)), live, walk(live))
    assert (live / UNIT).read_text(encoding="utf-8") == NEW
    assert (live / UNIT).stat().st_mode & 0o777 == 0o666 & ~current_umask()
    assert not gone.parent.parent.exists()
    assert kept.read_text(encoding="utf-8") == "mine"
    assert write.compare({UNIT: NEW}, live, walk(live)) == []


def test_a_disk_that_refuses_changes_nothing(live: Path) -> None:
    """The first part is taken back when a later one cannot be written."""
    put(live, OLD)
    put(live, "in the way", "prod")
    changes = [Change(UNIT, "stale", OLD, NEW), Change(f"prod/{UNIT}", "missing", None, NEW)]
    with pytest.raises(OperationFailed, match=r"Nothing was changed\."):
        write.apply(changes, live, Tree())
    assert sorted(path.name for path in live.rglob("*") if path.is_file()) == ["prod", "terragrunt.hcl"]
    assert (live / UNIT).read_text(encoding="utf-8") == OLD


def test_a_path_that_leaves_live_is_never_written(live: Path, tmp_path: Path) -> None:
    """Whatever was planned."""
    with pytest.raises(OperationFailed, match=r"not a folder below live/\. Nothing was changed\."):
        write.apply([Change("../outside/terragrunt.hcl", "missing", None, NEW)], live, Tree())
    assert not (tmp_path / "outside").exists()


def test_what_a_killed_run_left_is_removed(live: Path) -> None:
    """The next run begins by clearing it away."""
    left = put(live, "half", "dev/us-east-1/web/.meridian-123-0.tmp")
    write.apply([], live, walk(live))
    assert not left.exists()


def test_a_disk_that_refuses_a_rename_is_told(live: Path) -> None:
    """What was renamed stays; the same command goes on from there."""
    put(live, "in the way", f"{UNIT}/file")
    with pytest.raises(OperationFailed, match=r"terragrunt\.hcl: ") as caught:
        write.apply([Change(UNIT, "stale", OLD, NEW)], live, Tree())
    assert "again to finish" in caught.value.hint


def test_downloads_are_not_searched(live: Path) -> None:
    """Copies of units in hidden folders are not ours to delete."""
    put(live, OLD, "dev/us-east-1/web/.terragrunt-cache/x/terragrunt.hcl")
    assert kinds(live, {}) == {}


def test_two_runs_wait_for_each_other(live: Path) -> None:
    """While one holds live/, the other does not begin."""
    begun = threading.Event()
    with hold.alone(live):
        other = threading.Thread(target=lambda: _begin(live, begun))
        other.start()
        assert not begun.wait(0.2)
    other.join(5)
    assert begun.is_set()


def _begin(live: Path, begun: threading.Event) -> None:
    with hold.alone(live):
        begun.set()


def current_umask() -> int:
    """Return the user's mask; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
