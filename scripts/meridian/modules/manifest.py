"""The unit manifest modules/<m>/unit.yaml: placement, needs, package, rights and a source for every variable."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from meridian.modules.declarations import Variable
from meridian.modules.inputs import InputReader
from meridian.modules.ledger import MODULE
from meridian.modules.limits import Limit, find_violations, limits_of_settings
from meridian.modules.rights import Condition, Right, read_condition, read_rights
from meridian.modules.sources import FromOutput, Setting, Source, leaves
from meridian.yamlfile import document
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import KeyPath, did_you_mean, join_words, quote

PLACEMENTS = ("primary_region", "every_region")
NEEDS = ("primary_region", "same_region")

UNPROTECTED = "unprotected"

APPLIERS = ("bootstrap",)

_KEYS = ("placement", "optional", "needs", "package", "functions", "applied_by", "rights", "inputs")
# Released versions have `limits`, which repeat the validations of their variables.tf: they are read from there.
_IGNORED = "limits"
_NEED_KEYS = ("placement", "optional", "if")
PACKAGE = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\.(mjs|py)")
# Isolated: PYTHONPATH and a user's packages would change what is built.
BUILDERS = {".mjs": ("node",), ".py": ("python", "-I")}
"""By the suffix of a package's script: the program of the set-up that runs it, and its options."""


@dataclass(frozen=True)
class Manifest:
    """The content of a unit.yaml, checked against the module's variables."""

    placement: str
    optional: bool | str
    """Whether `units` must switch it on: everywhere, nowhere, or in unprotected environments."""
    needs: Mapping[str, str]
    """Where each needed module is."""
    optional_needs: frozenset[str]
    """The needs that may be absent: inputs that read their outputs are null then."""
    need_lines: Mapping[str, int]
    """The line of each need."""
    package: str | None
    functions: tuple[str, ...]
    """The names of its functions after the prefix: each has a role of its own."""
    applied_by: str | None
    """The command that applies its units, which `apply` then leaves out; such a module only comes with `access`."""
    rights: tuple[Right, ...]
    """What the roles of pipelines and functions may do for its units, beyond what `access` gives them."""
    inputs: Mapping[str, Source]
    limits: tuple[Limit, ...]
    """Which values the settings may have."""
    conditions: Mapping[str, Condition] = field(default_factory=dict, kw_only=True)
    """The needs that count only where a setting of the environment has a value; else their outputs are left out."""

    @property
    def deciding(self) -> set[str]:
        """The settings on which needs and rights depend: an environment has one value of each."""
        found = [*self.conditions.values(), *(one.condition for one in self.rights if one.condition)]
        return {setting for setting, _ in found}


def read_manifest(text: str, file: str, variables: Mapping[str, Variable]) -> Manifest:
    """Return the manifest that a unit.yaml's text holds; `variables` are the module's, by name.

    Raises UserError with every problem, one line each.
    """
    source = document.parse_text(text, file)
    for key in source.value:
        if key not in _KEYS and key != _IGNORED:
            source.wrong((key,), f"there is no such key.{did_you_mean(key, _KEYS)} Known: {join_words(_KEYS)}.")
    _check_unit(source)
    needs, optional_needs = _needs(source)
    functions, rights = _functions(source), read_rights(source)
    inputs = InputReader(source, needs, optional_needs).all(variables)
    limits = tuple(limits_of_settings(inputs, [one for variable in variables.values() for one in variable.limits]))
    for name, one in inputs.items():
        for setting in (leaf for leaf in leaves(one) if isinstance(leaf, Setting)):
            for wrong in find_violations(setting.protected, setting.name, limits):
                source.wrong(("inputs", name, "protected", *wrong.path), wrong.text)
    conditions = _conditions(source)
    conditional: dict[KeyPath, Condition] = {("needs", module, "if"): one for module, one in conditions.items()}
    conditional |= {("rights", number, "if"): one.condition for number, one in enumerate(rights) if one.condition}
    _check_conditions(source, inputs, limits, conditional)
    _check_absent(source, inputs, variables, conditions)
    source.problems.require_none()
    lines = {module: source.line(("needs", module)) for module in needs}
    return Manifest(
        placement=str(source.value["placement"]),
        optional=source.value.get("optional", False),
        needs=needs,
        optional_needs=optional_needs,
        need_lines=lines,
        package=source.value.get("package"),
        functions=functions,
        applied_by=source.value.get("applied_by"),
        rights=rights,
        inputs=inputs,
        limits=limits,
        conditions=conditions,
    )


