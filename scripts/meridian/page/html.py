"""Renders the page: one HTML file with its styles and pictures in it, and no script."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from meridian.page import world
from meridian.page.facts import Facts, State

HERE = Path(__file__).parent
LISTED = 30
"""So many rows of a list are shown; the page names the file that has all of them."""
SIGNS: dict[State, tuple[str, str]] = {
    "good": ("✓", "OK"),
    "bad": ("✕", "Problem"),
    "unknown": ("?", "Could not tell"),
    "note": ("i", "Note"),
}
"""The sign and the word of each state: a color is never alone."""


def render_page(facts: Facts, root: Path) -> str:
    """Return the page; the picture of the last drill is embedded as an image, in which no script runs."""
    picture = (root / facts.drill.picture).read_bytes() if facts.drill.picture else b""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    # Its Content-Security-Policy allows this one style sheet.
    styles = environment.get_template("page.css").render()
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    return environment.get_template("page.html.j2").render(
        facts=facts,
        states={place.region: place.state for place in facts.regions},
        marks=world.lay_out([place.region for place in facts.regions]),
        land=world.draw_land(),
        width=world.WIDTH,
        height=world.HEIGHT,
        signs=SIGNS,
        listed=LISTED,
        digest=digest,
        picture=base64.b64encode(picture).decode(),
    )
