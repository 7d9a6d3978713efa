"""Reads one environment of the inventory: its keys, names and regions, without regard to the modules."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

from meridian.engines import Engine
from meridian.inventory import names
from meridian.inventory.model import Canary, Environment, Recovery, Region
from meridian.inventory.placement import read_units
from meridian.inventory.regions import partitions
from meridian.modules.ledger import VERSION
from meridian.modules.sources import ENVIRONMENT_KEYS, REGION_KEYS
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

REQUIRED = ("account_id", "primary_region", "versions", "regions")
LONGEST_WATCH = 30
"""Minutes: a role of a pipeline ends after an hour."""
WORKING_TREE = "working-tree"
OIDC_PROVIDERS = ("new", "existing")
DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


def read_environment(
    source: Document, project: str, name: str, entry: dict[str, Any], *, engine: Engine, subject: str = ""
) -> Environment:
    """Return an environment; it is complete only if no problem was recorded in the document."""
    path: KeyPath = ("environments", name)
    wrong = names.check_name(name) or (names.check_prefix(project, name) if project else None)
    if wrong:
        source.wrong(path, wrong)
    for key in REQUIRED:
        if key not in entry:
            source.wrong(path, f"{key!r} is missing.")
    own = {key: item for key, item in entry.items() if key not in ENVIRONMENT_KEYS}
    protected = entry.get("protected", False)
    if not isinstance(protected, bool):
        source.wrong((*path, "protected"), f"{quote(protected)} must be true or false.")
    regions = source.read_map(
        (*path, "regions"), entry.get("regions"), "a map of at least one region, e.g. {us-east-1: {}}", filled=True
    )
    primary = source.read_text(entry, (*path, "primary_region"), names.check_region)
    account = source.read_text(entry, (*path, "account_id"), names.check_account)
    boundary = _read_optional(source, entry, (*path, "permissions_boundary"), names.check_boundary)
    if boundary and account and boundary.split(":")[4] not in {account, "aws"}:
        source.wrong((*path, "permissions_boundary"), f"{quote(boundary)} is not a policy of account {account}.")
    _check_regions(source, path, primary, regions)
    return Environment(
        name=name,
        account_id=account,
        primary_region=primary,
        protected=protected,
        versions=_read_versions(source, (*path, "versions"), entry.get("versions", WORKING_TREE)),
        settings=own,
        regions=_read_regions(source, path, regions, primary),
        partition=partitions().get(primary, "aws"),
        prefix=f"{project}-{name}",
        retired=_read_tombstones(source, (*path, "retired"), entry.get("retired"), regions),
        reason=_read_reason(source, path, entry, own or entry.get("units") or {}, "environment"),
        canary=_read_canary(source, path, entry, regions),
        recovery=_read_recovery(source, path, entry),
        engine=engine,
        oidc_provider=_read_access(source, (*path, "access"), entry),
        company_boundary=boundary,
        role_path=_read_optional(source, entry, (*path, "role_path"), names.check_role_path),
        subject=subject,
        units=read_units(source, (*path, "units"), entry.get("units")),
        state_copy=_read_state_copy(source, (*path, "state_copy"), entry, primary),
    )


def _read_access(source: Document, path: KeyPath, entry: Mapping[str, Any]) -> str | None:
    """Return whether pipelines get a new provider for GitHub's tokens or use an existing one; None without roles."""
    if "access" not in entry:
        return None
    access = source.read_map(path, entry["access"], "a map, {} for a new provider of GitHub's tokens")
    for key in access:
        if key != "oidc_provider":
            source.wrong((*path, key), f"there is no such key here.{did_you_mean(key, ['oidc_provider'])}")
    found = access.get("oidc_provider", OIDC_PROVIDERS[0])
    if found not in OIDC_PROVIDERS:
        source.wrong((*path, "oidc_provider"), f"{quote(found)} must be one of: {join_words(OIDC_PROVIDERS)}.")
    return str(found)


def _read_state_copy(source: Document, path: KeyPath, entry: Mapping[str, Any], primary: str) -> str | None:
    """Return the region of the copy of the states: not the primary one, and in its partition."""
    region = _read_optional(source, entry, path, names.check_region)
    if region and region == primary:
        source.wrong(path, "is the primary region, where the states are: choose another one.")
    elif region and primary and partitions().get(region) != partitions().get(primary):
        source.wrong(path, f"{quote(region)} is in another partition than {primary}: an account has one.")
    return region


def _read_optional(
    source: Document, entry: Mapping[str, Any], path: KeyPath, check: Callable[[Any], str | None]
) -> str | None:
    return source.read_text(entry, path, check) if path[-1] in entry else None


