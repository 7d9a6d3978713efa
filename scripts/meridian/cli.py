"""The command line: where each command is, and what becomes of an error."""

import ast
import importlib
import importlib.util
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperArgument, TyperGroup

from meridian.console import open_streams, say
from meridian.errors import Exit, MeridianError
from meridian.machine import known_error
from meridian.signals import interrupting_signals

INTERRUPTED = 130
COMMANDS = {
    "up": "meridian.deploy.up:up",
    "down": "meridian.local.down:down",
    "bootstrap": "meridian.deploy.bootstrap:bootstrap",
    "plan": "meridian.deploy.command:plan",
    "show": "meridian.deploy.show:show",
    "apply": "meridian.deploy.command:apply",
    "destroy": "meridian.deploy.command:destroy",
    "recover": "meridian.recover.command:recover",
    "audit": "meridian.recover.command:audit",
    "drift": "meridian.deploy.drift.command:drift",
    "verify": "meridian.verify.command:verify",
    "drill": "meridian.drill.command:drill",
    "env": "meridian.deploy.shell:env",
    "generate": "meridian.render.command:generate",
    "add-region": "meridian.change.add_region:add_region",
    "remove-region": "meridian.change.remove_region:remove_region",
    "remove-unit": "meridian.change.remove_unit:remove_unit",
    "add-env": "meridian.change.add_environment:add_environment",
    "init": "meridian.change.init:init",
    "new-module": "meridian.change.new_module:new_module",
    "new-function": "meridian.change.new_function:new_function",
    "vendor": "meridian.change.vendor:vendor",
    "release": "meridian.change.release:release",
    "promote": "meridian.change.promote:promote",
    "rollback": "meridian.change.rollback:rollback",
    "lock": "meridian.change.lock:lock",
    "versions": "meridian.change.versions:versions",
    "impact": "meridian.change.impact:impact",
    "parity": "meridian.parity.command:parity",
    "report": "meridian.page.command:report",
    "accept": "meridian.gate.accepted.command:accept",
    "scan": "meridian.gate.command:scan",
    "review": "meridian.review.command:review",
    "comment": "meridian.github.command:comment",
    "reviewers": "meridian.github.command:reviewers",
    "outputs": "meridian.github.outputs:outputs",
    "issue": "meridian.github.issue:issue",
    "doctor": "meridian.toolchain.command:doctor",
}
"""Each command, declared by the function that does its work: its parameters and docstring are the command's help."""


class Commands(TyperGroup):
    """Commands that are loaded when they are called; the list of them reads only their docstrings."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, imported now; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(":")
        one = typer.Typer(add_completion=False, rich_markup_mode=None)
        one.command(cmd_name)(getattr(importlib.import_module(module), function))
        command = typer.main.get_command(one)
        for parameter in command.params:
            if isinstance(parameter, TyperArgument):
                _write_as_declared(parameter)
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each command with the first line of its docstring."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(name)) for name in COMMANDS])


def _write_as_declared(argument: TyperArgument) -> None:
    """Show an argument in the usage line as it is declared; Typer would write {MODULE}, and [ENV] for a needed one."""
    argument.make_metavar = lambda ctx, *, usage=False: argument.metavar or ""  # type: ignore[method-assign]


def summary(command: str) -> str:
    """Return the first line of a command's docstring; its module is parsed, not imported."""
    module, _, name = COMMANDS[command].partition(":")
    found = importlib.util.find_spec(module)
    text = Path(found.origin).read_text(encoding="utf-8") if found and found.origin else ""
    functions = (one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef) and one.name == name)
    return (ast.get_docstring(next(functions)) or "").partition("\n")[0]


def _exit(code: int, **_: Any) -> None:
    raise typer.Exit(code)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(result_callback=_exit)
def meridian() -> None:
    """One inventory, many regions, one verified serverless API."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no traceback for what a user can cause.

    Ctrl-C is 130, SIGTERM 143.
    """
    open_streams()
    words = sys.argv[1:] if argv is None else list(argv)
    with interrupting_signals() as received:
        code = _run(words)
    if code == INTERRUPTED:
        with suppress(OSError):  # a closed terminal
            say(f"interrupted; to continue: `{shlex.join(['meridian', *words])}`")
        return 128 + received[-1] if received else INTERRUPTED
    return code


def _run(words: list[str]) -> int:
    try:
        app(args=words, prog_name="meridian")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(Exit.BUG)
    except Exception as error:  # the one place where our own bugs end
        if known := known_error(error):
            return _show(known)
        with tempfile.NamedTemporaryFile("w", prefix="meridian-", suffix=".txt", delete=False) as file:
            traceback.print_exc(file=file)
        say(f"error: this is a bug in meridian, please report it with {file.name}")
        return int(Exit.BUG)
    return int(Exit.OK)


def _show(error: MeridianError) -> int:
    say(f"error: {error.message}")
    if error.hint:
        say(f"  {error.hint}")
    return int(error.code)


if __name__ == "__main__":
    sys.exit(main())
