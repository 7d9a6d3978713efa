"""The address of each region on this machine: a name in two regions has to reach the one that was called."""

from functools import cache
from ipaddress import IPv4Address

from meridian.inventory.regions import partitions

FIRST = IPv4Address("127.0.1.1")


def address(region: str) -> str:
    """Return the loopback address at which the local AWS serves a region; raises ValueError for an unknown one.

    It depends on the name alone. Linux answers on all of 127.0.0.0/8.
    """
    return str(FIRST + sorted(partitions()).index(region))


@cache
def addresses() -> dict[str, str]:
    """Return the region at each address."""
    return {address(region): region for region in partitions()}
