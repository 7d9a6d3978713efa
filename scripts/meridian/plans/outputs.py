"""The outputs of an environment's units, read through Terragrunt."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from meridian.console import say
from meridian.errors import CouldNotTell
from meridian.plans import terragrunt
from meridian.targets import Target


def read_outputs(target: Target) -> dict[str, dict[str, Any]]:
    """Return the outputs of every unit, e.g. {"us-east-1/identity": {"client_id": "..."}}.

    A unit that has no outputs, or whose outputs cannot be read, is left out and named on stderr, so that one
    region does not hide another. Raises CouldNotTell if no unit has outputs. Units of retiring regions may
    be destroyed already and are skipped.
    """
    retiring = {region.name for region in target.environment.regions if region.retiring}
    graph = terragrunt.read_graph(target)
    found: dict[str, dict[str, Any]] = {}
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        for units in sort_by_level(
            {unit: needs for unit, needs in graph.items() if unit.split("/", 1)[0] not in retiring}
        ):
            found |= zip(units, pool.map(lambda unit: _of(target, unit), units), strict=True)
    missing = [unit for unit, outputs in found.items() if not outputs]
    if len(missing) == len(found):
        name = target.environment.name
        raise CouldNotTell(
            f"{name}: no outputs in {', '.join(missing)}: never applied, or destroyed.",
            f"Apply it first: `meridian apply {name} --target {target.kind}`.",
        )
    if missing:
        say(f"   no outputs in {', '.join(missing)}")
    return {unit: outputs for unit, outputs in found.items() if outputs}


def sort_by_level(graph: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Yield the units of a graph in levels: each as early as possible, after all the units that it needs.

    Terragrunt rewrites a unit's backend.tf in each run and reads the folders of the units that it needs,
    so a unit and one that needs it must not be read at the same time.
    """
    left = dict(graph)
    while left:
        level = sorted(unit for unit, needs in left.items() if not left.keys() & set(needs)) or sorted(left)
        yield level
        left = {unit: needs for unit, needs in left.items() if unit not in level}


def _of(target: Target, unit: str) -> dict[str, Any]:
    try:
        return terragrunt.read_output(target, unit)
    except CouldNotTell as error:
        say(f"   {error.message}")
        return {}
