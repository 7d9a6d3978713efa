"""What the build script refuses, what it says then, and what it hands on to npm: no network needed."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functions.worlds import FUNCTIONS, World

MakeWorld = Callable[[str], World]
FakeNpm = Callable[[str], str]
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SESSION_TOKEN": "secret",
    "AWS_PROFILE": "prod",
    "TF_VAR_password": "secret",
    "TG_TF_FORWARD_STDOUT": "1",
    "GITHUB_TOKEN": "secret",
    "NODE_OPTIONS": "--no-warnings",
    "ESBUILD_BINARY_PATH": "/bin/false",
}


def only_line(outcome: tuple[int, str], code: int) -> str:
    """Return the one sentence of a build that ended with that code."""
    assert outcome[0] == code, outcome
    (line,) = outcome[1].splitlines()
    return line


def path_with(folder: str, world: World) -> str:
    """Return a PATH on which a folder comes first."""
    return os.pathsep.join([folder, world.environment["PATH"]])


def test_npm_gets_no_credentials(make_world: MakeWorld, fake_npm: FakeNpm, tmp_path: Path) -> None:
    """The hook runs where a deployment's credentials are; npm runs other people's code."""
    world = make_world("one")
    seen = tmp_path / "seen"
    npm = fake_npm(f'test "$1" = ci || exit\nenv > "{seen}"; echo "$@" >> "{seen}"; exit 7')
    harmless = {"PATH": path_with(npm, world), "npm_config_cache": "/somewhere", "HTTPS_PROXY": "p"}
    world.build(more={**harmless, **CREDENTIALS})

    *variables, arguments = seen.read_text().splitlines()
    names = {line.partition("=")[0] for line in variables}
    assert {"PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "npm_config_cache", "HTTPS_PROXY"} <= names
    assert not names & CREDENTIALS.keys()
    assert not [name for name in names if name.startswith(("AWS_", "TG_", "TF_"))]
    assert arguments == "ci --ignore-scripts --no-audit --no-fund --include=dev --include=optional"


def test_a_failed_install_is_shown_and_leaves_nothing(make_world: MakeWorld, fake_npm: FakeNpm) -> None:
    """npm's own reason is shown; neither the cache nor dist holds anything half-made."""
    world = make_world("one")
    npm = fake_npm('echo "npm error code ENOTFOUND" >&2; echo chatter >&2; exit 1')
    code, said = world.build(more={"PATH": path_with(npm, world)})

    assert code == 1
    command = "npm ci --ignore-scripts --no-audit --no-fund --include=dev --include=optional"
    assert said.splitlines() == [f"error: `{command}` failed (exit 1).", "  npm error code ENOTFOUND"]
    assert [*world.cache.iterdir()] == []
    assert not (world.functions / "dist").exists()


NPMRC = "//npm.acme.example/:_authToken=${ACME_TOKEN}\n"


def test_npm_gets_a_variable_that_the_caller_allows(make_world: MakeWorld, fake_npm: FakeNpm, tmp_path: Path) -> None:
    """A company's .npmrc takes its token from a variable; all others stay withheld."""
    world = make_world("one")
    seen = tmp_path / "seen"
    npm = fake_npm(f'test "$1" = ci || exit\nenv > "{seen}"; exit 7')
    allowed = {"ACME_TOKEN": "secret", "MERIDIAN_NPM_VARIABLES": "ACME_TOKEN"}
    world.build(more={"PATH": path_with(npm, world), **CREDENTIALS, **allowed})

    variables = seen.read_text().splitlines()
    assert "ACME_TOKEN=secret" in variables
    assert not {line.partition("=")[0] for line in variables} & CREDENTIALS.keys()


