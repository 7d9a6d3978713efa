"""The fingerprint of everything that goes into a unit's plan: files, code, the outputs that it reads."""

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from meridian.plans import terragrunt
from meridian.plans.terragrunt import find_units, live_dir
from meridian.render import marker
from meridian.render.plan import UNIT
from meridian.render.units import READS
from meridian.targets import Target

DOWNLOADS = frozenset({".terragrunt-cache", ".terraform"})
_WAITS = re.compile(r"^dependencies \{\n  paths = \[(.*?)\]\n\}", re.MULTILINE | re.DOTALL)
_SOURCE = re.compile(r'^  source = "(.+?)"', re.MULTILINE)
_HERE = re.compile(r"\$\{get_repo_root\(\)\}/modules//([a-z0-9_-]+)")
_RELEASED = re.compile(r"git::[^?]+\?ref=[0-9a-f]{40}")
_UPWARDS = re.compile(rb"(?:\.\.[/\\])+|\.\.(?=[\"'`])")
# The first line of unit.yaml and verify.yaml names a schema outside of the module; only editors read it.
_EDITORS = re.compile(rb"\A# yaml-language-server: .*")
_DIRNAME = re.compile(rb"\bdirname\s*\(")
# What these return is in no file of the repository, or another value in each plan.
_IMPURE = re.compile(rb"\b(abspath|bcrypt|pathexpand|plantimestamp|timestamp|uuid)\s*\(")
Outputs = Mapping[str, Mapping[str, Any]]
"""The outputs of units by name."""


def read_needs(target: Target) -> dict[str, tuple[str, ...]]:
    """Return each unit with the units that it needs: from the generated files, or from Terragrunt if one is not."""
    live = live_dir(target)
    texts = {unit: (live / unit / UNIT).read_text(encoding="utf-8") for unit in find_units(target)}
    if not texts or not all(map(marker.is_generated, texts.values())):
        return terragrunt.read_graph(target)
    return {
        unit: tuple(sorted({os.path.normpath(f"{unit}/{path}") for path in _find_paths(text)}))
        for unit, text in texts.items()
    }


def hash_sources(target: Target) -> dict[str, str]:
    """Return a hash of the files that each unit's plan reads; a unit is missing if they cannot all be known.

    These are the root file, the files of its environment, of its region and of its folder, and its module. A released
    module is named by its commit. One of the working tree counts with all of modules/ if it reaches out of its folder.
    """
    live = live_dir(target)
    hashes = _Hashes(target.root)
    shared = hashes.of([target.root / "terragrunt.hcl", *_direct(live)])
    found = {}
    for unit in find_units(target):
        own = hashes.of([*_direct((live / unit).parent), *find_files(live / unit)])
        code = _hash_code((live / unit / UNIT).read_text(encoding="utf-8"), hashes)
        if shared and own and code:
            found[unit] = _join(unit, shared, own, code)
    return found


def hash_inputs(sources: Mapping[str, str], needs: Mapping[str, Sequence[str]], outputs: Outputs) -> dict[str, str]:
    """Return the fingerprint of each unit: its sources, and every output of the units that it needs.

    A unit is missing if its sources are, or if the outputs of a unit that it needs are not known.
    """
    known = {unit: json.dumps(values, sort_keys=True) for unit, values in outputs.items()}
    return {
        unit: _join(source, *(part for need in needs[unit] for part in (need, known[need])))
        for unit, source in sources.items()
        if unit in needs and known.keys() >= set(needs[unit])
    }


def find_files(folder: Path) -> list[Path]:
    """Return the files below a folder and its links to folders, sorted, without what Terragrunt downloads."""
    return sorted(
        path
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink()) and not DOWNLOADS.intersection(path.parts)
    )


class _Hashes:
    """Hashes of files and of modules, each read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: dict[Path, str] = {}
        self.modules: dict[str, str] = {}

    def of(self, paths: Sequence[Path]) -> str:
        """Return one hash of files with their paths; empty if one is a link to a folder, or cannot be read."""
        parts: list[str] = []
        for path in paths:
            if path not in self.files:
                self.files[path] = _hash_file(path)
            if not self.files[path]:
                return ""
            parts += (path.relative_to(self.root).as_posix(), self.files[path])
        return _join(*parts)

    def of_module(self, name: str) -> str:
        """Return the hash of a module of the working tree; empty if its plan depends on more than files in modules/."""
        if name not in self.modules:
            folder = self.root / "modules" / name
            files = find_files(folder)
            found = self.of(files) if files else ""
            if found and any(_reaches_out(path, folder) for path in files):
                files = find_files(self.root / "modules")
                found = self.of(files)
            self.modules[name] = "" if found and any(map(_is_impure, files)) else found
        return self.modules[name]


def _hash_file(path: Path) -> str:
    try:
        executable = path.stat().st_mode & 0o111
        return f"{executable} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        return ""


def _hash_code(text: str, hashes: _Hashes) -> str:
    """Return a hash of the module that a unit's file names; empty if the source has another form than ours."""
    sources = _SOURCE.findall(text)
    if len(sources) != 1:
        return ""
    if _RELEASED.fullmatch(sources[0]):
        return str(sources[0])
    here = _HERE.fullmatch(sources[0])
    if not here:
        return ""
    return hashes.of_module(here[1])


def _reaches_out(path: Path, folder: Path) -> bool:
    """Return whether a file of a module may read one outside of it: it goes up further than it lies deep.

    In Terraform's files a path may begin at the module's root, wherever the file is.
    """
    if path.suffix == ".md":
        return False
    is_terraform = path.suffix in {".tf", ".json"}
    depth = 0 if is_terraform else len(path.relative_to(folder).parts) - 1
    text = _EDITORS.sub(b"", path.read_bytes())
    upwards = any(found.count(b"..") > depth for found in _UPWARDS.findall(text))
    return upwards or path.is_symlink() or (is_terraform and bool(_DIRNAME.search(text)))


def _is_impure(path: Path) -> bool:
    return path.suffix in {".tf", ".json"} and bool(_IMPURE.search(path.read_bytes()))


def _find_paths(text: str) -> list[str]:
    """Return the paths to the units that a unit reads outputs of, or only waits for."""
    waits = _WAITS.search(text)
    return [*READS.findall(text), *(re.findall(r'"([^"]+)"', waits[1]) if waits else ())]


def _direct(folder: Path) -> list[Path]:
    """Return the files directly in a folder, sorted."""
    return sorted(path for path in folder.iterdir() if path.is_file())


def _join(*parts: str) -> str:
    """Return one hash of texts; where one ends and the next begins counts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
