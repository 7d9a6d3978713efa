"""The function's zip: the same bytes wherever it is built, and no others when one hash is wanted."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functions.worlds import SideBySide, World

UNWANTED = "a" * 64

pytestmark = pytest.mark.slow


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def built(world: World, *args: str) -> str:
    """Build and return the line that a build that went well says."""
    code, said = world.build(*args)
    assert code == 0, said
    assert said.count("\n") == 1, said
    return said


def disturb(folder: Path) -> None:
    """Change all that git, a copy or a umask may change while the contents stay."""
    (folder / ".npmrc").unlink()
    for number, path in enumerate(sorted(folder.rglob("*"))):
        path.chmod(0o700 if path.is_dir() or number % 2 else 0o444)
        os.utime(path, (number, 1_000_000_000 + number))


def test_builds_in_different_worlds_have_the_same_bytes(
    world: World, make_world: Callable[[str], World], tmp_path: Path
) -> None:
    """Folder, cwd, cache, home, time zone, language, umask, file modes and dates do not enter the zip."""
    other = make_world("zwei mit Lücken/and deeper")
    disturb(other.functions)
    home = tmp_path / "home"
    home.mkdir()
    if (config := Path.home() / ".npmrc").exists():
        shutil.copy(config, home)

    first = world.build(more={"TZ": "UTC", "LANG": "C"})
    more = {"TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8", "HOME": str(home)}
    second = other.build(cwd=Path("/"), umask=0o077, more=more)

    assert (first[0], second[0]) == (0, 0), (first, second)
    assert world.cache != other.cache
    assert sha256(world.zip) == sha256(other.zip)
    for each in (world, other):
        assert not [*each.module.rglob("node_modules")], "packages stay out of the module"
        assert not [*Path(each.environment["TMPDIR"]).glob("meridian-*")], "nothing is left behind"


def test_the_zip_is_stored_with_one_date_and_mode_and_is_small(world: World) -> None:
    """Compression differs between versions of zlib; dates and modes between machines."""
    said = built(world)

    with zipfile.ZipFile(world.zip) as archive:
        (entry,) = archive.infolist()
        assert archive.testzip() is None
    assert (entry.filename, entry.compress_type) == ("index.mjs", zipfile.ZIP_STORED)
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    assert entry.external_attr >> 16 == 0o100644
    assert entry.extra == entry.comment == b""
    assert 100_000 < world.zip.stat().st_size < 700_000
    assert f"built: {world.zip.stat().st_size} bytes, sha256 {sha256(world.zip)}, " in said


def test_three_builds_at_once_with_one_empty_cache_do_not_collide(side_by_side: SideBySide) -> None:
    """Units of several regions build side by side; the cache ends with one whole folder and no leftovers."""
    assert [code for code, _ in side_by_side.outcomes] == [0, 0, 0], side_by_side.outcomes
    assert len({sha256(world.zip) for world in side_by_side.worlds}) == 1
    (packages,) = side_by_side.worlds[0].cache.iterdir()
    assert (packages / "node_modules" / "esbuild").is_dir()


def test_only_the_wanted_hash_is_left_in_dist(world: World) -> None:
    """A pinned version whose bytes are not the released ones leaves nothing that could be deployed."""
    built(world)
    right = sha256(world.zip)

    assert "unchanged" in built(world, "--sha256", right.upper())
    for _ in ("an existing zip", "a new build"):
        code, said = world.build("--sha256", UNWANTED)
        assert code == 1
        assert said.splitlines() == [
            f"error: The function's zip is not the released one: wanted sha256 {UNWANTED}, found {right}."
        ]
        assert not (world.functions / "dist").exists()
    assert "built" in built(world, "--sha256", right)


def test_work_is_skipped_exactly_while_nothing_changed(world: World) -> None:
    """Dates do not count; a source, the zip's own bytes and a broken record do."""
    source = world.functions / "src" / "responses.mjs"
    record = world.zip.with_name("function.json")
    assert "built" in built(world)
    right = sha256(world.zip)

    os.utime(source, (1, 1))
    assert "unchanged" in built(world)

    for spoil in (
        lambda: world.zip.write_bytes(world.zip.read_bytes()[:-1] + b"x"),
        lambda: record.write_text("{"),
        lambda: record.unlink(),
        lambda: world.zip.unlink(),
    ):
        spoil()
        assert "built" in built(world)
        assert sha256(world.zip) == right

    source.write_text(source.read_text().replace("Please try again.", "Please try later."))
    assert "built" in built(world)
    assert sha256(world.zip) != right


def test_the_function_tests_fail_if_something_is_not_covered(world: World) -> None:
    """Green with little run must not happen: src/ is covered to the last branch or the run fails."""
    for path in (world.functions / "tests").glob("*.test.mjs"):
        if path.name != "config.test.mjs":
            path.unlink()
    code, said = world.test()

    assert code == 1
    assert "coverage does not meet threshold of 100%" in said


def test_the_function_tests_fail_if_there_are_none(world: World) -> None:
    """No test, or one that does not exist, is an error and not a success."""
    assert world.test("no-such.test.mjs")[0] == 2
    for path in (world.functions / "tests").glob("*.test.mjs"):
        path.unlink()
    assert world.test()[0] == 2
