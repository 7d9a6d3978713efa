"""What a saved plan says without Terraform: whether there is anything to apply, and to which state."""

import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

VERSION, RESOURCE_CHANGES, TERRAFORM, ERRORED, APPLYABLE, COMPLETE = 1, 3, 14, 20, 25, 26
"""Fields of message Plan in internal/plans/planproto/planfile.proto of Terraform 1.11."""
TARGETS, EXCLUDED, MODE = 5, 6, 17
"""The same, of OpenTofu 1.12: what `-target` and `-exclude` name, and whether the plan only refreshes."""
DESTROY = 1
FORMAT = 3
"""The value of VERSION: Terraform increases it with each change that an older reader would misunderstand."""
_VARINT, _LENGTH = 0, 2
_FIXED = {1: 8, 5: 4}
"""Sizes of the other two types of fields."""


def is_empty(path: Path) -> bool:
    """Return True if a saved plan is whole and has nothing to apply.

    False says nothing: Terraform has to read the plan. It is also the answer for a plan with an error, one that
    names no resource, a file that cannot be read, and of every plan of OpenTofu, which does not say what is in these
    fields.
    """
    fields = _read_fields(path)
    # Protocol buffers leave out a false and a zero.
    whole = fields.get(VERSION) == FORMAT and fields.get(COMPLETE) == 1 and RESOURCE_CHANGES in fields
    return whole and not fields.get(ERRORED) and not fields.get(APPLYABLE)


def read_terraform(path: Path) -> str:
    """Return the version of Terraform that made a saved plan; empty if the file cannot be read."""
    found = _read_fields(path).get(TERRAFORM)
    return found.decode(errors="replace") if isinstance(found, bytes) else ""


def covers_everything(path: Path) -> bool:
    """Return True if OpenTofu made a saved plan without an error and left nothing out, as `complete` says of Terraform.

    It has no deferred changes, by which a plan of Terraform can be incomplete too. False for an unreadable file.
    """
    fields = _read_fields(path)
    partial = fields.keys() & {ERRORED, TARGETS, EXCLUDED} or fields.get(MODE, 0) not in {0, DESTROY}
    return fields.get(VERSION) == FORMAT and not partial


def read_serial(path: Path) -> tuple[str, int] | None:
    """Return lineage and serial of the state that a saved plan was made for; None if the file cannot be read.

    Terraform refuses a plan as stale if its state has another of either.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            state = json.loads(archive.read("tfstate"))
            return str(state["lineage"]), int(state["serial"])
    except (OSError, LookupError, TypeError, ValueError, RuntimeError, EOFError, zlib.error, zipfile.BadZipFile):
        return None


def _read_fields(path: Path) -> dict[int, int | bytes]:
    """Return the fields of a saved plan by number; none if the file cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return dict(_fields(archive.read("tfplan")))
    except (OSError, KeyError, ValueError, IndexError, RuntimeError, EOFError, zlib.error, zipfile.BadZipFile):
        return {}


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field of a message of protocol buffers."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _LENGTH:
            size, at = _varint(message, at)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise ValueError(f"wire type {kind}")
        yield number, message[at : at + size]
        at += size
    if at != len(message):
        raise ValueError("cut off")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a position, and the position after it."""
    value = shift = 0
    while True:
        value |= (message[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if message[at - 1] < 0x80:
            return value, at