def test_a_failed_install_names_the_withheld_variable(make_world: MakeWorld, fake_npm: FakeNpm, tmp_path: Path) -> None:
    """npm says only 401; the reader learns which variable it lacked and how to allow it."""
    world = make_world("one")
    npmrc = tmp_path / "npmrc"
    npmrc.write_text(NPMRC)
    ask = f'test "$1" = config && echo "userconfig={npmrc}" && exit'
    more = {"PATH": path_with(fake_npm(f'{ask}\necho "npm error code E401" >&2; exit 1'), world)}
    allow = "which is kept from a build. Let npm alone have it: export MERIDIAN_NPM_VARIABLES=ACME_TOKEN"
    for found, says in ({"ACME_TOKEN": "secret"}, allow), ({}, "which is not set."):
        code, said = world.build(more={**more, **found})
        assert code == 1
        assert said.splitlines()[1:] == ["  npm error code E401", f"  {npmrc} uses ACME_TOKEN, {says}"]
        assert "secret" not in said


def test_leftovers_of_interrupted_installs_go_after_an_hour(make_world: MakeWorld, fake_npm: FakeNpm) -> None:
    """A younger one may belong to a build that is still running."""
    world = make_world("one")
    old, young = world.cache / ".partial-old", world.cache / ".partial-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (time.time() - 3700,) * 2)
    world.build(more={"PATH": path_with(fake_npm("exit 1"), world)})

    assert [*world.cache.iterdir()] == [young]


def test_a_missing_npm_is_named(make_world: MakeWorld, tmp_path: Path) -> None:
    """One sentence that says what is missing and where it comes from."""
    world = make_world("one")
    (tmp_path / "empty").mkdir()
    line = only_line(world.build(more={"PATH": str(tmp_path / "empty")}), 1)
    assert line == "error: npm was not found on PATH. It comes with Node.js 22; `meridian doctor` says more."


@pytest.mark.parametrize("args", [["--sha256"], ["--sha256", "g" * 64], ["file"]])
def test_wrong_usage_is_explained(make_world: MakeWorld, args: list[str]) -> None:
    """Every mistake is exit 2 and the usage."""
    line = only_line(make_world("one").build(*args), 2)
    assert line == "error: Usage: node functions/build.mjs [--sha256 HEX], where HEX is 64 hexadecimal digits."


def test_an_old_node_is_refused(make_world: MakeWorld) -> None:
    """The error names the version that is needed."""
    versions = "Object.defineProperty(process,'versions',{value:{node:'20.1.0'}});"
    version = "Object.defineProperty(process,'version',{value:'v20.1.0'});"
    options = "--import=data:text/javascript," + (versions + version).replace("'", "%27")
    line = only_line(make_world("one").build(more={"NODE_OPTIONS": options}), 1)
    assert line == "error: Node.js 22 or later is needed to build the function, this is v20.1.0."


def test_what_the_system_refuses_is_one_sentence(make_world: MakeWorld) -> None:
    """A cache folder that cannot be made is an error, not a traceback."""
    world = make_world("one")
    Path(world.environment["XDG_CACHE_HOME"]).write_text("a file where a folder should be")
    line = only_line(world.build(), 1)
    assert line.startswith("error: ")
    assert world.environment["XDG_CACHE_HOME"] in line


def test_the_lock_pins_every_package_by_hash_and_names_no_registry() -> None:
    """An address in the lock would bind every user to the machine it was made on."""
    lock = json.loads((FUNCTIONS / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 20
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry or "link" in entry] == []
    assert (FUNCTIONS / ".npmrc").read_text() == "omit-lockfile-registry-resolved=true\n"


def test_the_manifest_pins_exact_versions_that_the_lock_has() -> None:
    """A range would let the next lock bring other bytes without a decision."""
    manifest = json.loads((FUNCTIONS / "package.json").read_text())
    lock = json.loads((FUNCTIONS / "package-lock.json").read_text())["packages"]
    wanted = manifest["dependencies"] | manifest["devDependencies"]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_no_packages_lie_inside_the_modules() -> None:
    """Terragrunt would copy them for every unit, and they would shadow the locked ones."""
    assert [*FUNCTIONS.parents[1].glob("**/node_modules")] == []
