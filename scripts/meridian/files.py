"""The one way to write a whole file, and a lock on a folder."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


def write_file(path: Path, content: str | bytes, mode: int | None = None) -> None:
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


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder, e.g. live/, for this process: a second run waits until the first has written."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
