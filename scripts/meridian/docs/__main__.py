"""Writes the generated parts of the documentation: `python -m meridian.docs [--check] [--root DIR]`."""

import argparse
import difflib
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from meridian.docs.costs import cost_tables
from meridian.docs.picture import picture
from meridian.docs.policies import policies
from meridian.docs.tables import inputs_table, outputs_table
from meridian.docs.unit_schema import FILE as UNIT_SCHEMA
from meridian.docs.unit_schema import format_unit_schema
from meridian.errors import Exit, MeridianError, UserError
from meridian.files import write_file
from meridian.paths import repository_root

BEGIN = "<!-- {part}: written by `python -m meridian.docs` -->"
END = "<!-- end of {part} -->"
PAGES: dict[str, Callable[[Path], dict[str, str]]] = {
    "docs/architecture.md": lambda root: {"picture": picture(root)},
    "docs/costs.md": cost_tables,
    "docs/policies.md": lambda _: {"policies": policies()},
}
"""The pages besides the modules' READMEs: the text of each part, made from the repository."""


def stale_pages(root: Path) -> dict[Path, str]:
    """Return the pages of a repository whose generated parts are stale, each with its current text.

    Raises UserError for a page that is missing or lacks the place of a part.
    """
    pages = {root / page: make(root) for page, make in PAGES.items()}
    pages |= {readme: module_parts(readme) for readme in _readmes(root)}
    texts = {page: render_page(page, parts) for page, parts in pages.items()}
    texts[root / UNIT_SCHEMA] = format_unit_schema()
    return {page: text for page, text in texts.items() if text != _read(page)}


def module_parts(readme: Path) -> dict[str, str]:
    """Return the tables of inputs and outputs for a module's README."""
    variables, outputs = readme.with_name("variables.tf"), readme.with_name("outputs.tf")
    return {
        "inputs": inputs_table(_read(variables), str(variables)),
        "outputs": outputs_table(_read(outputs), str(outputs)),
    }


def render_page(page: Path, parts: Mapping[str, str]) -> str:
    """Return the text of a page with its generated parts; UserError if the place of one is missing."""
    text = _read(page)
    for part, body in parts.items():
        begin, end = BEGIN.format(part=part), END.format(part=part)
        before, found, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not (found and ended):
            raise UserError(
                f"{page}: the place for the {part} is missing.", f"Put these two lines there: {begin} {end}"
            )
        text = f"{before}{begin}\n{body}\n{end}{after}"
    return text


def run(arguments: Sequence[str]) -> int:
    """Write the stale pages, or with --check print their diffs and return 1."""
    parser = argparse.ArgumentParser(prog="python -m meridian.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; print a diff and exit 1 if one is stale")
    parser.add_argument("--root", type=Path, default=Path(), help="default: the repository around the current folder")
    options = parser.parse_args(arguments)
    root = repository_root(options.root)
    changed = stale_pages(root)
    for page, text in changed.items():
        name = page.relative_to(root).as_posix()
        if options.check:
            lines = difflib.unified_diff(_read(page).splitlines(True), text.splitlines(True), name, f"{name} (current)")
            sys.stdout.writelines(lines)
        else:
            write_file(page, text, stat.S_IMODE(page.stat().st_mode))
            print(f"wrote {name}")
    if options.check and changed:
        print("Fix: make generate")
        return Exit.FINDINGS
    return Exit.OK


def _readmes(root: Path) -> list[Path]:
    found = [manifest.with_name("README.md") for manifest in sorted(root.glob("modules/*/unit.yaml"))]
    if not found:
        raise UserError(f"{root}/modules: there is no module with a unit.yaml.", "Name the repository with --root DIR.")
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read: {error}.", "Restore it from git.") from error


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1:]))
    except MeridianError as failure:
        print(f"error: {failure.message}\n  {failure.hint}", file=sys.stderr)
        sys.exit(failure.code)
