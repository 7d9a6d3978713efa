"""`meridian doctor`, for the command line; `make doctor` runs the same before set-up, without Typer."""

from meridian.options import HERE, JsonOption, RootOption
from meridian.toolchain.doctor import run


def doctor(root: RootOption = HERE, as_json: JsonOption = False) -> int:
    """Show which tools are installed, which are missing and what to do.

    Example: meridian doctor
    """
    return run(root, as_json)
