"""Set-up: from a fresh clone to pinned tools and packages. Standard library only, run before anything is installed."""

import argparse
import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from meridian.console import say
from meridian.errors import Exit, MeridianError
from meridian.paths import cache_dir
from meridian.toolchain import (
    cache,
    catalog,
    links,
    node,
    pins,
    probe,
    stamp,
    terraformrc,
    terragrunt,
    uv,
    venv,
    workflows,
)

INTERRUPTED = 130
CHECKOV = "checkov"
EXTRAS = (CHECKOV, "act", "actionlint")


def main(root: Path, argv: Sequence[str]) -> int:
    """Parse, set up, and say in one sentence what went wrong; returns the exit code."""
    parser = argparse.ArgumentParser(prog="setup.py", description="Bring the pinned tools and packages of Meridian.")
    parser.add_argument("--force", action="store_true", help="do it all again, even if nothing seems to be to do")
    parser.add_argument("--with", dest="extras", action="append", choices=EXTRAS, help="also install this tool")
    options = parser.parse_args(argv)
    return ending(lambda: run(root, os.environ, force=options.force, extras=options.extras or ()))


def ending(action: Callable[[], None]) -> int:
    """Run an action and return its exit code; whatever a person can mend is said in a sentence."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        action()
    except MeridianError as error:
        say(f"error: {error.message}")
        if error.hint:
            say(f"  {error.hint}")
        return int(error.code)
    except OSError as error:
        say(f"error: {error.filename or 'the file system'}: {error.strerror or error}.")
        say(
            f"  This checkout and the cache must be yours to write, with room left; XDG_CACHE_HOME moves {cache_dir()}."
        )
        return int(Exit.FAILED)
    except KeyboardInterrupt:
        say("error: the set-up was interrupted.\n  Run it again: it goes on where it stopped.")
        return INTERRUPTED
    return int(Exit.OK)


def run(root: Path, environ: Mapping[str, str], *, force: bool = False, extras: Sequence[str] = ()) -> None:
    """Bring everything that is not there yet; does nothing, fast, where all is there."""
    root = root.resolve()
    decision = terraformrc.wanted(environ)
    if not force and not extras and stamp.is_current(root, decision):
        say("-> set-up: nothing to do")
        return
    with cache.lock(_lock_file(root), "this checkout"):
        if not force and stamp.is_current(root, decision):
            say("-> set-up: nothing to do")
        else:
            _everything(root, environ, decision)
        for name in extras:
            _extra(root, name, environ)


def _extra(root: Path, name: str, environ: Mapping[str, str]) -> None:
    wanted = pins.read(root)
    installer = uv.provide(root, wanted, environ, python())
    if name == CHECKOV:
        venv.provide_checkov(root, installer)
    else:
        links.add(root / ".venv/tools", name, workflows.provide(root, name, wanted, environ, installer))


def python() -> Path:
    """Return the Python that runs us; inside a virtual environment the one that it was made from."""
    return Path(getattr(sys, "_base_executable", None) or sys.executable)


def _everything(root: Path, environ: Mapping[str, str], decision: terraformrc.Wanted) -> None:
    begun = time.monotonic()
    wanted = pins.read(root)
    # What only the person can bring comes first: nobody should wait minutes for a refusal.
    probe.require(catalog.git(), environ)
    terraform = probe.require(catalog.terraform(wanted), environ)
    say(f"-> set up Meridian, cached in {cache_dir()}")
    stamp.forget(root)
    installer = uv.provide(root, wanted, environ, python())
    folder = venv.provide(root, installer)
    programs = {"terraform": terraform.path, "uv": installer.path, **node.provide(root, wanted, environ, installer)}
    programs["terragrunt"] = terragrunt.provide(root, wanted, environ, installer)
    links.write(folder / "tools", programs)
    terraformrc.write(folder / "tools", decision)
    say(f"   AWS provider: {decision.reason}")
    stamp.write(root, programs)
    say(f"-> set-up: done in {time.monotonic() - begun:.1f} s; the tools are linked in .venv/tools")


def _lock_file(root: Path) -> Path:
    return cache_dir() / "locks" / f"{hashlib.sha256(str(root).encode()).hexdigest()[:12]}.lock"


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
