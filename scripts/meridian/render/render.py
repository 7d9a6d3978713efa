"""Render planned files to text, with the marker line."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from meridian.render import marker
from meridian.render.hcl import format_literal
from meridian.render.plan import PlannedFile


def render_files(files: Iterable[PlannedFile]) -> dict[str, str]:
    """Return the texts of files by path; files that share one context are rendered once."""
    texts: dict[int, str] = {}
    found: dict[str, str] = {}
    for file in files:
        key = id(file.context)
        if key not in texts:
            texts[key] = marker.add_marker(_template(file.template).render(file.context))
        found[file.path] = texts[key]
    return found


@cache
def _template(name: str) -> Template:
    return load_templates(Path(__file__).parent / "templates").get_template(f"{name}.j2")


@cache
def load_templates(folder: Path) -> Environment:
    """Return the templates of a folder."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        # The output is HCL: every value goes through `hcl`, or was checked.
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["hcl"] = format_literal
    return environment
