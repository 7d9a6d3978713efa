"""The provider lock file of an environment: promoted like every other version."""

from pathlib import Path

from meridian.errors import UserError
from meridian.paths import PROVIDER_LOCK
from meridian.render.write import Change


def read_lock(root: Path, environment: str) -> str | None:
    """Return the text of an environment's lock file, None if there is none.

    Raises UserError for a link and for a file that cannot be read as text.
    """
    path = f"live/{environment}/{PROVIDER_LOCK}"
    if (root / path).is_symlink():
        raise UserError(f"{path} is a link.", "Replace it by a file of the repository.")
    try:
        return (root / path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {error}.", f"Restore it: `git restore {path}`") from error


def require_lock(root: Path, environment: str) -> str:
    """Return the text of an environment's lock file; UserError if there is none."""
    text = read_lock(root, environment)
    if text is None:
        path = f"live/{environment}/{PROVIDER_LOCK}"
        raise UserError(
            f"{path} is missing: it pins the providers of {environment}.", f"Restore it: `git restore {path}`"
        )
    return text


def copy_lock(root: Path, source: str, target: str) -> Change | None:
    """Return the change that gives `target` the lock of `source`, None if it has that already.

    Raises UserError if `source` has none.
    """
    before, after = read_lock(root, target), require_lock(root, source)
    if before == after:
        return None
    return Change(f"live/{target}/{PROVIDER_LOCK}", "missing" if before is None else "stale", before, after)
