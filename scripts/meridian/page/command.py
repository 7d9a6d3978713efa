"""`meridian report ENV`: one page with everything that is known of an environment."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from meridian import files
from meridian.console import say
from meridian.errors import CouldNotTell, Exit
from meridian.options import HERE, EnvironmentArgument, JsonOption, RootOption, StateRegionOption, TargetOption
from meridian.page.collect import collect_facts
from meridian.page.html import render_page
from meridian.paths import out_dir
from meridian.report import with_report, write_report
from meridian.resolve import require_kind, resolve
from meridian.targets import Target

PAGE = "report.html"


@with_report("report")
def report(
    environment: EnvironmentArgument = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    offline: Annotated[bool, typer.Option("--offline", help="Ask no region: only files of this checkout.")] = False,
    state_region: StateRegionOption = "",
    as_json: JsonOption = False,
) -> int:
    """Write out/report.html, one page on an environment: regions, health, versions, plan, findings, waivers, drill.

    The page needs no network. Exits with 3 if something could not be told: the page is written, and says what.

    Example: meridian report dev --target local
    """
    page = out_dir(root) / PAGE
    page.unlink(missing_ok=True)
    require_kind(target)
    asked: Target | CouldNotTell | None = None
    if not offline:
        try:
            asked = resolve(root, environment, target, state_region)
        except CouldNotTell as error:
            asked = error
    facts = collect_facts(root, environment, target, asked, datetime.now(UTC))
    files.write_file(page, render_page(facts, root), 0o600)
    code = Exit.UNKNOWN if facts.untold else Exit.OK
    write_report(root, "report", code, facts.body(), as_json=as_json)
    for sentence in facts.untold:
        say(f"could not tell: {sentence}")
    if not as_json:
        print(f"wrote out/{PAGE}")
    return code
