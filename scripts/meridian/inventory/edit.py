"""Edits of live/inventory.yaml as text: outside of the edit every byte stays, comments and order included."""

import json
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from meridian.errors import UserError
from meridian.inventory import document, spans
from meridian.inventory.problems import KeyPath, dotted


def add_region(text: str, environment: str, region: str) -> str:
    """Return the inventory with one region more, the last of its environment; a tombstone of it goes.

    Raises UserError if the text cannot be edited with certainty. The caller has checked that it makes sense.
    """
    draft = Draft(text)
    draft.insert(("environments", environment, "regions"), region, {})
    draft.bury(environment, region, None)
    return draft.done()


def retire_region(text: str, environment: str, region: str) -> str:
    """Return the inventory with `retiring: true` at a region. Raises UserError like `add_region`."""
    draft = Draft(text)
    draft.insert(("environments", environment, "regions", region), "retiring", True)
    return draft.done()


def remove_region(text: str, environment: str, region: str, date: str) -> str:
    """Return the inventory without a region, its tombstone (`retired`) with the date. Raises like `add_region`."""
    draft = Draft(text)
    draft.delete(("environments", environment, "regions", region))
    draft.bury(environment, region, date)
    return draft.done()


def add_environment(text: str, name: str, like: str, account: str, primary: str, regions: Sequence[str]) -> str:
    """Return the inventory with a copy of an environment behind it, in another account and the regions given.

    Raises UserError like `add_region`.
    """
    draft = Draft(text)
    draft.copy(like, name)
    path: KeyPath = ("environments", name)
    draft.replace((*path, "account_id"), account)
    draft.replace((*path, "primary_region"), primary)
    present = list(draft.at((*path, "regions")))
    for region in regions:
        if region not in present:
            draft.insert((*path, "regions"), region, {})
        elif "retiring" in draft.at((*path, "regions", region)):
            draft.delete((*path, "regions", region, "retiring"))
    for region in present:
        if region not in regions:
            draft.delete((*path, "regions", region))
    if "retired" in draft.at(path):
        draft.delete((*path, "retired"))
    return draft.done()


def own(text: str, project: str, repository: str, accounts: dict[str, str]) -> str:
    """Return the inventory with another project, repository and other accounts. Raises like `add_region`."""
    draft = Draft(text)
    draft.replace(("project",), project)
    draft.replace(("repository",), repository)
    for environment, account in accounts.items():
        draft.replace(("environments", environment, "account_id"), account)
    return draft.done()


class Draft:
    """An inventory under edit: its text, and the value that the text must have in the end."""

    def __init__(self, text: str) -> None:
        source = document.parse(text, spans.NAME)
        source.problems.require_none()
        self.text = text
        self.value = deepcopy(source.value)

    def at(self, path: KeyPath) -> Any:
        """Return the value at a key path, to be changed by this class only."""
        found: Any = self.value
        for key in path:
            found = found[key]
        return found

    def insert(self, path: KeyPath, key: str, value: Any, after: str | None = None) -> None:
        """Add an entry to the map at a path, last or after a key."""
        owner = self.at(path)
        body = f"{spans.flow(key)}: {spans.flow(value)}"
        self.text = spans.inserted(self.text, spans.node(self.text, path), body, after)
        _put(owner, key, value, after)

    def delete(self, path: KeyPath) -> None:
        """Take an entry away; where it is the only one of its map, `{}` stays."""
        owner, key = self.at(path[:-1]), str(path[-1])
        found = spans.node(self.text, path[:-1])
        if len(owner) == 1:
            self.text = spans.replaced(self.text, found, "{}")
        else:
            self.text = spans.deleted(self.text, found, key)
        del owner[key]

    def replace(self, path: KeyPath, value: str) -> None:
        """Put a text in the place of another; the same text stays as it is written."""
        if self.at(path) != value:
            self.text = spans.replaced(self.text, spans.node(self.text, path), spans.flow(value))
            self.at(path[:-1])[path[-1]] = value

    def bury(self, environment: str, region: str, date: str | None) -> None:
        """Write the tombstone of a region, or take it away; an empty list of them goes too."""
        path: KeyPath = ("environments", environment)
        if date is None:
            tombs = self.at(path).get("retired", {})
            if region in tombs:
                self.delete((*path, "retired", region) if len(tombs) > 1 else (*path, "retired"))
        elif "retired" not in self.at(path):
            self.insert(path, "retired", {region: date}, after="regions")
        else:
            self.insert((*path, "retired"), region, date)

    def copy(self, like: str, name: str) -> None:
        """Copy an environment, as it is written, behind itself under another name."""
        owner = spans.node(self.text, ("environments",))
        key, value = spans.entry(owner, like)
        body = spans.flow(name) + self.text[key.end_mark.index : spans.end(self.text, value)]
        self.text = spans.inserted(self.text, owner, body, after=like, gap=True)
        _put(self.at(("environments",)), name, deepcopy(self.at(("environments", like))), like)

    def done(self) -> str:
        """Return the text if it says exactly what it must; else UserError."""
        try:
            found = document.parse(self.text, spans.NAME)
            found.problems.require_none()
        except UserError as error:
            raise spans.by_hand(error.message) from error
        if json.dumps(found.value) != json.dumps(self.value):
            raise spans.by_hand(f"{dotted(('environments',))} would not say what it must")
        return self.text


def _put(owner: dict[str, Any], key: str, value: Any, after: str | None) -> None:
    items = list(owner.items())
    place = len(items) if after is None else list(owner).index(after) + 1
    owner.clear()
    owner.update([*items[:place], (key, value), *items[place:]])
