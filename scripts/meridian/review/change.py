"""What a change changes: its files, and among them those that judge."""

from dataclasses import dataclass
from pathlib import Path

from meridian.errors import CouldNotTell, UserError
from meridian.modules import git
from meridian.scan.finding import Finding
from meridian.scan.owned import CHANGED, GATE


@dataclass(frozen=True)
class Change:
    """A checkout that differs from the one before it; `files` are relative to it, `base` and `head` are commits."""

    folder: Path
    base: str
    head: str
    files: tuple[str, ...]

    @property
    def of_gate(self) -> list[Finding]:
        """A finding for each file of the gate that is not as before."""
        return [
            CHANGED.finding(f"{name} is a part of the gate and is changed.", file=name)
            for name in self.files
            if name.startswith(GATE)
        ]


def read(before: Path, folder: Path) -> Change:
    """Return what the checkout `folder` changes of the checkout `before`, what is not committed included.

    Raises UserError where one of them is no repository, CouldNotTell where the history between them is missing.
    """
    base, head = (git.run(where, "rev-parse", "HEAD").decode().strip() for where in (before, folder))
    try:
        names = git.run(folder, "diff", "--name-only", "--no-renames", "-z", f"{base}...{head}")
    except UserError as error:
        raise CouldNotTell(
            f"{folder.name}: what it changes since {base[:12]} cannot be read: {error.message}",
            "Fetch the whole history (actions/checkout with fetch-depth: 0).",
        ) from error
    names += git.run(folder, "diff", "--name-only", "--no-renames", "-z", "HEAD")
    names += git.run(folder, "ls-files", "--others", "--exclude-standard", "-z")
    return Change(
        folder, base, head, tuple(sorted({name for name in names.decode(errors="replace").split("\0") if name}))
    )
