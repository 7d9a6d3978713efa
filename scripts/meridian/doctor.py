"""`meridian doctor`: each tool, the version wanted, what is there and what to do; works before set-up too."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from meridian import report
from meridian.console import say
from meridian.errors import Exit, MeridianError
from meridian.toolchain import catalog, mirror, pins, probe, stamp, terraformrc

COLUMNS = ("tool", "wanted", "found", "where", "what to do")
SETUP = "Run `make setup`."


@dataclass(frozen=True)
class Row:
    """One line of the table; `ok` is false where something is to do before Meridian can work."""

    tool: str
    wanted: str
    found: str
    where: str
    advice: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is to do."""
        return not self.advice


def run(root: Path, as_json: bool) -> int:
    """Print the table or the report; exit 0 if all is fine, 1 if something is to do, 2 for unreadable pins."""
    try:
        with report.begun(root, "doctor", as_json=as_json):
            rows = examine(root, os.environ)
    except MeridianError as error:
        say(f"error: {error.message}\n  {error.hint}")
        return int(error.code)
    code = Exit.OK if all(row.ok for row in rows) else Exit.FINDINGS
    body = {"tools": [{**asdict(row), "ok": row.ok} for row in rows]}
    report.keep(root, "doctor", code, body, as_json=as_json)
    if not as_json:
        _show(rows)
    return int(code)


def examine(root: Path, environ: Mapping[str, str]) -> list[Row]:
    """Look at every tool and return the rows in the order in which set-up needs them."""
    wanted = pins.read(root)
    tools = root / ".venv/tools"
    row = [
        Row("python", f"{wanted.python} or newer", platform.python_version(), sys.executable),
        _from_machine(catalog.git(), environ),
        _linked(catalog.terraform(wanted), tools, environ),
        _linked(catalog.uv(), tools, environ),
        _linked(catalog.node(wanted), tools, environ),
        _linked(catalog.terragrunt(wanted), tools, environ),
    ]
    return [*row, *_setup_rows(root, environ)]


def _from_machine(tool: catalog.Tool, environ: Mapping[str, str]) -> Row:
    found, refused = probe.on_path(tool, environ)
    if found:
        return Row(tool.name, tool.wanted, found.number, str(found.path))
    seen = refused[0] if refused else None
    return Row(tool.name, tool.wanted, seen.number if seen else "nothing", str(seen.path) if seen else "", tool.advice)


def _linked(tool: catalog.Tool, tools: Path, environ: Mapping[str, str]) -> Row:
    link = tools / tool.name
    if link.exists():
        found = probe.version_of(tool, link, environ)
        fits = found.version is not None and tool.fits(found.version)
        where = str(link.readlink()) if link.is_symlink() else str(link)
        return Row(tool.name, tool.wanted, found.number, where, "" if fits else SETUP)
    row = _from_machine(tool, environ)
    brings = tool.advice == catalog.SETUP or row.ok
    return Row(row.tool, row.wanted, row.found, row.where, SETUP if brings else row.advice)


def _setup_rows(root: Path, environ: Mapping[str, str]) -> list[Row]:
    try:
        decision = terraformrc.wanted(environ)
    except MeridianError as error:
        return [Row("AWS provider", mirror.VERSION, "nothing", environ.get(mirror.VARIABLE, ""), error.message)]
    done = stamp.is_current(root, decision)
    return [
        Row("AWS provider", mirror.VERSION, "mirror" if decision.text else "no mirror", decision.reason),
        Row("packages", "as locked", "as locked" if done else "not yet", str(root / ".venv"), "" if done else SETUP),
    ]


def _show(rows: Sequence[Row]) -> None:
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        # Before set-up there is no Rich; the same facts, a line each.
        for row in rows:
            print(f"{row.tool}: wanted {row.wanted}; found {row.found} {row.where}; {row.advice or 'fine'}")
        return
    table = Table(box=None, pad_edge=False)
    for title in COLUMNS:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(row.tool, row.wanted, row.found, row.where, row.advice or "fine", style="" if row.ok else "bold")
    Console().print(table)
