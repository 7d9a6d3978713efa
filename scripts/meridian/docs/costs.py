"""The tables of docs/costs.md, computed from the prices and counts in docs/costs.yaml."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from meridian.errors import UserError
from meridian.yamlfile import document

FILE = "docs/costs.yaml"
PARTS = {"idle": "idle", "calls": "with one million calls", "more": ""}
"""The parts of an option, with the title of the sum after each; what is in `more` is not summed."""
TIMES = {"region": 2, "other": 1, "": 1}
"""How often a line counts in an environment of two regions, by its `each`."""


def read_costs(root: Path) -> dict[str, Any]:
    """Return the prices, and the lines of each option; UserError for a line with an unknown `price` or `each`."""
    costs = document.read_file(root / FILE, FILE).value
    for name, option in costs["options"].items():
        for line in (one for part in PARTS for one in option.get(part, ())):
            for key, known in (("price", costs["prices"]), ("each", TIMES)):
                if line.get(key, "") not in known:
                    raise UserError(
                        f"{FILE}: options.{name}: {line['what']}: there is no {key} '{line.get(key, '')}'.",
                        f"Write one of: {', '.join(one for one in known if one)}.",
                    )
    return costs


def cost_tables(root: Path) -> dict[str, str]:
    """Return the overview, and a table for each option."""
    costs = read_costs(root)
    tables, sums = {}, []
    for name, option in costs["options"].items():
        lines = {part: [_Line(one, costs["prices"]) for one in option.get(part, ())] for part in PARTS}
        tables[name] = _option_table(lines)
        idle = _add(one.usd() for one in lines["idle"])
        further = _add(one.usd(1) for one in lines["idle"] if one.each)
        sums.append((option["name"], idle, idle + _add(one.usd() for one in lines["calls"]), further))
    rows = [
        f"| USD a month, {costs['date']} | two regions, idle | with one million calls | each further region, idle |",
        "|---|---:|---:|---:|",
        *(f"| {name} | {' | '.join(f'{usd:.2f}' for usd in several)} |" for name, *several in sums),
        f"| **everything** | {' | '.join(f'**{_add(column):.2f}**' for column in list(zip(*sums, strict=True))[1:])} |",
    ]
    return {"overview": "\n".join(rows), **tables}


class _Line:
    def __init__(self, line: Mapping[str, Any], prices: Mapping[str, Mapping[str, Any]]) -> None:
        self.what, self.each = line["what"], line.get("each", "")
        self.count, self.price = Decimal(str(line["count"])), Decimal(str(prices[line["price"]]["usd"]))
        self.unit = prices[line["price"]].get("unit", "")

    def usd(self, times: int | None = None) -> Decimal:
        """Return what it costs in two regions or `times`, in whole cents, so that a table adds up."""
        return ((times or TIMES[self.each]) * self.count * self.price).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def __str__(self) -> str:
        count = f"{TIMES[self.each]} x {self.count}" if self.each == "region" else f"{self.count}"
        price = max(f"{self.price:.2f}", f"{self.price}", key=len)  # all digits, two at least
        return f"| {self.what} | {f'{count} {self.unit}'.strip()} | {price} | {self.usd():.2f} |"


def _option_table(lines: Mapping[str, list[_Line]]) -> str:
    rows, total = ["| | count | USD each | USD a month |", "|---|---:|---:|---:|"], Decimal(0)
    for part, title in PARTS.items():
        rows += [str(one) for one in lines[part]]
        total += _add(one.usd() for one in lines[part])
        if lines[part] and title:
            rows.append(f"| **two regions, {title}** | | | **{total:.2f}** |")
    return "\n".join(rows)


def _add(several: Iterable[Decimal]) -> Decimal:
    return sum(several, Decimal(0))
