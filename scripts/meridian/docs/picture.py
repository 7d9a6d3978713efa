"""The picture of docs/architecture.md: the units of the first environment, their resources and what they pass on."""

from collections.abc import Iterator
from pathlib import Path

from meridian.inventory.load import load_inventory
from meridian.inventory.placement import deployed_needs
from meridian.modules.contract import Contract
from meridian.modules.library import Library
from meridian.modules.resources import declared_resources
from meridian.modules.sources import FromOutput, leaves
from meridian.paths import INVENTORY


def picture(root: Path) -> str:
    """Return a Mermaid flowchart of the first environment in the inventory of a repository.

    Raises UserError for a wrong inventory or module.
    """
    library = Library(root)
    environment = load_inventory(root / INVENTORY, library).environments[0]
    contracts = library.contracts(environment.versions)
    lines = ["```mermaid", "flowchart LR"]
    arrows = []
    for region in environment.region_names:
        lines.append(f'  subgraph {_id(region)}["{region}"]')
        for module, contract in contracts.items():
            if not environment.places(contract, region):
                continue
            lines.append(f'    {_id(region, module)}["<b>{module}</b><br>{_resources(root, contract)}"]')
            needs = deployed_needs(environment, region, contract, contracts)
            for need, outputs in _outputs(contract).items():
                if need not in needs:
                    continue
                where = region if contract.needs[need] == "same_region" else environment.primary_region
                arrows.append(f'  {_id(where, need)} -- "{", ".join(outputs)}" --> {_id(region, module)}')
        lines.append("  end")
    return "\n".join([*lines, *arrows, "```"])


def _id(*parts: str) -> str:
    return "_".join(parts).replace("-", "_")


def _resources(root: Path, contract: Contract) -> str:
    """Return the resource types of a module, a line for each service: `lambda: alias, function`."""
    services: dict[str, list[str]] = {}
    for kind in sorted({one.type for one in declared_resources(root, contract)}):
        service, _, name = kind.removeprefix("aws_").partition("_")
        services.setdefault(service, []).append(name.replace("_", " "))
    return "<br>".join(f"{service}: {', '.join(names)}" for service, names in services.items())


def _outputs(contract: Contract) -> dict[str, list[str]]:
    """Return the outputs that a module reads, by the module that has them."""
    found: dict[str, list[str]] = {}
    for leaf in _read_outputs(contract):
        found.setdefault(leaf.module, []).append(leaf.output)
    return {module: sorted(set(outputs)) for module, outputs in found.items()}


def _read_outputs(contract: Contract) -> Iterator[FromOutput]:
    for source in contract.inputs.values():
        yield from (leaf for leaf in leaves(source) if isinstance(leaf, FromOutput))
