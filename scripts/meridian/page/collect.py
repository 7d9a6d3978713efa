"""Collects the facts of an environment: from the inventory, the files of the checkout, and the regions."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from meridian import git
from meridian.change.versions import Status, releases_of, statuses
from meridian.errors import CouldNotTell
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Environment, Inventory, Region
from meridian.modules.contract import Contract
from meridian.modules.library import Library
from meridian.modules.resources import declared_resources
from meridian.page import kept, live
from meridian.page.facts import Fact, Facts, Place, Unit, Versions
from meridian.page.world import find_place
from meridian.paths import INVENTORY
from meridian.targets import Target
from meridian.verify.deployment import COMPUTE, ROUTING

ALARMS = {"aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"}
NOT_ASKED = Fact("note", "Not asked: --offline.")


def collect_facts(root: Path, name: str, kind: str, target: Target | CouldNotTell | None, now: datetime) -> Facts:
    """Return the facts of an environment; without a target no region is asked, with an error none could be.

    Raises UserError for a wrong inventory, module, ledger or waivers file.
    """
    library = Library(root)
    inventory = load_inventory(root / INVENTORY, library)
    environment = inventory.environment(name)
    contracts = library.contracts(environment.versions)
    versions, running = _versions(root, inventory, library)
    health, alarms = _ask(root, environment, contracts, target)
    regions = tuple(
        Place(
            number=number,
            region=region.name,
            place=find_place(region.name),
            primary=region.name == environment.primary_region,
            retiring=region.retiring,
            units=tuple(_units(environment, region.name, contracts, running)),
            health=health[region.name],
            alarms=alarms[region.name],
            verified=kept.read_verified(root, name, kind, region.name),
        )
        for number, region in enumerate(environment.regions, 1)
    )
    return Facts(
        project=inventory.project,
        environment=name,
        account_id=environment.account_id,
        target=kind,
        protected=environment.protected,
        written=kept.format_time(now),
        commit=git.run_git(root, "describe", "--always", "--dirty").decode().strip(),
        regions=regions,
        versions=versions,
        plan=kept.read_plan(root, name, kind),
        scan=kept.read_scan(root, name),
        waivers=kept.read_waivers(root, name, now.date()),
        drill=kept.read_drill(root, environment, kind),
    )


def _versions(root: Path, inventory: Inventory, library: Library) -> tuple[Versions, Mapping[tuple[str, str], Status]]:
    try:
        found = statuses(root, inventory, library)
    except CouldNotTell as error:
        return Versions(Fact("unknown", error.message)), {}
    running = {(one.environment, one.module): one for one in found}
    environments = tuple(one.name for one in inventory.environments)
    modules = sorted({one.module for one in found})
    latest = [(module, rows[-1].version if (rows := releases_of(library, module)) else "none") for module in modules]
    cells = tuple(
        tuple(str(running[name, module]) if (name, module) in running else "" for module in modules)
        for name in environments
    )
    apart = sorted({one.module for one in found if one.against_previous in {"behind", "ahead"}})
    sentence = f"Not the same in all environments: {', '.join(apart)}." if apart else "The same in all environments."
    return Versions(Fact("note", sentence), environments, tuple(latest), cells), running


def _units(
    environment: Environment, region: str, contracts: Mapping[str, Contract], running: Mapping[tuple[str, str], Status]
) -> list[Unit]:
    placed = (module for module, contract in contracts.items() if environment.places(contract, region))
    found = {module: running.get((environment.name, module)) for module in placed}
    return [Unit(module, str(status) if status else "version unknown") for module, status in found.items()]


def _ask(
    root: Path, environment: Environment, contracts: Mapping[str, Contract], target: Target | CouldNotTell | None
) -> tuple[dict[str, Fact], dict[str, Fact]]:
    """Return the health and the alarms of every region, those that are not asked with the reason."""
    serving = [one for one in contracts.values() if one.module == COMPUTE]
    # The alarm of `routing` is a lever: that it is off says nothing of a region.
    watching = [one for one in contracts.values() if one.module != ROUTING]
    alarming = [one for one in watching if any(each.type in ALARMS for each in declared_resources(root, one))]
    found = []
    for modules, ask, without in (
        (serving, live.ask_health, "It has no API."),
        (alarming, live.ask_alarms, "No unit here makes an alarm."),
    ):
        silent = {one.name: _silent(environment, one, modules, without) for one in environment.regions}
        asked = [name for name, fact in silent.items() if fact is None]
        if isinstance(target, Target):
            answers = ask(target, asked)
        else:
            why = NOT_ASKED if target is None else Fact("unknown", f"Not reached: {target.message}")
            answers = dict.fromkeys(asked, why)
        found.append({name: fact or answers[name] for name, fact in silent.items()})
    return found[0], found[1]


def _silent(environment: Environment, region: Region, modules: list[Contract], without: str) -> Fact | None:
    """Return why a region is not asked, None if it is."""
    if region.retiring:
        return Fact("note", "Not asked: the region is being removed.")
    return None if any(environment.places(one, region.name) for one in modules) else Fact("note", without)
