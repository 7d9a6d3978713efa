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
from meridian.toolchain import opentofu, provider, setup, tool


@dataclass(frozen=True)
class Row:
    """One line of the answer; `advice` is empty if the tool is ready."""

    tool: str
    wanted: str
    found: str
    where: str
    advice: str = ""


def main(root: Path, argv: Sequence[str]) -> int:
    """Run `make doctor`; `--json` prints the report."""
    return run(root, "--json" in argv)


def run(root: Path, as_json: bool) -> int:
    """Print a line for each tool, or the report; exit 0 if all are ready, 1 if not, 2 if mise.toml is not readable."""
    try:
        with report.report_started(root, "doctor", as_json=as_json):
            rows = examine(root.resolve(), os.environ)
    except MeridianError as error:
        say(f"error: {error.message}\n  {error.hint}")
        return int(error.code)
    code = Exit.FINDINGS if any(row.advice for row in rows) else Exit.OK
    body = {"tools": [{**asdict(row), "ok": not row.advice} for row in rows]}
    report.write_report(root, "doctor", code, body, as_json=as_json)
    if not as_json:
        for row in rows:
            found = f"{row.found} {row.where}".strip()
            print(f"{row.tool}: wanted {row.wanted}; found {found}; {row.advice or 'ready'}")
    return int(code)


def examine(root: Path, environ: Mapping[str, str]) -> list[Row]:
    """Return a row for every tool, in the order in which set-up needs them."""
    pins = tool.read_pins(root)
    tools = tool.tools(pins)
    python = Row("python", f"{pins['python']} or newer", platform.python_version(), sys.executable)
    stands_in = setup.needs_opentofu(root) and (root / ".venv/tools/tofu").exists()
    engines = ("tofu",) if opentofu.is_chosen(root) else ("terraform", "tofu") if stands_in else ("terraform",)
    names = ("git", *engines, "uv", "node", "terragrunt")
    rows = [python, *(_examine_tool(tools[name], root / ".venv/tools" / name, environ) for name in names)]
    try:
        choice = provider.choose_provider(environ)
    except MeridianError as error:
        return [*rows, Row("AWS provider", provider.VERSION, "nothing", "", f"{error.message} {error.hint}")]
    rows.append(Row("AWS provider", provider.VERSION, provider.describe_provider(choice), ""))
    ready = setup.is_current(root, choice)
    found, advice = ("as locked", "") if ready else ("not up to date", tool.SETUP)
    return [*rows, Row("packages", "as locked", found, str(root / ".venv"), advice)]


def _examine_tool(wanted: tool.Tool, link: Path, environ: Mapping[str, str]) -> Row:
    if link.exists():
        seen: tool.Found | None = tool.ask_version(wanted, link, environ)
        advice = "" if seen and wanted.fits(seen.version) else tool.SETUP
    else:
        found, others = tool.find_tool(wanted, environ)
        seen = found or next(iter(others), None)
        # Git is used from PATH; the others are used by their link.
        advice = ("" if wanted.name == "git" else tool.SETUP) if found else wanted.advice
    version, where = (seen.version or "no version", str(seen.path.resolve())) if seen else ("nothing", "")
    return Row(wanted.name, wanted.wanted, version, where, advice)
