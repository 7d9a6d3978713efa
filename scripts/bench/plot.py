"""Bars in an SVG file: one group for each step, one bar for each way to do it."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

COLORS = ("#8da0cb", "#66c2a5", "#fc8d62", "#e78ac3", "#a6a6a6")
WIDTH, LEFT, RIGHT, BAR, GAP = 820, 230, 70, 16, 14
Groups = Mapping[str, Mapping[str, float]]
"""Seconds by group and by bar."""


def draw(title: str, groups: Groups) -> str:
    """Return the bars as SVG; each has its value at its end."""
    longest = max((value for bars in groups.values() for value in bars.values()), default=1.0) or 1.0
    names = list(dict.fromkeys(name for bars in groups.values() for name in bars))
    lines, top = [_text(8, 20, title, "bold")], 40
    for group, bars in groups.items():
        lines.append(_text(8, top + 12, group, "bold"))
        top += BAR + 4
        for name, value in bars.items():
            width = max(1, round((WIDTH - LEFT - RIGHT) * value / longest))
            color = COLORS[names.index(name) % len(COLORS)]
            lines.append(_text(24, top + 12, name))
            lines.append(f'<rect x="{LEFT}" y="{top}" width="{width}" height="{BAR - 3}" fill="{color}"/>')
            lines.append(_text(LEFT + width + 6, top + 12, f"{value:.1f} s"))
            top += BAR
        top += GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}">'
    style = "<style>text { font: 12px sans-serif; fill: #333; } .bold { font-weight: bold; }</style>"
    background = f'<rect width="{WIDTH}" height="{top}" fill="white"/>'
    return "\n".join([head, style, background, *lines, "</svg>", ""])


def _text(x: int, y: int, text: str, kind: str = "") -> str:
    return f'<text x="{x}" y="{y}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{escape(text)}</text>'
