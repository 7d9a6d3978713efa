"""The release ledger: rows that prove themselves, and everything else refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.modules import ledger
from meridian.modules.ledger import Row
from tests.render.world import ZIP, git, make, make_released

ROW = f"""releases:
  - module: web
    version: 1.0.0
    commit: {"a" * 40}
    tree: {"b" * 40}
    date: "2026-01-02"
    note: First of its kind.
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with releases."""
    return make_released(tmp_path / "repository")


def refused(root: Path, text: str) -> list[str]:
    """Return the lines that a ledger is refused with."""
    (root / "modules" / "releases.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        ledger.read_ledger(root)
    return [line.removeprefix("modules/releases.yaml:") for line in caught.value.message.split("\n")]


def test_rows_are_read(repository: Path) -> None:
    """By module and version; only packages have a zip."""
    rows = ledger.read_ledger(repository)
    assert sorted(rows) == [("directory", "1.0.0"), ("store", "1.0.0"), ("web", "1.0.0"), ("web", "2.0.0")]
    old = rows["web", "1.0.0"]
    assert git(repository, "rev-parse", f"{old.commit}:modules/web") == old.tree
    assert (rows["web", "1.0.0"].zip_sha256, rows["store", "1.0.0"].zip_sha256) == (ZIP, None)
    assert replace(old, version="1.9.0").order < replace(old, version="1.10.0").order


def test_no_ledger_is_an_empty_one(tmp_path: Path) -> None:
    """A repository may have released nothing yet."""
    assert ledger.read_ledger(make(tmp_path / "repository")) == {}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.0.0", "1.0", '3: releases[0].version: 1.0 is not a version in quotes or with two dots, e.g. "1.0.0".'),
        ("a" * 40, "main", "4: releases[0].commit: 'main' is not a commit's full id in quotes: 40 hex digits."),
        ("tree:", "tre:", "5: releases[0].tre: there is no such key. Did you mean 'tree'?"),
        ("    note: First of its kind.\n", "", "2: releases[0]: 'note' is missing."),
        ('"2026-01-02"', "2026-01-02", "6: releases[0].date: '2026-01-02' is read differently by YAML readers"),
        ("releases:", "release:", "1: release: there is no such key here. Known: releases."),
    ],
    ids=["number", "branch", "misspelt", "missing", "date", "top"],
)
def test_a_wrong_row_is_refused(repository: Path, old: str, new: str, expected: str) -> None:
    """Each problem at its line."""
    assert any(line.startswith(expected) for line in refused(repository, ROW.replace(old, new)))


def test_a_ledger_of_another_shape_is_refused(repository: Path) -> None:
    """A version twice, a map instead of a list, a word instead of a row."""
    again = ROW + ROW.removeprefix("releases:\n")
    assert refused(repository, again) == ["8: releases[1]: web 1.0.0 is a duplicate."]
    assert refused(repository, "releases: {}\n") == [
        "1: releases: must be a list of releases, [] while there are none."
    ]
    assert refused(repository, "releases: [web]\n")[0].startswith("1: releases[0]: must be a map with the keys module,")


def test_a_row_is_added_once(repository: Path) -> None:
    """The rows before it stay as they are."""
    row = Row("web", "2.1.0", "c" * 40, "d" * 40, "2026-01-03", "Faster.", "ef" * 32)
    before = ledger.read_ledger(repository)
    ledger.add_row(repository, row)
    assert ledger.read_ledger(repository) == before | {("web", "2.1.0"): row}
    with pytest.raises(UserError, match=r"web 2\.1\.0 is already in"):
        ledger.add_row(repository, row)


def test_the_first_row_of_an_empty_ledger(repository: Path) -> None:
    """Comments stay."""
    file = repository / "modules" / "releases.yaml"
    file.write_text("# Only ever added to.\nreleases: []\n", encoding="utf-8")
    row = Row("store", "1.0.0", "c" * 40, "d" * 40, "2026-01-03", 'A note with "quotes": and more.')
    ledger.add_row(repository, row)
    assert file.read_text(encoding="utf-8").startswith("# Only ever added to.\nreleases:\n  - module:")
    assert ledger.read_ledger(repository) == {("store", "1.0.0"): row}


def test_a_ledger_to_which_no_row_can_be_added_stays(repository: Path) -> None:
    """It is read before it is written."""
    text = "releases: [\n]\n"
    file = repository / "modules" / "releases.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"no row can be added with certainty\. Nothing was changed\."):
        ledger.add_row(repository, Row("store", "1.0.0", "c" * 40, "d" * 40, "2026-01-03", "A note."))
    assert file.read_text(encoding="utf-8") == text
