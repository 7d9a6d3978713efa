"""The final gate: scans the plans that are about to be applied once more, and refuses a mock in them."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from meridian.errors import Refused
from meridian.gate import units
from meridian.gate.accepted.compare import find_unaccepted
from meridian.gate.checkov.canary import canary_jobs
from meridian.gate.checkov.engine import Checkov
from meridian.gate.report import terminal
from meridian.gate.rules.module_files import find_in_modules, find_in_pins
from meridian.gate.scan import Others, find_verdict
from meridian.plans.approval import Swap
from meridian.plans.saved import Plans
from meridian.targets import Target


def load_checkov() -> Checkov:
    """Return Checkov for several gates of one run; its canaries are scanned once, from when it begins."""
    return Checkov(canary_jobs())


def require_clean_plans(
    target: Target,
    names: Sequence[str],
    swaps: Mapping[str, Sequence[Swap]],
    plans: Plans | None = None,
    checkov: Checkov | None = None,
) -> None:
    """Raise Refused if the saved plan of a unit (`<region>/<unit>`) has a finding of MEDIUM or worse.

    `swaps` has, by unit, the old and new values of the outputs that it reads: a policy may follow them.
    Raises CouldNotTell if a plan cannot be scanned. The findings go to stdout.
    """
    root, environment = target.root, target.environment

    def others() -> Others:
        if environment.versions is None:
            return [*find_in_modules(root), *find_unaccepted(root)], []
        return find_in_pins(root, [environment]), []

    with tempfile.TemporaryDirectory(prefix="meridian-scan-") as folder:
        read = units.read_units(target, names, Path(folder), plans)
        checked = [replace(one, swaps=swaps.get(one.name, ())) for one in read]
        verdict = find_verdict([], checked, others=others, final=True, checkov=checkov)
    if verdict.failing:
        sys.stdout.writelines(f"{line}\n" for line in terminal.format_lines(verdict))
        raise Refused(
            f"The gate refuses what would be applied to {environment.name}: {len(verdict.failing)} findings.",
            "None of these plans was applied. Fix it, or accept it in scripts/policies/waivers.yaml; then plan again.",
        )
