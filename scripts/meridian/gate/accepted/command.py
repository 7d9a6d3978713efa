"""`meridian accept`: writes the picture that the gate compares a module with."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from meridian.errors import Exit, UserError
from meridian.files import write_file
from meridian.gate.accepted.compare import group_differences, parse_content, read_text
from meridian.gate.accepted.picture import FILE, format_content, read_checked_out
from meridian.modules.library import Library
from meridian.options import HERE, RootOption
from meridian.yamlfile.problems import did_you_mean, join_words, quote


def accept(
    modules: Annotated[
        list[str] | None, typer.Argument(metavar="[MODULE]...", show_default=False, help="Default: all modules.")
    ] = None,
    root: RootOption = HERE,
) -> int:
    """Accept modules as they are: show what changed and write modules/MODULE/accepted.json.

    Commit the file. In a pull request, an owner of the gate releases its change.

    Example: meridian accept data
    """
    known = Library(root).checked_out
    for module in modules or ():
        if module not in known:
            hint = did_you_mean(module, known).strip() or f"There are {join_words(known)}."
            raise UserError(f"There is no module {quote(module)}.", hint)
    texts = {module: _read(root, module) for module in modules or known}
    for module, (text, lines) in texts.items():
        file = root / "modules" / module / FILE
        if read_text(file) != text:
            write_file(file, text)
            sys.stdout.write(f"wrote modules/{module}/{FILE}\n")
            sys.stdout.writelines(f"  {line}\n" for line in lines)
    return Exit.OK


def _read(root: Path, module: str) -> tuple[str, list[str]]:
    """Return the new text of a module's accepted.json, and a line for each block that is other than before."""
    picture = read_checked_out(root, module)
    before = parse_content(read_text(root / "modules" / module / FILE) or "")
    grouped = group_differences(picture, before) if before is not None else {}
    return format_content(picture.content), [f"{path[0]}: {'; '.join(found)}" for path, found in grouped.items()]
