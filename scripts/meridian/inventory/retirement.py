"""Retiring regions, which still exist, and the tombstones of removed ones."""

import re
from collections.abc import Iterable
from typing import Any

from meridian.inventory import names
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, quote
from meridian.yamlfile.values import read_map

DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


def pop_retiring(source: Document, path: KeyPath, layer: dict[str, Any], is_primary: bool) -> bool:
    """Remove `retiring` from a region's layer and return whether it was there; records problems."""
    if "retiring" not in layer:
        return False
    mark = layer.pop("retiring")
    if mark is not True:
        source.wrong((*path, "retiring"), f"{quote(mark)} must be true; leave it out where a region stays.")
    elif is_primary:
        source.wrong((*path, "retiring"), "the primary region cannot be removed: it holds the user pool.")
    return True


def read_tombstones(source: Document, path: KeyPath, value: Any, regions: Iterable[str]) -> dict[str, str]:
    """Return the `retired` of an environment (at `path`): removed regions with dates; records problems."""
    path = (*path, "retired")
    tombs = read_map(source, path, value, 'a map of removed regions to dates, e.g. {eu-west-1: "2026-01-31"}')
    for region, date in tombs.items():
        inner = (*path, region)
        if wrong := names.check_region(region):
            source.wrong(inner, wrong)
        elif region in regions:
            source.wrong(inner, "is among the regions; remove its tombstone.")
        if not isinstance(date, str) or not DATE.fullmatch(date):
            source.wrong(inner, f'{quote(date)} is not a date in quotes, e.g. "2026-01-31".')
    return tombs
