"""The layers of scripts/meridian: an import goes down, never up, and no two packages import each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "scripts/meridian"
LAYERS = [
    *("errors", "aws", "machine", "console", "running", "signals", "paths", "engines"),
    *("files", "report", "tools", "git", "options"),
    *("toolchain", "yamlfile", "modules", "inventory", "render", "targets", "local", "resolve", "state", "plans"),
    *(
        "recover",
        "verify",
        "gate",
        "docs",
        "deploy",
        "drill",
        "change",
        "parity",
        "page",
        "review",
        "github",
        "cli",
        "__main__",
    ),
]
"""From the bottom to the top: each may import only what stands before it."""


def imports(package: Path, prefix: str) -> Iterator[tuple[str, str, str]]:
    """Yield (file, part that imports, part that it imports) for the direct parts of a package."""
    for file in sorted(package.rglob("*.py")):
        part = file.relative_to(package).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            elif isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            for name in names:
                if name.startswith(f"{prefix}.") and (other := name.removeprefix(f"{prefix}.").split(".")[0]) != part:
                    yield file.relative_to(package).as_posix(), part, other


def upward(found: Iterator[tuple[str, str, str]], layers: list[str]) -> list[str]:
    """Return a sentence for each import that does not go down."""
    place = {name: number for number, name in enumerate(layers)}
    return sorted(
        {
            f"{file}: {part} imports {other}"
            for file, part, other in found
            if other in place and place[other] > place[part]
        }
    )


def test_every_part_has_a_layer() -> None:
    """A new package or module at the top says where it stands."""
    parts = {one.stem for one in PACKAGE.iterdir() if one.suffix == ".py" or (one / "__init__.py").is_file()}
    assert parts - {"__init__"} == set(LAYERS)


def test_imports_go_down() -> None:
    """No part imports one above it, so no two import each other."""
    assert upward(imports(PACKAGE, "meridian"), LAYERS) == []


def test_an_import_that_goes_up_is_seen(tmp_path: Path) -> None:
    """The check itself sees an import in a function, of a package and of a name in it."""
    (tmp_path / "low").mkdir()
    (tmp_path / "high").mkdir()
    (tmp_path / "low/one.py").write_text("def work():\n    from meridian.high import two\n")
    (tmp_path / "high/two.py").write_text("from meridian import low\nimport meridian.low.one\n")
    assert upward(imports(tmp_path, "meridian"), ["low", "high"]) == ["low/one.py: low imports high"]


@pytest.mark.parametrize("name", ["parity", "change", "deploy", "recover", "verify", "gate"])
def test_a_command_is_loaded_only_when_it_is_called(name: str) -> None:
    """The command line imports no package that does the work of a command."""
    assert not [one for one in imports(PACKAGE, "meridian") if one[1] == "cli" and one[2] == name]
