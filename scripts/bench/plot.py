"""A small line plot as SVG, both axes logarithmic: what grows in proportion is a straight line."""

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 60, 170, 40, 40
COLOURS = ("#b35806", "#f1a340", "#542788", "#998ec3")
Points = Sequence[tuple[float, float]]


def svg(title: str, series: Mapping[str, Points]) -> str:
    """Return an SVG of at most four series of points, each above 0, named at their ends."""
    every = [point for points in series.values() for point in points]
    xs, ys = _decades([x for x, _ in every]), _decades([y for _, y in every])

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - xs[0]) / (xs[1] - xs[0])
        up = (math.log10(y) - ys[0]) / (ys[1] - ys[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    lines = [_text(LEFT, 22, title, size=15)]
    for exponent in range(xs[0], xs[1] + 1):
        x, _ = place(10.0**exponent, 10.0 ** ys[0])
        lines += [_line([(x, TOP), (x, HEIGHT - BOTTOM)], "#ccc", 1), _text(x, HEIGHT - 18, f"{10.0**exponent:,.10g}")]
    for exponent in range(ys[0], ys[1] + 1):
        _, y = place(10.0 ** xs[0], 10.0**exponent)
        lines += [_line([(LEFT, y), (WIDTH - RIGHT, y)], "#ccc", 1), _text(12, y + 4, f"{10.0**exponent:,.10g}")]
    heights: list[float] = []
    for (name, points), colour in zip(series.items(), COLOURS, strict=False):
        placed = [place(*point) for point in points]
        lines.append(_line(placed, colour, 2))
        # Names of lines that end close to each other stand below each other.
        heights.append(max([placed[-1][1] + 4, *(height + 15 for height in heights[-1:])]))
        lines.append(_text(placed[-1][0] + 8, heights[-1], name, colour))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', *lines, "</svg>", ""])


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _line(points: Points, colour: str, width: int) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, colour: str = "#333", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}">{escape(text)}</text>'
