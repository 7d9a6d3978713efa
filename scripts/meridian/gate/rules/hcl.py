"""Reading HCL files as blocks."""

from pathlib import Path
from typing import Any

import hcl2
from lark.exceptions import LarkError

from meridian.errors import CouldNotTell


def read_file(file: Path, name: str) -> dict[str, Any]:
    """Return a file's blocks; CouldNotTell if it is not HCL."""
    try:
        found: dict[str, Any] = hcl2.loads(file.read_text(encoding="utf-8") + "\n")
    except OSError as error:
        raise CouldNotTell(f"{name}: it cannot be read: {error.strerror}.") from error
    except (LarkError, ValueError) as error:
        raise CouldNotTell(f"{name}: it cannot be read as HCL: {str(error).splitlines()[0]}") from error
    return found


def block_names(block: dict[str, Any]) -> set[str]:
    """Return the names in a block, without those that the parser adds."""
    return {name for name in block if not name.startswith("__")}


def block_bodies(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the bodies of labelled blocks."""
    return [body for body in block.values() if isinstance(body, dict)]
