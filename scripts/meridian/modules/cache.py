"""Caches what was read from modules in the user's cache folder, by the hash of the content."""

import contextlib
import json
from pathlib import Path
from typing import Any

from meridian import files
from meridian.paths import cache_dir

# Part of every file's name: raise it when the content's meaning changes.
FORMAT = 2


def read_cached(key: str) -> Any:
    """Return the value kept under a key, or None; a cache that cannot be read counts as empty."""
    try:
        kept = json.loads(_file(key).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return kept["value"] if isinstance(kept, dict) and kept.keys() == {"key", "value"} and kept["key"] == key else None


def write_cached(key: str, value: Any) -> None:
    """Keep a JSON value under a key, whole or not at all; a cache that cannot be written is left alone."""
    with contextlib.suppress(OSError):
        file = _file(key)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write_file(file, json.dumps({"key": key, "value": value}), 0o600)


def _file(key: str) -> Path:
    return cache_dir() / "contracts" / f"{FORMAT}-{key}.json"