def _check_unit(source: Document) -> None:
    """Record what is wrong with the keys that say where and how the module is deployed."""
    placement = source.value.get("placement")
    if not source.has(("placement",)):
        source.problems.add(1, (), f"'placement' is missing. Use one of: {join_words(PLACEMENTS)}.")
    elif placement not in PLACEMENTS:
        advice = did_you_mean(str(placement), PLACEMENTS)
        text = f"{quote(placement)} is not a placement.{advice} Use one of: {join_words(PLACEMENTS)}."
        source.wrong(("placement",), text)
    package = source.value.get("package")
    if package is not None and not (isinstance(package, str) and PACKAGE.fullmatch(package)):
        source.wrong(("package",), f"{quote(package)} is not a script of the module, e.g. functions/build.mjs.")
    applied_by = source.value.get("applied_by")
    if applied_by is not None and applied_by not in APPLIERS:
        source.wrong(("applied_by",), f"{quote(applied_by)} is not one of: {join_words(APPLIERS)}.")
    optional = source.value.get("optional", False)
    if not isinstance(optional, bool) and optional != UNPROTECTED:
        source.wrong(("optional",), f"{quote(optional)} must be true, false or {UNPROTECTED}.")


def _functions(source: Document) -> tuple[str, ...]:
    """Return the names of the module's functions."""
    names = source.value.get("functions", [])
    if not isinstance(names, list):
        source.wrong(("functions",), "must be a list of names, e.g. [orders].")
        return ()
    for number, name in enumerate(names):
        if not isinstance(name, str) or not MODULE.fullmatch(name):
            source.wrong(("functions", number), f"{quote(name)} is not a function's name, e.g. orders.")
        elif name in names[:number]:
            source.wrong(("functions", number), f"{name!r} is a duplicate.")
    return tuple(map(str, names))


def _needs(source: Document) -> tuple[dict[str, str], frozenset[str]]:
    """Return where each needed module is, and which of them may be absent."""
    entries = source.value.get("needs", {})
    if not isinstance(entries, dict):
        source.wrong(("needs",), "must be a map of modules to where they are, e.g. {data: same_region}.")
        return {}, frozenset()
    needs: dict[str, str] = {}
    optional: set[str] = set()
    for module, entry in entries.items():
        path = ("needs", module)
        if not MODULE.fullmatch(module):
            source.wrong(path, "is not a module's name, e.g. data.")
        where = entry
        if isinstance(entry, dict):
            where = entry.get("placement")
            for key in entry.keys() - set(_NEED_KEYS):
                source.wrong((*path, key), f"there is no such key.{did_you_mean(key, _NEED_KEYS)}")
            if not isinstance(entry.get("optional", False), bool):
                source.wrong((*path, "optional"), f"{quote(entry['optional'])} must be true or false.")
            elif entry.get("optional"):
                optional.add(module)
        if where not in NEEDS:
            advice = did_you_mean(str(where), NEEDS)
            source.wrong(path, f"{quote(where)} is not a place.{advice} Use one of: {join_words(NEEDS)}.")
        needs[module] = str(where)
    return needs, frozenset(optional)


def _conditions(source: Document) -> dict[str, Condition]:
    """Return the setting and the value on which each conditional need depends."""
    entries = source.value.get("needs", {})
    found = {}
    for module, entry in entries.items() if isinstance(entries, dict) else ():
        given = isinstance(entry, dict) and "if" in entry
        if given and (condition := read_condition(source, ("needs", module, "if"), entry["if"])):
            found[module] = condition
    return found


def _check_conditions(
    source: Document, inputs: Mapping[str, Source], limits: tuple[Limit, ...], found: Mapping[KeyPath, Condition]
) -> None:
    """Record conditions on what is no setting of the module, and on values that it cannot have."""
    read = {leaf.name: leaf for one in inputs.values() for leaf in leaves(one) if isinstance(leaf, Setting)}
    for path, (setting, value) in found.items():
        if setting not in read:
            text = f"no input has the setting {setting!r} as its source.{did_you_mean(setting, read)}"
            source.wrong((*path, setting), text)
        elif read[setting].protected is not None:
            source.wrong((*path, setting), "has another default in protected environments; a condition ignores it.")
        for wrong in find_violations(value, setting, limits):
            source.wrong((*path, setting), wrong.text)


def _check_absent(
    source: Document, inputs: Mapping[str, Source], variables: Mapping[str, Variable], conditional: Collection[str]
) -> None:
    """Record inputs that cannot be left out where a conditional need does not count."""
    for name, one in inputs.items():
        if not any(isinstance(leaf, FromOutput) and leaf.module in conditional for leaf in leaves(one)):
            continue
        if not isinstance(one, FromOutput):
            source.wrong(("inputs", name), "has an output of a conditional need in it: it must be the whole value.")
        elif variables[name].required:
            source.wrong(("inputs", name), "is left out where the need does not count: give the variable a default.")
