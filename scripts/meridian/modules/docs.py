"""Write the tables of inputs and outputs in each module's README, or check that they are fresh."""

import argparse
import difflib
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

from meridian import files
from meridian.errors import Exit, MeridianError, UserError
from meridian.modules.blocks import Block, read_blocks
from meridian.paths import repository_root

BEGIN = "<!-- {table}: written by `python -m meridian.modules.docs` -->"
END = "<!-- end of {table} -->"
FIX = "python -m meridian.modules.docs"


def inputs_table(text: str, file: str) -> str:
    """Return the Markdown table of a variables.tf, required ones first; UserError names file and line."""
    bodies = _bodies(text)
    found = sorted(
        read_blocks(text, file, "variable").values(), key=lambda row: ("default" in row.attributes, row.name)
    )
    rows = [(_link(row, "variables.tf"), row.description, *_cells(bodies[row.name])) for row in found]
    return _table(("Name", "What it does", "Type", "Default"), rows)


def outputs_table(text: str, file: str) -> str:
    """Return the Markdown table of an outputs.tf; UserError names file and line."""
    found = sorted(read_blocks(text, file, "output").values(), key=lambda row: row.name)
    return _table(("Name", "What it is"), [(_link(row, "outputs.tf"), row.description) for row in found])


def fresh(readme: Path) -> str:
    """Return a module's README with the tables that its variables.tf and outputs.tf ask for.

    Raises UserError where one of the three files or a table's place is missing.
    """
    text = _read(readme)
    for table, source, write in (("inputs", "variables.tf", inputs_table), ("outputs", "outputs.tf", outputs_table)):
        file = readme.parent / source
        text = _replaced(text, table, write(_read(file), str(file)), readme)
    return text


def stale(root: Path) -> dict[Path, str]:
    """Return the READMEs below modules/ whose tables are stale, each with its fresh text.

    Raises UserError where there is no module, because then nothing was checked.
    """
    readmes = [manifest.parent / "README.md" for manifest in sorted(root.glob("modules/*/unit.yaml"))]
    if not readmes:
        raise UserError(f"{root}/modules: there is no module with a unit.yaml.", "Name the repository with --root DIR.")
    texts = {readme: fresh(readme) for readme in readmes}
    return {readme: text for readme, text in texts.items() if text != _read(readme)}


def run(arguments: Sequence[str]) -> int:
    """Write the tables, or with --check print what would change; return an exit code."""
    parser = argparse.ArgumentParser(prog=FIX, description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and print a diff if one is stale")
    parser.add_argument("--root", type=Path, help="the repository (default: the one this is run in)")
    options = parser.parse_args(arguments)
    root = options.root.resolve() if options.root else repository_root(Path.cwd())
    changed = stale(root)
    for readme, text in changed.items():
        if options.check:
            print(_diff(readme.relative_to(root), _read(readme), text), end="")
        else:
            files.write_file(readme, text, stat.S_IMODE(readme.stat().st_mode))
            print(f"wrote {readme.relative_to(root)}")
    if options.check and changed:
        print(f"Write them with: {FIX}")
        return Exit.FINDINGS
    return Exit.OK


def _bodies(text: str) -> dict[str, dict[str, Any]]:
    options = SerializationOptions(with_comments=False)
    blocks = hcl2.loads(f"{text}\n", serialization_options=options).get("variable", [])
    return {name.strip('"'): body for block in blocks for name, body in block.items()}


def _cells(body: dict[str, Any]) -> tuple[str, str]:
    kind = str(body.get("type", "any")).removeprefix("${").removesuffix("}")
    return _code(kind), _code(_literal(body["default"])) if "default" in body else "required"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def _link(row: Block, file: str) -> str:
    return f"[{row.name}]({file}#L{row.line})"


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _replaced(text: str, table: str, rows: str, readme: Path) -> str:
    begin, end = BEGIN.format(table=table), END.format(table=table)
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise UserError(f"{readme}: the place for the {table} is missing.", f"Put these two lines there: {begin} {end}")
    return f"{before}{begin}\n{rows}\n{end}{after}"


def _diff(name: Path, old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), f"{name} (is)", f"{name} (should be)")
    return "".join(lines)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file}: cannot be read: {error}.", "A module has README.md, variables.tf, outputs.tf."
        ) from error


def main() -> None:
    """Run as a command: errors as one sentence, the exit code as everywhere."""
    try:
        sys.exit(run(sys.argv[1:]))
    except MeridianError as error:
        print(f"error: {error.message}\n  {error.hint}", file=sys.stderr)
        sys.exit(error.code)


if __name__ == "__main__":
    main()
