"""`meridian doctor`: the tools that Meridian needs, what is installed and what to do; it works before set-up too."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from meridian import report
from meridian.console import say
from meridian.errors import Exit, MeridianError
from meridian.toolchain import provider, setup, tool

COLUMNS = ("tool", "wanted", "found", "where", "what to do")


@dataclass(frozen=True)
class Row:
    """One line of the table; `advice` is empty if the tool is ready."""

    tool: str
    wanted: str
    found: str
    where: str
    advice: str = ""


def run(root: Path, as_json: bool) -> int:
    """Print the table or the report; exit 0 if everything is ready, 1 if not, 2 if mise.toml is not readable."""
    try:
        with report.report_started(root, "doctor", as_json=as_json):
            rows = examine(root, os.environ)
    except MeridianError as error:
        say(f"error: {error.message}\n  {error.hint}")
        return int(error.code)
    code = Exit.FINDINGS if any(row.advice for row in rows) else Exit.OK
    body = {"tools": [{**asdict(row), "ok": not row.advice} for row in rows]}
    report.write_report(root, "doctor", code, body, as_json=as_json)
    if not as_json:
        _show(rows)
    return int(code)


def examine(root: Path, environ: Mapping[str, str]) -> list[Row]:
    """Return a row for every tool, in the order in which set-up needs them."""
    pins = tool.read_pins(root)
    tools = tool.tools(pins)
    python = Row("python", f"{pins['python']} or newer", platform.python_version(), sys.executable)
    names = ("git", "terraform", "uv", "node", "terragrunt")
    rows = [python, *(_examine_tool(tools[name], root / ".venv/tools" / name, environ) for name in names)]
    try:
        choice = provider.choose_provider(environ)
    except MeridianError as error:
        where = environ.get(provider.VARIABLE, "")
        return [*rows, Row("AWS provider", provider.VERSION, "nothing", where, f"{error.message} {error.hint}")]
    rows.append(
        Row("AWS provider", provider.VERSION, "copy" if choice else "no copy", provider.describe_provider(choice))
    )
    ready = setup.is_current(root, environ)
    found, advice = ("as locked", "") if ready else ("not up to date", tool.SETUP)
    return [*rows, Row("packages", "as locked", found, str(root / ".venv"), advice)]


def _examine_tool(wanted: tool.Tool, link: Path, environ: Mapping[str, str]) -> Row:
    if link.exists():
        linked = tool.ask_version(wanted, link, environ)
        advice = "" if wanted.fits(linked.version) else tool.SETUP
        return Row(wanted.name, wanted.wanted, linked.version or "unknown", str(link.resolve()), advice)
    found, others = tool.find_tool(wanted, environ)
    # Git is used from PATH; the others are used by their link.
    advice = ("" if wanted.name == "git" else tool.SETUP) if found else wanted.advice
    seen = found or next(iter(others), None)
    if seen is None:
        return Row(wanted.name, wanted.wanted, "nothing", "", advice)
    return Row(wanted.name, wanted.wanted, seen.version or "unknown", str(seen.path), advice)


def _show(rows: Sequence[Row]) -> None:
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        # Rich comes with set-up.
        for row in rows:
            print(f"{row.tool}: wanted {row.wanted}; found {row.found} {row.where}; {row.advice or 'ready'}")
        return
    table = Table(box=None, pad_edge=False)
    for title in COLUMNS:
        table.add_column(title, overflow="fold", no_wrap=title not in ("where", "what to do"))
    for row in rows:
        table.add_row(
            row.tool, row.wanted, row.found, row.where, row.advice or "ready", style="bold" if row.advice else ""
        )
    Console().print(table)
