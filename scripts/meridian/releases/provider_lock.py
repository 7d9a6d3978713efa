"""The provider lock file of an environment: promoted like every other version."""

from pathlib import Path

from meridian.errors import UserError
from meridian.generate.write import Change

NAME = ".terraform.lock.hcl"


def text(root: Path, environment: str) -> str | None:
    """Return the text of an environment's lock file, None without one. UserError for a link or what is no text."""
    file = root / "live" / environment / NAME
    if file.is_symlink():
        raise UserError(f"live/{environment}/{NAME} is a link.", "Make it a file of the repository.")
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"live/{environment}/{NAME}: cannot be read: {error}.") from error


def change(root: Path, source: str, target: str) -> Change | None:
    """Return the change that gives `target` the lock of `source`, None if it has that already.

    Raises UserError if `source` has none.
    """
    before, after = text(root, target), text(root, source)
    if after is None:
        raise UserError(
            f"live/{source}/{NAME} is missing.", "Take it back from git: without it providers are not what was tried."
        )
    if before == after:
        return None
    return Change(f"live/{target}/{NAME}", "missing" if before is None else "stale", before, after)
