"""The command line: every command, and what becomes of an error."""

import sys
import tempfile
import traceback
from collections.abc import Sequence

import typer

from meridian import commands_environment, commands_regions, commands_releases, commands_review
from meridian.console import open_streams, say
from meridian.errors import Exit, MeridianError
from meridian.machine import refusal
from meridian.options import HERE, JsonOption, RootOption
from meridian.paths import repository_root

app = typer.Typer(
    name="meridian",
    help="One inventory, many regions, one verified serverless API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for commands in (commands_environment, commands_regions, commands_releases, commands_review):
    app.add_typer(commands.app)


@app.command()
def doctor(root: RootOption = HERE, as_json: JsonOption = False) -> None:
    """Say what is installed, what is missing and what to do.

    Example: meridian doctor
    """
    from meridian.doctor import run

    raise typer.Exit(run(repository_root(root), as_json))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no traceback for what a user can cause."""
    open_streams()
    try:
        app(args=None if argv is None else list(argv), prog_name="meridian")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(Exit.BUG)
        if code == 130:
            say("interrupted; what was begun may be half done, the same command goes on from there.")
            return int(Exit.FAILED)
        return code
    except MeridianError as error:
        return _told(error)
    except Exception as error:  # the one place where our own bugs end
        if isinstance(error, OSError) and (told := refusal(error)):
            return _told(told)
        with tempfile.NamedTemporaryFile("w", prefix="meridian-", suffix=".txt", delete=False) as file:
            traceback.print_exc(file=file)
        say(f"error: this is a bug in meridian, please report it with {file.name}")
        return int(Exit.BUG)
    return int(Exit.OK)


def _told(error: MeridianError) -> int:
    say(f"error: {error.message}")
    if error.hint:
        say(f"  {error.hint}")
    return int(error.code)


if __name__ == "__main__":
    sys.exit(main())
