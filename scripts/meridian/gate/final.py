"""The final gate: scans the plans that are about to be applied once more, and refuses a mock in them."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from meridian.errors import Refused
from meridian.gate import units
from meridian.gate.judgement import find_verdict
from meridian.gate.report import terminal
from meridian.targets import Target


def require_clean_plans(target: Target, names: Sequence[str]) -> None:
    """Raise Refused if the saved plan of a unit (`<region>/<unit>`) has a finding of MEDIUM or worse.

    Raises CouldNotTell if a plan cannot be scanned. The findings go to stdout.
    """
    with tempfile.TemporaryDirectory(prefix="meridian-scan-") as folder:
        verdict = find_verdict(target.root, [], units.read_units(target, names, Path(folder)), final=True)
    if verdict.failing:
        sys.stdout.writelines(f"{line}\n" for line in terminal.format_lines(verdict))
        raise Refused(
            f"The gate refuses what would be applied to {target.environment.name}: {len(verdict.failing)} findings.",
            "None of these plans was applied. Fix it, or accept it in scripts/policies/waivers.yaml; then plan again.",
        )
