"""The sources of a unit.yaml's `inputs`, each checked against the type of its variable."""

import re
from collections.abc import Mapping, Set
from typing import Any

from meridian.modules.conform import find_mismatches
from meridian.modules.declarations import Variable
from meridian.modules.ledger import MODULE
from meridian.modules.rights import EXAMPLE
from meridian.modules.sources import (
    DECLARED_LISTS,
    ENVIRONMENT_FIELDS,
    ENVIRONMENT_KEYS,
    ENVIRONMENT_LISTS,
    INVENTORY_FIELDS,
    REGION_KEYS,
    Choice,
    Deployed,
    FromEnvironment,
    FromInventory,
    FromOutput,
    Nested,
    Setting,
    Several,
    Source,
)
from meridian.modules.types import ANY, Attribute, Collection, Object, Primitive, Type
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

_KINDS = frozenset({"deployed", "environment", "inventory", "output", "setting", "protected"})
SETTING = re.compile(r"[a-z][a-z0-9_]*")
OUTPUT = re.compile(r"([a-z][a-z0-9-]*)\.([A-Za-z_][A-Za-z0-9_-]*)")


class InputReader:
    """Reads the sources under `inputs` of one unit.yaml; records problems in its document."""

    def __init__(self, source: Document, needs: Mapping[str, str], optional: Set[str] = frozenset()) -> None:
        self.source = source
        self.needs = needs
        self.optional = optional

    def all(self, variables: Mapping[str, Variable]) -> dict[str, Source]:
        """Return the source of every variable that has one."""
        entries = self.source.value.get("inputs", {})
        if not isinstance(entries, dict):
            self.source.wrong(("inputs",), "must be a map of variables to their sources.")
            return {}
        inputs: dict[str, Source] = {}
        for name, entry in entries.items():
            if variable := variables.get(name):
                inputs[name] = found = self.one(entry, variable.type, ("inputs", name), required=variable.required)
                if not variable.nullable and isinstance(found, FromOutput) and found.module in self.optional:
                    text = f"is null where {found.module} is absent; remove `nullable = false` from the variable."
                    self.source.wrong(("inputs", name), text)
            else:
                text = f"the module has no variable of that name.{did_you_mean(name, variables)}"
                self.source.wrong(("inputs", name), text)
        for name, variable in variables.items():
            if name not in entries and variable.required:
                self.source.wrong(("inputs",), f"variable {name!r} has no default, and no source.")
        return inputs

    def one(self, entry: Any, kind: Type, path: KeyPath, *, required: bool) -> Source:
        """Return the source in an entry for a value of the type `kind`; an empty one after recording a problem."""
        match entry:
            case {"setting": name, **rest} if rest.keys() <= {"protected"}:
                return self._setting(name, rest, kind, path, required)
            case {"protected": _, **rest} if rest.keys() <= {"otherwise"}:
                return self._choice(entry, kind, path)
            case {"output": output, **rest} if not rest:
                return self._output(output, kind, path)
            case {"environment": field, **rest} if not rest:
                fields = (*ENVIRONMENT_FIELDS, *ENVIRONMENT_LISTS, *DECLARED_LISTS)
                self._check_field("environment", field, fields, kind, path)
                return FromEnvironment(field)
            case {"inventory": field, **rest} if not rest:
                self._check_field("inventory", field, INVENTORY_FIELDS, kind, path)
                return FromInventory(field)
            case {"deployed": module, **rest} if not rest:
                return self._deployed(module, kind, path)
            case dict() if entry.keys() & _KINDS:
                return self._wrong(path, f"a source has exactly one of the keys {join_words(sorted(_KINDS))}.")
            case dict():
                return self._nested(entry, kind, path)
            case list():
                return self._several(entry, kind, path)
        text = f"{quote(entry)} is not a source, e.g. {{setting: logs}} or {{environment: prefix}}."
        return self._wrong(path, text)

    def _setting(self, name: Any, rest: Mapping[Any, Any], kind: Type, path: KeyPath, required: bool) -> Source:
        if not isinstance(name, str) or not SETTING.fullmatch(name):
            return self._wrong((*path, "setting"), f"{quote(name)} is not a key, e.g. retention_days.")
        if name in ENVIRONMENT_KEYS or name in REGION_KEYS:
            text = f"{name!r} has another meaning in the inventory; use another key."
            return self._wrong((*path, "setting"), text)
        if "protected" in rest:
            self._check(rest["protected"], kind, (*path, "protected"), whole=False)
        return Setting(name, rest.get("protected"), kind, required)

    def _choice(self, entry: Mapping[Any, Any], kind: Type, path: KeyPath) -> Source:
        if "otherwise" not in entry:
            return self._wrong(path, "'otherwise' is missing: the value where an environment is not protected.")
        for key, value in entry.items():
            self._check(value, kind, (*path, key), whole=True)
        return Choice(entry["protected"], entry["otherwise"])

    def _output(self, value: Any, kind: Type, path: KeyPath) -> Source:
        match = OUTPUT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            text = f"{quote(value)} is not <module>.<output>, e.g. data.table_name."
            return self._wrong((*path, "output"), text)
        module, output = match.groups()
        if module not in self.needs:
            text = f"{module!r} is not among the needs.{did_you_mean(module, self.needs)}"
            self.source.wrong((*path, "output"), text)
        return FromOutput(module, output, kind, self.source.line(path))

    def _deployed(self, module: Any, kind: Type, path: KeyPath) -> Source:
        if not isinstance(module, str) or not MODULE.fullmatch(module):
            return self._wrong((*path, "deployed"), f"{quote(module)} is not a module's name, e.g. queue.")
        if kind not in (ANY, Primitive("bool")):
            self.source.wrong(path, f"is true or false; the variable wants {kind}.")
        return Deployed(module, self.source.line(path))

    def _nested(self, entry: dict[str, Any], kind: Type, path: KeyPath) -> Source:
        if isinstance(kind, Object):
            return self._object(entry, kind.attributes, path)
        if kind != ANY and not (isinstance(kind, Collection) and kind.kind == "map"):
            advice = did_you_mean(next(iter(entry), ""), _KINDS)
            return self._wrong(path, f"is a map of sources; the variable wants {kind}.{advice}")
        inner = kind.element if isinstance(kind, Collection) else ANY
        return Nested({key: self.one(value, inner, (*path, key), required=True) for key, value in entry.items()})

    def _object(self, entry: dict[str, Any], attributes: Mapping[str, Attribute], path: KeyPath) -> Source:
        items: dict[str, Source] = {}
        for key, value in entry.items():
            if one := attributes.get(key):
                items[key] = self.one(value, one.type, (*path, key), required=not one.optional)
            else:
                self.source.wrong(
                    (*path, key), f"there is no such attribute.{did_you_mean(key, {*attributes, *_KINDS})}"
                )
        for key, one in attributes.items():
            if not one.optional and key not in entry:
                self.source.wrong(path, f"attribute {key!r} has no source.")
        return Nested(items)

    def _several(self, entry: list[Any], kind: Type, path: KeyPath) -> Source:
        if kind != ANY and not (isinstance(kind, Collection) and kind.kind != "map"):
            return self._wrong(path, f"is a list of sources; the variable wants {kind}.")
        inner = kind.element if isinstance(kind, Collection) else ANY
        return Several(tuple(self.one(item, inner, (*path, index), required=True) for index, item in enumerate(entry)))

    def _check_field(self, word: str, field: Any, fields: tuple[str, ...], kind: Type, path: KeyPath) -> None:
        if field not in fields:
            self.source.wrong((*path, word), f"{quote(field)} is not known. Use one of: {join_words(fields)}.")
        elif field == "rights":
            self._check([EXAMPLE], kind, path, whole=True)
        elif field in (*ENVIRONMENT_LISTS, *DECLARED_LISTS):
            self._check_list(kind, path)
        elif kind not in (ANY, Primitive("string")):
            self.source.wrong(path, f"is a string; the variable wants {kind}.")

    def _check_list(self, kind: Type, path: KeyPath) -> None:
        texts = isinstance(kind, Collection) and kind.kind != "map" and kind.element in (ANY, Primitive("string"))
        if kind != ANY and not texts:
            self.source.wrong(path, f"is a list of strings; the variable wants {kind}.")

    def _check(self, value: Any, kind: Type, path: KeyPath, *, whole: bool) -> None:
        for mismatch in find_mismatches(value, kind, whole=whole):
            self.source.wrong((*path, *mismatch.path), mismatch.text)

    def _wrong(self, path: KeyPath, text: str) -> Source:
        self.source.wrong(path, text)
        return Nested({})
