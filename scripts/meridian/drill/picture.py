"""The calls of a drill as a picture: one column for each second, a colour for who answers, red for no answer."""

from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

from meridian.drill.calls import Call, count_by_second

LOST = "#c0392b"
COLORS = ("#1b6ca8", "#e39b2d", "#3c8d5a", "#7d5ba6", "#4a4a4a")
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 900, 320, 48, 64, 44


def draw(
    title: str,
    calls: Iterable[Call],
    names: Sequence[str],
    moments: Mapping[str, float],
    lags: Sequence[tuple[float, float]] = (),
) -> str:
    """Return an SVG of the calls per second by who answered; `moments` are lines with a name, in seconds.

    `lags` are dots: when an item was stored, and after how many seconds all regions had it. The longest is at the top.
    """
    seconds = count_by_second(calls)
    first, last = min(seconds, default=0), max((*seconds, *(int(at) for at in moments.values()), 1)) + 1
    highest = max((sum(counts.values()) for counts in seconds.values()), default=1)
    wide, high = (WIDTH - LEFT - 12) / (last - first), (HEIGHT - TOP - BOTTOM) / highest
    colors = {name: COLORS[number % len(COLORS)] for number, name in enumerate(names)} | {"": LOST}
    floor = HEIGHT - BOTTOM
    longest = max((lag for _, lag in lags), default=0.0)
    legend = [*_legend(colors, f"dots: replication, at most {longest:.2f} s" if lags else "")]
    lines = [_text(LEFT, 20, title, "title"), *legend, _text(8, TOP + 4, str(highest)), _text(8, floor, "0")]
    for second, counts in sorted(seconds.items()):
        base = float(floor)
        for name in colors:
            tall = counts.get(name, 0) * high
            base -= tall
            if tall:
                place = (
                    f'x="{LEFT + (second - first) * wide:.1f}" y="{base:.1f}" width="{wide:.2f}" height="{tall:.1f}"'
                )
                lines.append(f'<rect {place} fill="{colors[name]}"/>')
    for began, lag in lags:
        x, y = LEFT + (began - first) * wide, floor - (floor - TOP) * lag / (longest or 1)
        lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="#222"/>')
    for number, (name, at) in enumerate(moments.items()):
        x = LEFT + (at - first) * wide
        lines.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{floor + 4}" stroke="#222" stroke-dasharray="3"/>'
        )
        lines.append(_text(x + 3, floor + 14 + 13 * (number % 2), f"{name}, {at:.0f} s"))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    style = "<style>text { font: 12px sans-serif; fill: #222; } .title { font-size: 15px; font-weight: bold; }</style>"
    background = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", style, background, *lines, "</svg>", ""])


def _legend(colors: Mapping[str, str], dots: str) -> Iterable[str]:
    x = LEFT
    for name, color in colors.items():
        label = name or "no answer"
        yield f'<rect x="{x}" y="34" width="12" height="12" fill="{color}"/>'
        yield _text(x + 17, 44, label)
        x += 34 + 7 * len(label)
    yield _text(x, 44, f"calls per second; {dots}" if dots else "calls per second")


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{escape(text)}</text>'
