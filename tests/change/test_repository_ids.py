"""The ids of a repository: given, asked of gh, or none; and what the inventory makes of them."""

import json
from pathlib import Path

import pytest

from meridian.change.repository_ids import find_ids
from meridian.cli import main
from meridian.errors import UserError
from meridian.inventory.load import load_inventory
from tests.change.test_init import ACCOUNTS, example

__all__ = ["example"]
GITHUB = "https://github.com/acme/shop.git"
IDS = {"owner": "123", "repository": "456"}


def fake_gh(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int = 0) -> Path:
    """Put a `gh` first on PATH that answers so and keeps its arguments, and return the file that has them."""
    kept = folder / "arguments"
    (folder / "gh").write_text(f"#!/bin/sh\necho \"$@\" >> '{kept}'\ncat <<'EOF'\n{answer}\nEOF\nexit {code}\n")
    (folder / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return kept


def repository(created: str) -> str:
    """Return what GitHub says of a repository."""
    return json.dumps({"id": 456, "owner": {"id": 123}, "created_at": created})


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (repository("2026-07-15T00:00:00Z"), IDS),
        (repository("2026-07-14T23:59:59Z"), None),
        ("not json", None),
        ('{"id": 456}', None),
        ("[]", None),
    ],
)
def test_gh_knows_the_ids_of_a_repository_whose_subjects_have_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, wanted: dict[str, str] | None
) -> None:
    kept = fake_gh(tmp_path, monkeypatch, answer)
    assert find_ids(GITHUB, "") == wanted
    assert kept.read_text() == "api repos/acme/shop\n"


def test_without_gh_or_on_another_host_there_are_no_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_ids(GITHUB, "") is None
    fake_gh(tmp_path, monkeypatch, repository("2026-08-01"))
    assert find_ids("https://git.example.com/acme/shop.git", "") is None


def test_given_ids_win_and_wrong_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_gh(tmp_path, monkeypatch, repository("2026-08-01"))
    assert find_ids(GITHUB, "7:8") == {"owner": "7", "repository": "8"}
    assert find_ids(GITHUB, "none") is None
    for wrong in ("7", "7:", "a:b", "07:8", "7:8:9"):
        with pytest.raises(UserError, match="OWNER_ID:REPOSITORY_ID"):
            find_ids(GITHUB, wrong)


def test_init_writes_the_ids_and_the_subject_has_them(example: Path) -> None:
    names = ("--project", "shop", "--repository", GITHUB)
    assert main(["init", *names, *ACCOUNTS, "--ids", "123:456", "--root", str(example)]) == 0
    text = (example / "live/inventory.yaml").read_text()
    assert "repository_ids" in text
    found = load_inventory(example / "live/inventory.yaml").environment("dev")
    assert found.subject == "acme@123/shop@456"
