"""What the units of an environment give out, read through Terragrunt."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from meridian.errors import CouldNotTell
from meridian.run import terragrunt
from meridian.targets import Target


def read(target: Target) -> dict[str, dict[str, Any]]:
    """Return the outputs of every unit, e.g. {"us-east-1/identity": {"client_id": "..."}}.

    Raises CouldNotTell if a unit has none: it was never applied. Units of retiring regions may be
    destroyed already; they are left out.
    """
    retiring = {region.name for region in target.environment.regions if region.retiring}
    units = sorted(unit for unit in terragrunt.graph(target) if unit.split("/", 1)[0] not in retiring)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        values = list(pool.map(lambda unit: terragrunt.output(target, unit), units))
    found = dict(zip(units, values, strict=True))
    missing = [unit for unit, outputs in found.items() if not outputs]
    if missing:
        name = target.environment.name
        raise CouldNotTell(
            f"{name}: no outputs in {', '.join(missing)}: never applied, or destroyed.",
            f"Apply it first: `meridian apply {name} --target {target.kind}`.",
        )
    return found
