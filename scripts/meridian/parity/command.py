"""`meridian parity`: the differences between environments and regions, and whether each one is declared."""

import sys
from dataclasses import asdict
from itertools import pairwise

from meridian import report
from meridian.change.versions import statuses
from meridian.errors import Exit
from meridian.inventory.load import load_inventory
from meridian.modules.library import Library
from meridian.options import HERE, JsonOption, RootOption
from meridian.parity import facts
from meridian.parity.facts import Difference
from meridian.parity.inputs import Inputs
from meridian.paths import INVENTORY
from meridian.render.command import require_current
from meridian.yamlfile import document


@report.with_report("parity")
def parity(root: RootOption = HERE, as_json: JsonOption = False) -> int:
    """Show what differs between environments and regions.

    Exits with 1 if the inventory does not declare a difference. Refuses a live/ that is not as generated.

    Example: meridian parity --json
    """
    library = Library(root)
    inventory = load_inventory(root / INVENTORY, library)
    require_current(root)
    source = document.read_file(root / INVENTORY, INVENTORY.as_posix())
    contracts = {one.name: library.contracts(one.versions) for one in inventory.environments}
    inputs = Inputs(inventory, contracts, source)
    running = statuses(root, inventory, library)
    found: list[Difference] = []
    for before, after in pairwise(inventory.environments):
        found += facts.compare_environments(before, after, source)
        found += facts.compare_modules(before, after, running, source)
        found += facts.compare_providers(root, before, after)
        found += inputs.compare_environments(before, after)
    for environment in inventory.environments:
        found += inputs.compare_regions(environment)
    intended, undeclared = ([one for one in found if one.intended is wish] for wish in (True, False))
    code = Exit.FINDINGS if undeclared else Exit.OK
    body = {"undeclared": [asdict(one) for one in undeclared], "intended": [asdict(one) for one in intended]}
    report.write_report(root, "parity", code, body, as_json=as_json)
    if not as_json:
        lines = [*(str(one) for one in (*intended, *undeclared)), ""]
        lines.append(f"{len(intended)} differences intended, {len(undeclared)} undeclared")
        sys.stdout.write("\n".join(lines) + "\n")
    return code
