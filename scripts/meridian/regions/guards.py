"""Why a region cannot be added or removed: one sentence each, before anything is written."""

from meridian.errors import UserError
from meridian.inventory import names
from meridian.inventory.model import Environment, Region
from meridian.inventory.problems import listed, nearest, shown
from meridian.inventory.regions import partitions


def require_addable(environment: Environment, region: str) -> None:
    """Raise UserError for a region that does not exist, is there already, or is in another partition."""
    if wrong := names.region(region):
        raise UserError(wrong, f"For instance: meridian add-region {environment.name} eu-central-1")
    for one in environment.regions:
        if one.name == region and one.retiring:
            raise UserError(
                f"{region} is retiring in {environment.name}.",
                f"To keep it, take `retiring: true` out of live/inventory.yaml and run `meridian generate`; "
                f"to finish, run `meridian remove-region {environment.name} {region}`, then add it anew.",
            )
        if one.name == region:
            raise UserError(
                f"{region} is already in {environment.name}.", f"It has {listed(environment.region_names)}."
            )
    if partitions()[region] != environment.partition:
        here = [name for name, partition in sorted(partitions().items()) if partition == environment.partition]
        raise UserError(
            f"{region} is in partition {partitions()[region]}, {environment.name} is in {environment.partition}: "
            "an account has one.",
            f"Regions of {environment.partition}: {listed(here)}.",
        )


def require_removable(environment: Environment, name: str) -> Region:
    """Return the region; UserError if the environment does not have it, or it is the primary one."""
    for region in environment.regions:
        if region.name != name:
            continue
        if name == environment.primary_region:
            raise UserError(
                f"{name} is the primary region of {environment.name}: the user pool and the state of every unit are "
                "in it, so it cannot be removed.",
                f"`meridian destroy {environment.name}` removes the whole environment.",
            )
        return region
    known = environment.region_names
    raise UserError(
        f"{shown(name)} is not a region of {environment.name}.{nearest(name, known)}", f"It has {listed(known)}."
    )
