"""The tools that Meridian works with: which version fits, and how a person gets one."""

from collections.abc import Sequence
from dataclasses import dataclass

from meridian.toolchain import versions
from meridian.toolchain.pins import Pins

SETUP = "`make setup` brings it"
# GIT_CONFIG_COUNT, by which pinned module sources resolve from this checkout, came with this release of git.
GIT = "2.31"
# The oldest uv whose options this set-up uses was tried, not guessed.
UV = "0.5.0"


@dataclass(frozen=True)
class Tool:
    """One program: the version wanted in words and as a rule, and how to get it."""

    name: str
    wanted: str
    fits: versions.Rule
    advice: str
    version_argv: Sequence[str] = ("--version",)
    beside: Sequence[str] = ()
    """Programs that must lie in the same folder for this one to be of use."""


def terraform(pins: Pins) -> Tool:
    """Terraform comes from PATH only: no package index that we may rely on carries it."""
    minimum = minor(pins.terraform)
    return Tool(
        name="terraform",
        wanted=f"{minimum} or newer",
        fits=versions.at_least(minimum),
        advice=f"Install {pins.terraform} from https://developer.hashicorp.com/terraform/install or with "
        "`mise install terraform`, and put it on PATH.",
        version_argv=("version", "-json"),
    )


def terragrunt(pins: Pins) -> Tool:
    """Terragrunt is built once where PATH has none that fits."""
    wanted = minor(pins.terragrunt)
    return Tool("terragrunt", f"{wanted}.x", versions.same(pins.terragrunt, 2), SETUP)


def node(pins: Pins) -> Tool:
    """Node.js counts only with its npm: some systems package them apart."""
    major = pins.node.split(".")[0]
    return Tool("node", f"{major}.x with npm", versions.same(pins.node, 1), SETUP, beside=("npm", "npx"))


def act(pins: Pins) -> Tool:
    """Act runs workflows for `make test-workflows`."""
    return Tool("act", pins.act, versions.same(pins.act, 3), "`make act` brings it")


def actionlint(pins: Pins) -> Tool:
    """Actionlint reads workflows for `make scan`."""
    advice = "`make actionlint` brings it"
    return Tool("actionlint", pins.actionlint, versions.same(pins.actionlint, 3), advice, version_argv=("-version",))


def uv() -> Tool:
    """Return what we ask of uv, the installer of Python packages."""
    return Tool("uv", f"{UV} or newer", versions.at_least(UV), SETUP)


def go(minimum: str) -> Tool:
    """Return what go.mod asks of Go, which is needed only while something is built."""
    return Tool("go", f"{minimum} or newer", versions.at_least(minimum), SETUP, version_argv=("version",))


def git() -> Tool:
    """Git comes from the machine."""
    return Tool(
        name="git",
        wanted=f"{GIT} or newer",
        fits=versions.at_least(GIT),
        advice="Install it with the system's package manager, e.g. `apt-get install git` or `brew install git`.",
    )


def minor(version: str) -> str:
    """Return major and minor of a version, e.g. 1.11.4 -> 1.11."""
    return ".".join(version.split(".")[:2])
