"""Reads one environment of the inventory."""

from collections.abc import Mapping
from typing import Any

from meridian.errors import MeridianError
from meridian.inventory import names, retirement, settings, versions
from meridian.inventory.model import Environment, Region
from meridian.inventory.regions import partitions
from meridian.modules.contract import Contract
from meridian.modules.library import Library
from meridian.modules.sources import ENVIRONMENT_KEYS, REGION_KEYS
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, join_words, quote
from meridian.yamlfile.values import read_map, read_text

REQUIRED = ("account_id", "primary_region", "versions", "regions")


class EnvironmentReader:
    """Reads one environment and records its problems in the document.

    `failure` keeps the error of modules that could not be read.
    """

    def __init__(self, source: Document, library: Library, project: str, name: str) -> None:
        self.source = source
        self.library = library
        self.project = project
        self.name = name
        self.path: KeyPath = ("environments", name)
        self.entry: dict[str, Any] = {}
        self.defaults: Mapping[str, Any] = {}
        self.own: dict[str, Any] = {}
        self.primary = ""
        self.protected = False
        self.failure: MeridianError | None = None
        self._to_merge: list[tuple[KeyPath, Mapping[str, Any], settings.Consumers]] = []

    def read(self, value: Any, defaults: Mapping[str, Any]) -> Environment:
        """Return the environment; complete only if no problem was recorded."""
        self.defaults = defaults
        self.entry = read_map(self.source, self.path, value, "a map with the environment's account and regions")
        self.own = {key: item for key, item in self.entry.items() if key not in ENVIRONMENT_KEYS}
        self._name_and_keys(isinstance(value, dict))
        account = read_text(self.source, self.entry, (*self.path, "account_id"), names.check_account)
        protected = self.entry.get("protected", False)
        if not isinstance(protected, bool):
            self.source.wrong((*self.path, "protected"), f"{quote(protected)} must be true or false.")
        self.protected = protected is True
        listed_regions = read_map(
            self.source, (*self.path, "regions"), self.entry.get("regions"), "a map of regions, e.g. {us-east-1: {}}"
        )
        if isinstance(self.entry.get("regions"), dict) and not self.source.has_below((*self.path, "regions")):
            self.source.wrong((*self.path, "regions"), "must hold at least one region, e.g. {us-east-1: {}}.")
        self.primary = self._primary_region(list(listed_regions))
        regions = self._regions(listed_regions, self._contracts())
        retired = retirement.read_tombstones(self.source, self.path, self.entry.get("retired"), listed_regions)
        pins = self.entry.get("versions")
        return Environment(
            name=self.name,
            account_id=account,
            primary_region=self.primary,
            protected=self.protected,
            versions=pins if isinstance(pins, dict) else None,
            settings=self.own,
            regions=regions,
            partition=partitions().get(self.primary, "aws"),
            prefix=f"{self.project}-{self.name}",
            retired=retired,
            reason=self._checked_reason(self.path, self.entry["reason"], self.own, "environment")
            if "reason" in self.entry
            else None,
        )

    def _name_and_keys(self, is_map: bool) -> None:
        wrong = names.check_name(self.name) or (names.check_prefix(self.project, self.name) if self.project else None)
        if wrong:
            self.source.wrong(self.path, wrong)
        for key in REQUIRED:
            if is_map and not self.source.has((*self.path, key)):
                self.source.wrong(self.path, f"{key!r} is missing.")

    def _primary_region(self, known: list[str]) -> str:
        path = (*self.path, "primary_region")
        primary = self.entry.get("primary_region", "")
        if not isinstance(primary, str):
            self.source.wrong(path, f"{quote(primary)} is not an AWS region.")
        elif primary and names.check_region(primary):
            self.source.wrong(path, str(names.check_region(primary)))
        elif primary and known and primary not in known:
            self.source.wrong(path, f"{quote(primary)} is not among the regions: {join_words(known)}.")
        for name in known:
            inner = (*self.path, "regions")
            line = self.source.line((*inner, name))
            if wrong := names.check_region(name):
                self.source.problems.add(line, inner, wrong)
            elif partitions()[name] != partitions().get(str(primary), partitions()[name]):
                text = f"{name!r} is in partition {partitions()[name]}, the primary region is not: an account has one."
                self.source.problems.add(line, inner, text)
        return str(primary)

    def _contracts(self) -> Mapping[str, Contract] | None:
        if "versions" not in self.entry:
            return None
        try:
            return versions.pinned_contracts(
                self.source, self.library, (*self.path, "versions"), self.entry["versions"]
            )
        except MeridianError as error:
            self.failure = error
            return None

    def _regions(self, found: Mapping[str, Any], contracts: Mapping[str, Contract] | None) -> tuple[Region, ...]:
        everywhere = settings.find_consumers(
            one for one in (contracts or {}).values() if one.placement == "every_region"
        )
        in_primary = settings.find_consumers((contracts or {}).values())
        if contracts is not None:
            settings.check_settings(self.source, self.path, self.own, in_primary, ENVIRONMENT_KEYS, {})
        regions: list[Region] = []
        alike: set[bool] = set()
        for name, value in found.items():
            path = (*self.path, "regions", name)
            layer = dict(read_map(self.source, path, value, "a map, {} if it differs in nothing"))
            is_primary = name == self.primary
            retiring = retirement.pop_retiring(self.source, path, layer, is_primary)
            regions.append(Region(name, layer, self._reason(path, layer), retiring))
            known = in_primary if is_primary else everywhere
            if contracts is not None:
                settings.check_settings(self.source, path, layer, known, REGION_KEYS, in_primary)
            if layer or is_primary not in alike:
                self._to_merge.append((path, layer, known))
            if not layer:
                alike.add(is_primary)
        return tuple(regions)

    def check_merged(self) -> None:
        """Record what is missing after merging all layers; call it when no layer has a problem."""
        for path, layer, known in self._to_merge:
            above = {self.path: self.own, path: layer}
            settings.check_merged(self.source, self.path, self.defaults, self.protected, above, known)

    def _reason(self, path: KeyPath, layer: dict[str, Any]) -> str | None:
        """Remove the reason from a region's layer; a region needs one exactly if it differs."""
        if "reason" not in layer:
            if layer and not self.source.has((*path, "reason")):
                self.source.wrong(path, f"sets {join_words(layer)} differently; say why: 'reason' is missing.")
            return None
        reason = layer.pop("reason")
        return self._checked_reason(path, reason, layer, "region")

    def _checked_reason(self, path: KeyPath, reason: Any, layer: Mapping[str, Any], whose: str) -> str:
        wrong = names.check_reason(reason)
        if not wrong and not layer:
            wrong = f"gives a reason, but the {whose} sets nothing differently; remove it."
        if wrong:
            self.source.wrong((*path, "reason"), wrong)
        return str(reason)
