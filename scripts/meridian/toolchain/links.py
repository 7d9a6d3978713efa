"""The links in .venv/tools: one name per tool, whatever its origin."""

import os
from collections.abc import Mapping
from pathlib import Path

from meridian.toolchain import terraformrc


def write(tools: Path, links: Mapping[str, Path]) -> None:
    """Make each link, at once and whole, and remove links of tools that are no longer among them."""
    tools.mkdir(exist_ok=True)
    for old in tools.iterdir():
        if old.name not in links and old.name != terraformrc.NAME:
            old.unlink()
    for name, program in links.items():
        add(tools, name, program)


def add(tools: Path, name: str, program: Path) -> None:
    """Make one link, at once and whole."""
    new = tools / f".{name}.new"
    new.unlink(missing_ok=True)
    # Not resolved: version managers choose by the name they are called with.
    new.symlink_to(os.path.abspath(program))  # noqa: PTH100
    new.replace(tools / name)
