"""Where a deployed value is set: the line of the inventory, or else of the module's file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from meridian.modules.contract import Contract
from meridian.modules.library import Library
from meridian.modules.resources import find_resources, read_texts
from meridian.modules.sources import Nested, Setting, Source
from meridian.paths import INVENTORY
from meridian.plans.changes import Change
from meridian.plans.drift import find_expressions
from meridian.plans.plan_json import Plan
from meridian.targets import Target
from meridian.yamlfile.document import Document, read_file


@dataclass(frozen=True)
class Origins:
    """Finds where the modules and the inventory of one environment set an attribute."""

    target: Target

    @cached_property
    def _inventory(self) -> Document:
        return read_file(self.target.root / INVENTORY, str(INVENTORY))

    @cached_property
    def _library(self) -> Library:
        return Library(self.target.root)

    def find(self, unit: str, plan: Plan, change: Change) -> tuple[str, ...]:
        """Return `file:line` of what sets each changed attribute of a resource, or of the resource itself."""
        region, _, module = unit.partition("/")
        versions = self.target.environment.versions
        contract = self._library.contract(module, None if versions is None else versions.get(module))
        texts = read_texts(self.target.root, contract)
        expressions = find_expressions(plan, change.address)
        paths = [one.path.split(".") for one in change.attributes] or [[]]
        found = []
        for path in paths:
            references = _references(expressions, path)
            setting = self._setting(contract, region, references)
            found.append(setting or _line(contract, texts, change.address, path, references))
        return tuple(dict.fromkeys(found))

    def _setting(self, contract: Contract, region: str, references: Sequence[str]) -> str:
        """Return the place of the only setting that an expression reads; empty if it reads something else."""
        names = [one for one in references if one.startswith("var.")]
        longest = [one for one in names if not any(other.startswith(f"{one}.") for other in names)]
        if len(longest) != 1 or len(names) != len(references):
            return ""
        _, variable, *keys = longest[0].split(".")
        source: Source | None = contract.inputs.get(variable)
        while isinstance(source, Nested) and keys:
            source, keys = source.items.get(keys[0]), keys[1:]
        if not isinstance(source, Setting):
            return ""
        environment = ("environments", self.target.environment.name)
        for above in ((*environment, "regions", region), environment, ("defaults",)):
            path = (*above, source.name, *keys)
            if self._inventory.has(path):
                return f"{INVENTORY}:{self._inventory.line(path)} ({'.'.join(path)})"
        where = ".".join(("defaults", source.name, *keys))
        return f"{INVENTORY} ({where}, not set: the default is in {contract.file('variables.tf')})"


def _references(expressions: Mapping[str, Any], path: Sequence[str]) -> list[str]:
    """Return what the expression of an attribute refers to, e.g. `var.function.memory_mb`."""
    here: Any = expressions
    for part in path:
        if isinstance(here, list):
            number = int(part[1:-1]) if re.fullmatch(r"\[[0-9]+\]", part) else 0
            here = here[number] if number < len(here) else {}
        if isinstance(here, Mapping) and part in here:
            here = here[part]
    return [str(one) for one in here.get("references", ())] if isinstance(here, Mapping) else []


def _line(
    contract: Contract, texts: Mapping[str, str], address: str, path: Sequence[str], references: Sequence[str]
) -> str:
    """Return file and line of an attribute in a module, of the document that it refers to, or of its resource."""
    documents = [".".join(one.split(".")[:3]) for one in references if one.startswith("data.")]
    for block, parts in (*((one, path[1:]) for one in documents[:1]), (address.partition("[")[0], path)):
        for name, line in _blocks(texts, block):
            return f"{contract.file(name)}:{_below(texts[name].splitlines(), line, parts)}"
    return contract.file("")


def _blocks(texts: Mapping[str, str], address: str) -> Iterator[tuple[str, int]]:
    for name, text in texts.items():
        yield from ((name, one.line) for one in find_resources(text) if one.address == address)


def _below(lines: Sequence[str], line: int, parts: Sequence[str]) -> int:
    """Return the line of the innermost of `parts` that a block has; the block begins at `line`."""
    end = next((number for number in range(line, len(lines)) if lines[number].startswith("}")), len(lines))
    for part in map(re.escape, parts):
        meant = re.compile(rf'^\s*(dynamic\s+)?"?{part}"?\s*[={{]|^\s*\w+\s*=\s*"{part}"')
        line = next((number + 1 for number in range(line, end) if meant.search(lines[number])), line)
    return line
