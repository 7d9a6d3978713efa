"""The picture of a module: each block of its code, its unit.yaml and the files of its package, sorted."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from meridian import git
from meridian.gate.accepted.calls import Called, read_blocks
from meridian.gate.accepted.syntax import Block, Body
from meridian.gate.rules.module_files import ORIGIN, VENDOR
from meridian.yamlfile import document

FILE = "accepted.json"
TEXTS = {("variable", "description"), ("output", "description"), ("variable", "error_message")}
"""Attributes, by the type of the outer block, that only people read: without an interpolation they are left out."""
DOCUMENT = "aws_iam_policy_document"
SETS = ("actions", "not_actions", "resources", "not_resources", "identifiers", "values")
"""The lists of a policy document whose order says nothing."""


@dataclass
class Picture:
    """`content` is what accepted.json holds; `lines` has file and line of each address, and of its attributes."""

    content: dict[str, Any] = field(default_factory=dict)
    lines: dict[tuple[str, ...], tuple[str, int]] = field(default_factory=dict)


def read_picture(folder: Path) -> Picture:
    """Return the picture of a module's *.tf files, its copies and its unit.yaml; CouldNotTell for unreadable files."""
    picture, blocks = Picture(), dict[str, list[Any]]()
    for one in read_blocks(folder):
        for address, body in _addresses(one):
            picture.lines.setdefault((address,), (one.file, one.block.line))
            for name, (_, line) in body.attributes.items():
                picture.lines.setdefault((address, name), (one.file, line))
            for inner in body.blocks:
                sid, _ = inner.body.attributes.get("sid", ("", 0))
                for name in (_name(inner), f"{_name(inner)}[{sid}]"):
                    picture.lines.setdefault((address, name), (one.file, inner.line))
            blocks.setdefault(address, []).append(_values(body, one.block.kind, policy=DOCUMENT in one.block.labels))
    manifest = folder / "unit.yaml"
    unit = document.read_file(manifest, f"modules/{folder.name}/unit.yaml").value
    picture.content = {"code": {address: _one_or_all(found) for address, found in blocks.items()}, "unit": unit}
    for copied in sorted(folder.glob(f"{VENDOR}/*/{ORIGIN}")):
        name = copied.relative_to(folder).as_posix()
        origin = document.read_file(copied, f"modules/{folder.name}/{name}").value
        source = "git::{repository}//{folder}?ref={commit}".format_map(defaultdict(str, origin))
        picture.content.setdefault(VENDOR, {})[copied.parent.name] = source
        picture.lines[VENDOR, copied.parent.name] = (name, 1)
    return picture


def read_checked_out(root: Path, module: str) -> Picture:
    """Return the picture of a module of the working tree, with the names of the files that its package is made of."""
    picture = read_picture(root / "modules" / module)
    folder = f"modules/{module}/functions/"
    names = [name.removeprefix(folder) for name in git.list_files(root, folder)]
    picture.content["package"] = [name for name in names if not name.startswith("tests/") and not name.endswith(".md")]
    return picture


def format_content(content: Mapping[str, Any]) -> str:
    """Return the text of accepted.json."""
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _addresses(one: Called) -> list[tuple[str, Body]]:
    """Return a block's address and body; of `locals` one for each value."""
    body = one.block.body
    if one.block.kind == "locals":
        return [(f"{one.scope}local.{name}", Body({"value": found})) for name, found in body.attributes.items()]
    return [(one.address, body)]


def _values(body: Body, kind: str, *, policy: bool) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for name, (value, _) in body.attributes.items():
        unordered = isinstance(value, list) and (name == "depends_on" or (policy and name in SETS))
        if (kind, name) not in TEXTS or not _is_plain(value):
            found[name] = [sorted(value, key=to_text) if unordered else value]
    for block in body.blocks:
        found.setdefault(_name(block), []).append(_values(block.body, kind, policy=policy))
    arrange: Callable[[list[Any]], list[Any]] = (lambda all_: sorted(all_, key=to_text)) if policy else list
    return {name: _one_or_all(arrange(values)) for name, values in found.items()}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and "${" not in value and "%{" not in value


def _name(block: Block) -> str:
    return ".".join((block.kind, *block.labels))


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def to_text(value: Any) -> str:
    """Return a value in the one form by which values are compared and sorted."""
    return json.dumps(value, sort_keys=True)
