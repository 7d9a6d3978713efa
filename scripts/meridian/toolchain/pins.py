"""The pinned versions, read from mise.toml: the only place that names them."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from meridian.errors import UserError
from meridian.toolchain import versions

FILE = Path("mise.toml")


@dataclass(frozen=True)
class Pins:
    """One version per tool, e.g. terraform="1.11.4"."""

    act: str
    actionlint: str
    go: str
    node: str
    python: str
    terraform: str
    terragrunt: str
    uv: str


def read(root: Path) -> Pins:
    """Return what mise.toml pins; UserError where a tool is missing or is no version."""
    try:
        tools = tomllib.loads((root / FILE).read_text(encoding="utf-8")).get("tools", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{FILE}: cannot be read: {error}.", "Restore it, e.g. `git checkout mise.toml`.") from error
    found = {field.name: tools.get(field.name) for field in fields(Pins)}
    for name, version in found.items():
        if not isinstance(version, str) or versions.parse(version) is None:
            raise UserError(
                f"{FILE}: tools.{name} is {version!r}, which is not a version.", f'Write it like {name} = "1.2.3".'
            )
    return Pins(**found)
