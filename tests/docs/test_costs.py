"""The costs: sums are computed, and an alarm, a key or a firewall of a module cannot be missing in them."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from meridian.docs.costs import FILE, PARTS, cost_tables, read_costs
from meridian.errors import UserError
from tests.modules import declared

COSTS = """\
date: May 2027
prices: {key: {usd: 1}, calls: {usd: 0.125, unit: million}}
options:
  first:
    name: "`first`"
    idle: [{what: keys, count: 3, price: key, each: region}, {what: one key, count: 1, price: key}]
    calls: [{what: calls, count: 1.5, price: calls}]
    more: [{what: a key more, count: 1, price: key}]
  second: {name: "`second`", calls: [{what: copies, count: 1, price: calls, each: other}]}
"""


def write_costs(root: Path, text: str) -> Path:
    """Write the prices and counts of a repository."""
    (root / "docs").mkdir()
    (root / FILE).write_text(text, encoding="utf-8")
    return root


def count_metrics(module: Path, name: str, alarm: dict[str, Any]) -> int:
    """Return how many metrics a resource's alarms have: those are billed."""
    if (module.name, name) == ("watch", "metric"):
        (run,) = [one for one in declared.runs(module) if one.name == "the_alarms_are_these"]
        return len(re.findall(r'"[a-z-]+"', run.body["assert"][0]["condition"]))
    return sum("metric" in one for one in alarm.get("metric_query", ())) or 1


def count_resources(module: Path) -> Counter[str]:
    """Return how many resources of each type a module declares; of alarms their metrics, and the rules of firewalls."""
    found: Counter[str] = Counter()
    for file in module.glob("*.tf"):
        for block in declared.read(file).get("resource", []):
            for kind, named in block.items():
                for name, body in named.items():
                    found[kind] += count_metrics(module, name, body) if kind == "aws_cloudwatch_metric_alarm" else 1
                    found["rule"] += len(body.get("rule", ())) if kind == "aws_wafv2_web_acl" else 0
    return found


def test_the_costs_count_what_the_modules_make() -> None:
    """Another alarm needs a line in docs/costs.yaml, or a larger count; so does all else that is billed while idle."""
    options = read_costs(declared.ROOT)["options"].values()
    lines = [line for option in options for part in PARTS for line in option.get(part, ()) if "of" in line]
    counted: Counter[str] = Counter()
    for line in lines:
        counted[line["of"]] += line["count"]
    kinds = {of.partition(".")[2] for of in counted}
    made = {
        f"{module.name}.{kind}": count
        for module in declared.MODULES
        for kind, count in count_resources(module).items()
        if count and kind in kinds
    }
    assert dict(counted) == made


def test_the_sums_are_of_two_regions(tmp_path: Path) -> None:
    """What is in `more` is in no sum, and whole cents are added, as a reader would."""
    tables = cost_tables(write_costs(tmp_path, COSTS))
    assert tables["first"].splitlines()[2:] == [
        "| keys | 2 x 3 | 1.00 | 6.00 |",
        "| one key | 1 | 1.00 | 1.00 |",
        "| **two regions, idle** | | | **7.00** |",
        "| calls | 1.5 million | 0.125 | 0.19 |",
        "| **two regions, with one million calls** | | | **7.19** |",
        "| a key more | 1 | 1.00 | 1.00 |",
    ]
    assert tables["overview"].splitlines() == [
        "| USD a month, May 2027 | two regions, idle | with one million calls | each further region, idle |",
        "|---|---:|---:|---:|",
        "| `first` | 7.00 | 7.19 | 3.00 |",
        "| `second` | 0.00 | 0.13 | 0.00 |",
        "| **everything** | **7.00** | **7.32** | **3.00** |",
    ]


@pytest.mark.parametrize(("old", "new"), [("count: 3, price: key", "count: 3, price: lock"), ("region", "continent")])
def test_a_line_without_a_price_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """A word that is not known is named with its line, and with those that are."""
    with pytest.raises(UserError, match=f"options.first: keys: there is no (price|each) '{new.split()[-1]}'"):
        cost_tables(write_costs(tmp_path, COSTS.replace(old, new)))
