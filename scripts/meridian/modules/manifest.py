"""The unit manifest modules/<m>/unit.yaml: placement, needs, package and a source for every variable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from meridian.modules.declarations import Variable
from meridian.modules.inputs import InputReader
from meridian.modules.ledger import MODULE
from meridian.modules.limits import Limit, find_violations, limits_of_settings
from meridian.modules.sources import Setting, Source, leaves
from meridian.yamlfile import document
from meridian.yamlfile.document import Document
from meridian.yamlfile.problems import did_you_mean, join_words, quote

PLACEMENTS = ("primary_region", "every_region")
NEEDS = ("primary_region", "same_region")

APPLIERS = ("bootstrap",)

_KEYS = ("placement", "needs", "package", "applied_by", "inputs")
# Released versions have `limits`, which repeat the validations of their variables.tf: they are read from there.
_IGNORED = "limits"
_PACKAGE = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\.mjs")


@dataclass(frozen=True)
class Manifest:
    """The content of a unit.yaml, checked against the module's variables."""

    placement: str
    needs: Mapping[str, str]
    need_lines: Mapping[str, int]
    """The line of each need."""
    package: str | None
    applied_by: str | None
    """The command that applies its units, which `apply` then leaves out; such a module only comes with `access`."""
    inputs: Mapping[str, Source]
    limits: tuple[Limit, ...]
    """Which values the settings may have."""


def read_manifest(text: str, file: str, variables: Mapping[str, Variable]) -> Manifest:
    """Return the manifest that a unit.yaml's text holds; `variables` are the module's, by name.

    Raises UserError with every problem, one line each.
    """
    source = document.parse_text(text, file)
    for key in source.value:
        if key not in _KEYS and key != _IGNORED:
            source.wrong((key,), f"there is no such key.{did_you_mean(key, _KEYS)} Known: {join_words(_KEYS)}.")
    placement = source.value.get("placement")
    if not source.has(("placement",)):
        source.problems.add(1, (), f"'placement' is missing. Use one of: {join_words(PLACEMENTS)}.")
    elif placement not in PLACEMENTS:
        source.wrong(("placement",), f"{quote(placement)} is not a placement. Use one of: {join_words(PLACEMENTS)}.")
    package = source.value.get("package")
    if package is not None and not (isinstance(package, str) and _PACKAGE.fullmatch(package)):
        source.wrong(("package",), f"{quote(package)} is not a script of the module, e.g. functions/build.mjs.")
    applied_by = source.value.get("applied_by")
    if applied_by is not None and applied_by not in APPLIERS:
        source.wrong(("applied_by",), f"{quote(applied_by)} is not one of: {join_words(APPLIERS)}.")
    needs = _needs(source)
    inputs = InputReader(source, needs).all(variables)
    limits = tuple(limits_of_settings(inputs, [one for variable in variables.values() for one in variable.limits]))
    for name, one in inputs.items():
        for setting in (leaf for leaf in leaves(one) if isinstance(leaf, Setting)):
            for wrong in find_violations(setting.protected, setting.name, limits):
                source.wrong(("inputs", name, "protected", *wrong.path), wrong.text)
    source.problems.require_none()
    lines = {module: source.line(("needs", module)) for module in needs}
    return Manifest(str(placement), needs, lines, package, applied_by, inputs, limits)


def _needs(source: Document) -> dict[str, str]:
    needs = source.value.get("needs", {})
    if not isinstance(needs, dict):
        source.wrong(("needs",), "must be a map of modules to where they are, e.g. {data: same_region}.")
        return {}
    for module, where in needs.items():
        if not MODULE.fullmatch(module):
            source.wrong(("needs", module), "is not a module's name, e.g. data.")
        if where not in NEEDS:
            source.wrong(("needs", module), f"{quote(where)} is not a place. Use one of: {join_words(NEEDS)}.")
    return needs
