"""The published JSON schema of SARIF 2.1.0, from the npm package that Microsoft publishes it in."""

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

from meridian.paths import cache_dir

LOCKED = Path(__file__).parent / "sarif"
SCHEMA = "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"


def errors(log: Any, npm: Path) -> list[str]:
    """Return what is wrong with a SARIF log, each with where it is."""
    found = Draft4Validator(_schema(npm)).iter_errors(log)
    return [f"{'.'.join(map(str, one.absolute_path))}: {one.message}" for one in found]


def _schema(npm: Path) -> Any:
    lock = (LOCKED / "package-lock.json").read_bytes()
    kept = cache_dir() / f"sarif-schema-{hashlib.sha256(lock).hexdigest()[:12]}.json"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(LOCKED, folder, dirs_exist_ok=True)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            part = kept.with_name(f"{kept.name}.{Path(folder).name}")
            shutil.copy(Path(folder) / SCHEMA, part)
            part.replace(kept)
    return json.loads(kept.read_text(encoding="utf-8"))