def _check_regions(source: Document, path: KeyPath, primary: str, regions: Iterable[str]) -> None:
    if primary and regions and primary not in regions:
        source.wrong((*path, "primary_region"), f"{quote(primary)} is not among the regions: {join_words(regions)}.")
    for name in regions:
        inner = (*path, "regions", name)
        if wrong := names.check_region(name):
            source.wrong(inner, wrong)
        elif primary and partitions()[name] != partitions()[primary]:
            source.wrong(inner, f"is in partition {partitions()[name]}, the primary region is not: an account has one.")


def _read_versions(source: Document, path: KeyPath, value: Any) -> Mapping[str, str] | None:
    """Return the versions of modules, or None for the working tree."""
    if value == WORKING_TREE:
        return None
    wanted = f"{WORKING_TREE} or a map of versions, e.g. {{data: 1.0.0}}"
    versions = source.read_map(path, value, wanted, filled=True)
    for module, version in versions.items():
        if not isinstance(version, str) or not VERSION.fullmatch(version):
            source.wrong((*path, module), f"{quote(version)} is not a version, e.g. 1.0.0.")
    return versions


def _read_regions(source: Document, path: KeyPath, regions: Mapping[str, Any], primary: str) -> tuple[Region, ...]:
    found = tuple(_read_region(source, path, name, value) for name, value in regions.items())
    lasting = [one.name for one in found if not one.retiring]
    if lasting and primary in regions and primary not in lasting:
        source.wrong(
            (*path, "regions", primary, "retiring"),
            "the primary region holds the user pool: it can only go with every other region.",
        )
    return found


def _read_region(source: Document, path: KeyPath, name: str, value: Any) -> Region:
    path = (*path, "regions", name)
    entry = source.read_map(path, value, "a map, {} if it differs in nothing")
    layer = {key: item for key, item in entry.items() if key not in REGION_KEYS}
    if entry.get("retiring", True) is not True:
        source.wrong(
            (*path, "retiring"), f"{quote(entry['retiring'])} must be true; leave it out where a region stays."
        )
    units = read_units(source, (*path, "units"), entry.get("units"))
    reason = _read_reason(source, path, entry, layer or units, "region")
    return Region(name, layer, reason, "retiring" in entry, units)


def _read_reason(
    source: Document, path: KeyPath, entry: Mapping[str, Any], layer: Mapping[str, Any], whose: str
) -> str | None:
    if "reason" not in entry:
        return None
    reason = source.read_text(entry, (*path, "reason"), names.check_reason)
    if reason and not layer:
        source.wrong((*path, "reason"), f"gives a reason, but the {whose} sets nothing differently; remove it.")
    return reason


def _read_canary(
    source: Document, path: KeyPath, entry: Mapping[str, Any], regions: Mapping[str, Any]
) -> Canary | None:
    if "canary" not in entry:
        return None
    path, value = (*path, "canary"), entry["canary"]
    if not isinstance(value, dict):
        source.wrong(path, f"{quote(value)} must be a map, e.g. {{region: us-east-1, minutes: 10}}.")
        return None
    for key in value.keys() - {"region", "minutes"}:
        source.wrong((*path, key), "there is no such key here. Known: region, minutes.")
    region, minutes = str(value.get("region")), value.get("minutes", 0)
    if region not in regions:
        source.wrong((*path, "region"), f"{quote(region)} is not among the regions: {join_words(regions)}.")
    elif isinstance(regions[region], dict) and "retiring" in regions[region]:
        source.wrong((*path, "region"), "is retiring; choose a region that stays.")
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= LONGEST_WATCH:
        source.wrong((*path, "minutes"), f"{quote(minutes)} must be a whole number from 0 to {LONGEST_WATCH}.")
    return Canary(region, minutes)


def _read_recovery(source: Document, path: KeyPath, entry: Mapping[str, Any]) -> Recovery:
    path = (*path, "recovery")
    found = source.read_map(path, entry.get("recovery"), "a map, e.g. {time_seconds: 180, lost_calls: 500}")
    targets = {key.name: found.get(key.name) for key in fields(Recovery)}
    for key in found.keys() - targets.keys():
        source.wrong((*path, key), f"there is no such key here. Known: {join_words(targets)}.")
    for name, value in targets.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            source.wrong((*path, name), f"{quote(value)} must be a whole number, 0 or more.")
    return Recovery(**targets)


def _read_tombstones(source: Document, path: KeyPath, value: Any, regions: Iterable[str]) -> dict[str, str]:
    """Return the removed regions with their dates."""
    tombs = source.read_map(path, value, 'a map of removed regions to dates, e.g. {eu-west-1: "2026-01-31"}')
    for region, date in tombs.items():
        inner = (*path, region)
        if wrong := names.check_region(region):
            source.wrong(inner, wrong)
        elif region in regions:
            source.wrong(inner, "is among the regions; remove its tombstone.")
        if not isinstance(date, str) or not DATE.fullmatch(date):
            source.wrong(inner, f'{quote(date)} is not a date in quotes, e.g. "2026-01-31".')
    return tombs
