"""The one way to write a whole file."""

import os
from pathlib import Path


def write(path: Path, content: str | bytes, mode: int | None = None) -> None:
    """Replace a file at once: readers see the old content or the new, and a failure leaves the old and nothing else.

    `mode` is exact; without it the umask decides. Raises OSError.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
        with os.fdopen(handle, "wb") as stream:
            if mode is not None:
                os.fchmod(handle, mode)
            stream.write(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
