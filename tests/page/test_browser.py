"""The page in a real browser: it opens from a file, fits, prints, loads nothing and has no barrier that axe knows."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meridian.page.html import render_page
from meridian.paths import cache_dir
from tests.conftest import missing
from tests.page.sample import make_busy_facts

pytestmark = pytest.mark.slow
LOCKED = Path(__file__).parent / "browser"
OWN = "MERIDIAN_TEST_BROWSER"
"""Names a Chromium or Chrome of this machine, where the locked one does not run."""
KEPT = "MERIDIAN_TEST_PICTURES"
"""Names a folder that keeps the pictures."""
CACHE = cache_dir()
"""The user's own: other tests here have one for themselves."""
VIEWS = ("phone", "narrow", "desktop", "dark", "print")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the page and its pictures."""
    kept = os.environ.get(KEPT)
    made = Path(kept) if kept else tmp_path_factory.mktemp("page")
    made.mkdir(parents=True, exist_ok=True)
    return made


@pytest.fixture(scope="module")
def seen(folder: Path, require_tool: Callable[[str], Path]) -> Any:
    """Open a page with something of everything, and return what the browser saw."""
    own = os.environ.get(OWN, "")
    if not own and (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        missing(f"The locked Chromium runs on Linux x86_64 only: name one of this machine in {OWN}.")
    program = _install(require_tool("npm"))
    page = folder / "report.html"
    page.write_text(render_page(make_busy_facts(folder), folder), encoding="utf-8")
    # Chromium is unpacked into the temporary folder, once.
    environ = os.environ | {"TMPDIR": str(program.parent)}
    command = [str(require_tool("node")), str(program), str(page), str(folder), *filter(None, [own])]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def _install(npm: Path) -> Path:
    """Install the locked packages into the user's cache, and return the program that opens the page."""
    lock = (LOCKED / "package-lock.json").read_bytes()
    kept = CACHE / f"browser-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as made:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(LOCKED / name, made)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=made, check=True, capture_output=True)
            shutil.copytree(made, kept, dirs_exist_ok=True)
    return Path(shutil.copy(LOCKED / "look.mjs", kept))


@pytest.mark.parametrize("view", VIEWS)
def test_it_fits(seen: Any, view: str) -> None:
    """Also on a phone of 320 px and on A4: nobody scrolls sideways."""
    assert seen["views"][view]["wide"] <= seen["views"][view]["room"]


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_barrier(seen: Any, view: str) -> None:
    assert seen["views"][view]["barriers"] == []


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_loaded_and_no_script_runs(seen: Any, view: str) -> None:
    """Neither of hostile texts nor of the drill's picture; the browser had nothing to block."""
    found = seen["views"][view]
    assert [url.partition(":")[0] for url in found["requests"]] == ["file"]
    assert (found["messages"], found["broken"], found["images"]) == ([], None, [True])


def test_the_keyboard_reaches_everything_that_scrolls(seen: Any) -> None:
    assert seen["focused"] == [
        *("Health", "Alarms", "Versions", "Last plan", "Findings", "Waivers", "Last drill"),
        *("Versions of modules by environment", "Picture of the last drill"),
    ]


def test_it_prints_on_white_paper(seen: Any, folder: Path) -> None:
    """Also from a dark screen, which the page follows otherwise."""
    papers = {view: seen["views"][view]["paper"] for view in VIEWS}
    assert papers["print"] == papers["desktop"] == "rgb(255, 255, 255)"
    assert papers["dark"] == papers["narrow"] == "rgb(18, 24, 31)"
    assert (folder / "print.pdf").read_bytes().startswith(b"%PDF-")
