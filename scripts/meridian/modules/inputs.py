"""The sources of a unit.yaml's `inputs`, each checked against the type of its variable."""

import re
from collections.abc import Mapping
from typing import Any

from meridian.modules import conform
from meridian.modules.declarations import Variable
from meridian.modules.sources import (
    ENVIRONMENT_FIELDS,
    ENVIRONMENT_KEYS,
    INVENTORY_FIELDS,
    REGION_KEYS,
    Choice,
    FromEnvironment,
    FromInventory,
    FromOutput,
    Nested,
    Setting,
    Several,
    Source,
)
from meridian.modules.types import ANY, Collection, Object, Primitive, Type
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

_KINDS = frozenset({"environment", "inventory", "output", "setting", "protected"})
_COMPANIONS = {"setting": {"protected"}, "protected": {"otherwise"}}
_SETTING = re.compile(r"[a-z][a-z0-9_]*")
_OUTPUT = re.compile(r"([a-z][a-z0-9-]*)\.([A-Za-z_][A-Za-z0-9_-]*)")


class InputReader:
    """Reads the sources under `inputs` of one unit.yaml; records problems in its document."""

    def __init__(self, source: Document, needs: Mapping[str, str]) -> None:
        self.source = source
        self.needs = needs

    def all(self, variables: Mapping[str, Variable]) -> dict[str, Source]:
        """Return the source of every variable that has one."""
        entries = self.source.value.get("inputs", {})
        if not isinstance(entries, dict):
            self.source.wrong(("inputs",), "must be a map of variables to their sources.")
            return {}
        inputs: dict[str, Source] = {}
        for name, entry in entries.items():
            path = ("inputs", name)
            if name not in variables:
                self.source.wrong(path, f"the module has no variable of that name.{did_you_mean(name, variables)}")
                continue
            found = self.one(entry, variables[name].type, path, required=variables[name].required)
            if found is not None:
                inputs[name] = found
        for name, variable in variables.items():
            if name not in entries and variable.required:
                self.source.wrong(("inputs",), f"variable {name!r} has no default, and no source.")
        return inputs

    def one(self, entry: Any, kind: Type, path: KeyPath, *, required: bool) -> Source | None:
        """Return the source in an entry for a value of the type `kind`, or None after recording a problem."""
        if isinstance(entry, list):
            return self._several(entry, kind, path)
        if not isinstance(entry, dict):
            self.source.wrong(
                path, f"{quote(entry)} is not a source, e.g. {{setting: logs}} or {{environment: prefix}}."
            )
            return None
        named = [key for key in entry if key in _KINDS]
        if not named:
            return self._nested(entry, kind, path)
        word = "setting" if "setting" in named else named[0]
        if set(entry) - {word} - _COMPANIONS.get(word, set()):
            self.source.wrong(path, f"a source has exactly one of the keys {join_words(sorted(_KINDS))}.")
            return None
        return self._leaf(word, entry, kind, path, required)

    def _leaf(self, word: str, entry: dict[str, Any], kind: Type, path: KeyPath, required: bool) -> Source | None:
        value = entry[word]
        if word == "setting":
            return self._setting(entry, kind, path, required)
        if word == "protected":
            return self._choice(entry, kind, path)
        if word == "output":
            return self._output(value, kind, path)
        fields = ENVIRONMENT_FIELDS if word == "environment" else INVENTORY_FIELDS
        if value not in fields:
            self.source.wrong((*path, word), f"{quote(value)} is not known. Use one of: {join_words(fields)}.")
        elif kind not in (ANY, Primitive("string")):
            self.source.wrong(path, f"is a string; the variable wants {kind}.")
        else:
            return FromEnvironment(value) if word == "environment" else FromInventory(value)
        return None

    def _setting(self, entry: dict[str, Any], kind: Type, path: KeyPath, required: bool) -> Source | None:
        name = entry["setting"]
        if not isinstance(name, str) or not _SETTING.fullmatch(name):
            self.source.wrong((*path, "setting"), f"{quote(name)} is not a key, e.g. retention_days.")
            return None
        if name in ENVIRONMENT_KEYS or name in REGION_KEYS:
            self.source.wrong((*path, "setting"), f"{name!r} has another meaning in the inventory; use another key.")
            return None
        if "protected" in entry:
            self._fits(entry["protected"], kind, (*path, "protected"), whole=False)
        return Setting(name, entry.get("protected"), kind, required)

    def _choice(self, entry: dict[str, Any], kind: Type, path: KeyPath) -> Source | None:
        if "otherwise" not in entry:
            self.source.wrong(path, "'otherwise' is missing: the value where an environment is not protected.")
            return None
        for key in ("protected", "otherwise"):
            self._fits(entry[key], kind, (*path, key), whole=True)
        return Choice(entry["protected"], entry["otherwise"])

    def _output(self, value: Any, kind: Type, path: KeyPath) -> Source | None:
        match = _OUTPUT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self.source.wrong((*path, "output"), f"{quote(value)} is not <module>.<output>, e.g. data.table_name.")
            return None
        module, output = match.groups()
        if module not in self.needs:
            self.source.wrong(
                (*path, "output"), f"{module!r} is not among the needs.{did_you_mean(module, self.needs)}"
            )
        return FromOutput(module, output, kind, self.source.line(path))

    def _nested(self, entry: dict[str, Any], kind: Type, path: KeyPath) -> Source | None:
        items: dict[str, Source | None] = {}
        if isinstance(kind, Object):
            for key, value in entry.items():
                if attribute := kind.attributes.get(key):
                    required = not attribute.optional
                    items[key] = self.one(value, attribute.type, (*path, key), required=required)
                else:
                    self.source.wrong((*path, key), f"there is no such attribute.{did_you_mean(key, kind.attributes)}")
            for key, one in kind.attributes.items():
                if not one.optional and key not in entry:
                    self.source.wrong(path, f"attribute {key!r} has no source.")
        elif kind == ANY or (isinstance(kind, Collection) and kind.kind == "map"):
            inner = kind.element if isinstance(kind, Collection) else ANY
            items = {key: self.one(value, inner, (*path, key), required=True) for key, value in entry.items()}
        else:
            self.source.wrong(path, f"is a map of sources; the variable wants {kind}.")
        return Nested({key: one for key, one in items.items() if one is not None})

    def _several(self, entry: list[Any], kind: Type, path: KeyPath) -> Source | None:
        if kind != ANY and not (isinstance(kind, Collection) and kind.kind != "map"):
            self.source.wrong(path, f"is a list of sources; the variable wants {kind}.")
            return None
        inner = kind.element if isinstance(kind, Collection) else ANY
        items = [self.one(value, inner, (*path, index), required=True) for index, value in enumerate(entry)]
        return Several(tuple(one for one in items if one is not None))

    def _fits(self, value: Any, kind: Type, path: KeyPath, *, whole: bool) -> None:
        for mismatch in conform.find_mismatches(value, kind, whole=whole):
            self.source.wrong((*path, *mismatch.path), mismatch.text)
