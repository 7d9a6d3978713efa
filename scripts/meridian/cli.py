"""The command line: every command, and how each error is reported."""

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
    """Show which tools are installed, which are missing and what to do.

    Example: meridian doctor
    """
    from meridian.toolchain.doctor import run

    raise typer.Exit(run(repository_root(root), as_json))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; only bugs leave a traceback, in a file."""
    open_streams()
    try:
        app(args=None if argv is None else list(argv), prog_name="meridian")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(Exit.BUG)
        if code == 130:
            say("interrupted: the work may be half done; run the same command again to continue.")
            return int(Exit.FAILED)
        return code
    except MeridianError as error:
        return _print_error(error)
    except Exception as error:  # every bug ends here
        if isinstance(error, OSError) and (refused := refusal(error)):
            return _print_error(refused)
        with tempfile.NamedTemporaryFile("w", prefix="meridian-", suffix=".txt", delete=False) as file:
            traceback.print_exc(file=file)
        say(f"error: this is a bug in meridian, please report it with {file.name}")
        return int(Exit.BUG)
    return int(Exit.OK)


def _print_error(error: MeridianError) -> int:
    say(f"error: {error.message}")
    if error.hint:
        say(f"  {error.hint}")
    return int(error.code)


if __name__ == "__main__":
    sys.exit(main())
