"""What a broken run leaves: one look at an environment, for `recover` and `audit`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meridian.plans.saved import Plans
from meridian.plans.terragrunt import find_bootstrap_units, find_units
from meridian.recover.errored import Errored, find_errored
from meridian.recover.finders import FINDERS
from meridian.recover.listing import find_resources
from meridian.recover.locks import Lock, read_locks
from meridian.recover.resources import Resource, find_orphans
from meridian.state.contents import GoodVersion, StateObject, find_good_version, read_states
from meridian.targets import Target


@dataclass(frozen=True)
class Survey:
    """What was found in one environment."""

    bucket: str
    units: tuple[str, ...]
    """The units of the rendered tree."""
    bootstrap_units: tuple[str, ...]
    """The units that only `bootstrap` applies."""
    locks: tuple[Lock, ...]
    states: tuple[StateObject, ...]
    broken: tuple[tuple[StateObject, GoodVersion | None], ...]
    """States that Terraform cannot read, each with the newest version that it can."""
    errored: tuple[Errored, ...]
    """States that Terraform could not upload."""
    half_made: Mapping[str, Sequence[str]]
    """The addresses of tainted resources, by unit: their creation was interrupted, and an apply would replace them."""
    stale: tuple[str, ...]
    """Why the saved plans cannot be applied any more, one sentence each."""
    resources: tuple[Resource, ...]
    orphans: tuple[Resource, ...]

    @property
    def unowned(self) -> list[StateObject]:
        """States of no unit of the tree; a deleted one is gone on purpose."""
        known = {*self.units, *self.bootstrap_units}
        return [one for one in self.states if one.unit not in known and one.problem != "was deleted"]

    @property
    def missing(self) -> list[str]:
        """Units of the tree that have no state."""
        return sorted(set(self.units) - {one.unit for one in self.states})


def survey(target: Target, *, alone: bool) -> Survey:
    """Look at locks, states, plans and resources of an environment; changes nothing.

    `alone`: no other command of this checkout works on it, so that its plans are not just being made.
    Raises CouldNotTell if one of them cannot be read.
    """
    units = find_units(target)
    states = read_states(target)
    broken = [one for one in states if one.document is None and (one.unit in units or one.problem != "was deleted")]
    resources = find_resources(target)
    return Survey(
        bucket=target.environment.state_bucket,
        units=tuple(units),
        bootstrap_units=tuple(find_bootstrap_units(target)),
        locks=tuple(read_locks(target)),
        states=tuple(states),
        broken=tuple((one, find_good_version(target, one)) for one in broken),
        errored=tuple(find_errored(target)),
        half_made={one.unit: found for one in states if one.unit in units and (found := find_half_made(one))},
        # The plans of a run that goes on are not stale but unfinished.
        stale=tuple(find_stale(target, states)) if alone else (),
        resources=tuple(resources),
        orphans=tuple(find_orphans(resources, states)),
    )


def find_half_made(state: StateObject) -> list[str]:
    """Return the addresses of the tainted resources of a state that an import can take in again."""
    return [
        f"{one['type']}.{one['name']}{_index(instance.get('index_key'))}"
        for one in state.resources
        for instance in one["instances"]
        if instance.get("status") == "tainted" and one["type"] in FINDERS
    ]


def _index(key: str | int | None) -> str:
    return "" if key is None else f"[{json.dumps(key)}]"


def find_stale(target: Target, states: list[StateObject]) -> list[str]:
    """Return a sentence for each reason why the saved plans cannot be applied as they are."""
    plans = Plans(target)
    if not plans.folder.is_dir():
        return []
    if not plans.finished:
        return ["The plan did not finish: no saved plan can be applied."]
    stale = plans.find_stale(plans.names("tfplan.tfplan"), states)
    return [f"{unit}: the saved plan was made for another state." for unit in sorted(stale)]
