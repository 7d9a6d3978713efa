"""The programs that Meridian needs: the pinned version, which version fits, and what PATH has."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from meridian.errors import UserError

PINS = "mise.toml"
PINNED = ("act", "actionlint", "go", "node", "opentofu", "python", "terraform", "terragrunt", "uv")
SETUP = "Run `make setup`."
TERRAFORM = (
    "Install {}, e.g. `mise install terraform` or from https://developer.hashicorp.com/terraform/install, "
    "and put it on PATH; or set `engine: opentofu` in live/inventory.yaml: set-up builds OpenTofu."
)
# The first git with GIT_CONFIG_COUNT, by which pinned module sources resolve from this checkout.
GIT = "2.31"
# The first uv with `uv venv --clear`.
UV = "0.8.0"
NUMBER = re.compile(r"(?<![\w.])(?:v|go)?(\d+(?:\.\d+)+)(-?(?:alpha|beta|rc|dev)[\w.]*)?")
ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Tool:
    """One program, the version that fits, and how to get it; `newer` accepts later versions as well."""

    name: str
    version: str
    advice: str
    newer: bool = False
    arguments: tuple[str, ...] = ("--version",)

    @property
    def wanted(self) -> str:
        """The version that fits, in words."""
        if self.newer:
            return f"{self.version} or newer"
        return self.version if self.version.count(".") == 2 else f"{self.version}.x"

    def fits(self, version: str | None) -> bool:
        """Return whether a version, as `parse_version` returns it, is one that Meridian works with."""
        if version is None:
            return False
        found, wanted = _numbers(version), _numbers(self.version)
        return found >= wanted if self.newer else found[: len(wanted)] == wanted


@dataclass(frozen=True)
class Found:
    """A program on this machine and its version; None if its answer could not be read."""

    path: Path
    version: str | None


def read_pins(root: Path) -> dict[str, str]:
    """Return the versions that mise.toml pins; UserError if one is missing or is not a version."""
    try:
        pins = tomllib.loads((root / PINS).read_text(encoding="utf-8")).get("tools", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{PINS} cannot be read: {error}.", f"Restore it: git checkout {PINS}") from error
    for name in PINNED:
        if not isinstance(pins.get(name), str) or not parse_version(pins[name]):
            raise UserError(f"{PINS}: tools.{name} is {pins.get(name)!r}.", f'Write a version, e.g. {name} = "1.2.3".')
    return {name: pins[name] for name in PINNED}


def tools(pins: Mapping[str, str]) -> dict[str, Tool]:
    """Return every program by its name."""
    every = (
        Tool("git", GIT, "Install it, e.g. `apt-get install git` or `brew install git`.", newer=True),
        Tool("terraform", _minor(pins["terraform"]), TERRAFORM.format(pins["terraform"]), newer=True),
        Tool("tofu", _minor(pins["opentofu"]), SETUP, newer=True),
        Tool("uv", UV, SETUP, newer=True),
        Tool("go", _minor(pins["go"]), SETUP, newer=True, arguments=("version",)),
        Tool("node", pins["node"], SETUP),
        Tool("terragrunt", _minor(pins["terragrunt"]), SETUP),
        Tool("act", pins["act"], "Run `make act`."),
        Tool("actionlint", pins["actionlint"], "Run `make actionlint`.", arguments=("-version",)),
    )
    return {tool.name: tool for tool in every}


def parse_version(text: str) -> str | None:
    """Return the first version in a program's answer, e.g. "go version go1.26.8 ..." -> "1.26.8".

    None for a pre-release: it is older than its number says.
    """
    match = NUMBER.search(text)
    return match[1] if match and not match[2] else None


def ask_version(tool: Tool, path: Path, environ: Mapping[str, str]) -> Found:
    """Run a program to learn its version."""
    # Neither Terraform nor Go may use the network to print a version.
    quiet = {**environ, "CHECKPOINT_DISABLE": "1", "GOTOOLCHAIN": "local"}
    command = [str(path), *tool.arguments]
    try:
        done = subprocess.run(
            command, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWER_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return Found(path, None)
    return Found(path, parse_version(done.stdout.decode(errors="replace")))


def find_tool(tool: Tool, environ: Mapping[str, str]) -> tuple[Found | None, list[Found]]:
    """Return the first program on PATH that fits, and those before it that do not."""
    others: list[Found] = []
    for path in _candidates(tool.name, environ):
        found = ask_version(tool, path, environ)
        if tool.fits(found.version):
            return found, others
        others.append(found)
    return None, others


def require_tool(tool: Tool, environ: Mapping[str, str]) -> Path:
    """Return the program on PATH that fits; UserError says which version is needed and how to get it."""
    found, others = find_tool(tool, environ)
    if found:
        return found.path
    seen = ", ".join(f"{other.version or 'no usable version'} at {other.path}" for other in others)
    raise UserError(
        f"{tool.name} {tool.wanted} is needed, and PATH has {f'only {seen}' if seen else 'none'}.", tool.advice
    )


def _candidates(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        path = Path(entry, name)
        # A link made by an earlier set-up would come to lead to itself.
        own = path.parent.name == "tools" and (path.parent.parent / "pyvenv.cfg").exists()
        if path.is_absolute() and not own and path.is_file() and os.access(path, os.X_OK):
            yield path


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
