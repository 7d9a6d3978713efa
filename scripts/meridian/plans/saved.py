"""The saved plans of one target: made together, applied once, refused after a change of the tree."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from meridian import files
from meridian.engines import OPENTOFU
from meridian.errors import MeridianError, UserError
from meridian.plans import opentofu, terraform, terragrunt
from meridian.plans.changed import read_inputs
from meridian.plans.changes import UnitChanges, read_changes
from meridian.plans.inputs import find_files
from meridian.plans.plan_file import is_empty, read_serial, read_terraform
from meridian.plans.plan_json import Plan, read_plan
from meridian.plans.summary import UnitPlan, summarise
from meridian.state.contents import StateObject
from meridian.state.records import Record
from meridian.targets import Target

APPROVED = "approved.json"
"""Beside a plan that was made again: the JSON of the one before, empty if that changed nothing."""
INPUTS = "inputs.sha256"
"""Beside a plan: the fingerprint of what it was made from; missing if that is not known."""
APPLIED = "applied.json"
"""Instead of a plan that was applied: its JSON."""


@dataclass(frozen=True)
class Plans:
    """The folder out/<target>/<env>/plans: one folder per unit, and the fingerprint of their sources.

    Plans of another `command` than `plan` are in a folder of that name. Only those of `apply` are applied.
    """

    target: Target
    command: str = "plan"
    lock: bool = True
    """False: Terraform takes no lock of a state, for a plan that is only read."""
    only: tuple[str, ...] = ()
    """The addresses of the resources that are planned, with what they need; empty for all."""

    @property
    def folder(self) -> Path:
        """Where Terragrunt writes `<unit>/tfplan.tfplan`; `<unit>/tfplan.json` is made of it when it is read."""
        return self.target.work_dir / ("plans" if self.command == "plan" else self.command)

    @property
    def _origin(self) -> Path:
        return self.folder / "origin.sha256"

    @property
    def _again(self) -> str:
        return f"Run `meridian {self.command} {self.target.arguments}`."

    def make(self, units: Sequence[str] | None = None) -> list[UnitPlan]:
        """Plan the units (None: all of them) and return their summaries, sorted; no other plan is saved then.

        A plan that fails leaves none.
        """
        self.discard()
        try:
            return self._make(units)
        except MeridianError:
            self.discard()
            raise

    def make_again(self, units: Sequence[str]) -> list[UnitPlan]:
        """Plan some units anew beside the other saved plans; what was approved of them is kept."""
        self.keep_approved(units)
        return self._make(units)

    def _make(self, units: Sequence[str] | None) -> list[UnitPlan]:
        wanted = sorted(units or terragrunt.find_units(self.target))
        self.folder.mkdir(parents=True, exist_ok=True)
        origin = tree_fingerprint(self.target)
        # Only what was planned to be applied is recorded.
        inputs = read_inputs(self.target, wanted) if self.command == "plan" else {}
        arguments = [*([] if self.lock else ["-lock=false"]), *(f"-target={address}" for address in self.only)]
        # Terraform writes a plan also if it is interrupted: only whole ones take the place of earlier ones.
        with tempfile.TemporaryDirectory(dir=self.target.work_dir) as fresh:
            result = terragrunt.run(
                self.target, "plan", units=units, options=["--out-dir", fresh], arguments=arguments, again=self.command
            )
            result.require_success("The plan")
            for unit in wanted:
                self._take(unit, Path(fresh) / unit / "tfplan.tfplan")
        found = self._summaries(wanted)
        for unit in wanted:
            files.write_file(self.folder / unit / INPUTS, inputs.get(unit, ""))
        files.write_file(self._origin, origin)
        return found

    def _take(self, unit: str, fresh: Path) -> None:
        """Put a new plan in the place of an earlier one, of which nothing stays."""
        binary, document = self._files(unit)
        document.unlink(missing_ok=True)
        (binary.parent / INPUTS).unlink(missing_ok=True)
        binary.unlink(missing_ok=True)
        if fresh.is_file():
            binary.parent.mkdir(parents=True, exist_ok=True)
            fresh.replace(binary)

    def read(self, unit: str) -> Plan:
        """Return one unit's saved plan; CouldNotTell if it is missing or not whole."""
        (plan,) = self.read_all([unit])
        return plan

    def read_all(self, units: Sequence[str]) -> list[Plan]:
        """Return the saved plans of units, in their order; raises what `read` does.

        A plan that was not read before is printed by Terraform, which loads the provider's schema each time:
        as many at once as there are cores.
        """
        with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            return list(pool.map(self._read, units))

    def _read(self, unit: str) -> Plan:
        binary, document = self._files(unit)
        if binary.is_file() and not document.exists():
            printed = terraform.show_plan(self.target, unit, binary, "-json")
            ours = opentofu.complete_json(printed, binary) if self.target.engine is OPENTOFU else printed
            files.write_file(document, ours, 0o600)
        return read_plan(document, f"{self.target.environment.name}/{unit}", self._again, part=bool(self.only))

    def _files(self, unit: str) -> tuple[Path, Path]:
        return self.folder / unit / "tfplan.tfplan", self.folder / unit / "tfplan.json"

    def _summaries(self, units: Sequence[str]) -> list[UnitPlan]:
        """Return the summaries of saved plans; an empty plan is not printed by Terraform."""
        empty = {unit for unit in units if is_empty(self._files(unit)[0])}
        changing = [unit for unit in units if unit not in empty]
        plans = dict(zip(changing, self.read_all(changing), strict=True))
        return [summarise(unit, plans[unit]) if unit in plans else _nothing(unit) for unit in units]

    def saved(self) -> list[str]:
        """Return the units whose saved plans are still to be applied, sorted.

        Raises UserError if there are none, or if the rendered tree, or a module that runs from the
        working tree, has changed since.
        """
        name = self.target.environment.name
        if not self._origin.is_file():
            raise UserError(f"{name}: there is no saved plan.", self._again)
        if self._origin.read_bytes() != tree_fingerprint(self.target).encode():
            raise UserError(f"{name}: live/ or modules/ has changed since the plan was made.", self._again)
        units = sorted(self.names("tfplan.tfplan"))
        if not units:
            raise UserError(f"{name}: every saved plan has been applied.", self._again)
        return units

    def are_usable(self, units: Iterable[str]) -> bool:
        """Return True if each of the units has a saved plan that may still be applied."""
        try:
            return set(units) <= set(self.saved())
        except UserError:
            return False

    @property
    def exist(self) -> bool:
        """True if a plan was finished and there is still something of it to apply."""
        return self.finished and bool(self.names("tfplan.tfplan"))

    @property
    def finished(self) -> bool:
        """True if all plans of the last run were made."""
        return self._origin.is_file()

    def find_stale(self, units: Iterable[str], states: Iterable[StateObject]) -> set[str]:
        """Return the units whose state is not the one that their plan was made for.

        Terraform would refuse such a plan. One that is empty it would not see, because it is not applied.
        """
        documents = {one.unit: one.document for one in states}
        stale = set()
        for unit in units:
            plan = self._files(unit)[0]
            made, state = read_serial(plan), documents.get(unit)
            # A plan without a state has a new lineage and the serial 0 or 1, and creates something.
            if made and (made != (state["lineage"], state["serial"]) if state else made[1] > 1 or is_empty(plan)):
                stale.add(unit)
        return stale

    def record(self, unit: str, state: str) -> Record | None:
        """Return the record of a unit whose plan left this version of its state; None if its inputs are not known."""
        file = self.folder / unit / INPUTS
        inputs = file.read_text(encoding="utf-8") if file.is_file() else ""
        version = read_terraform(self._files(unit)[0])
        engine = f"{self.target.engine.program} {version}"
        return Record(inputs, engine, state) if inputs and version and state else None

    def names(self, file: str = "tfplan.*") -> set[str]:
        """Return the units that have a saved plan, or one in a certain file, whether it can be applied or not."""
        return {path.parent.relative_to(self.folder).as_posix() for path in self.folder.glob(f"*/*/{file}")}

    def load(self) -> list[UnitPlan]:
        """Return the summaries of the saved plans that are still to be applied; raises what `saved` and `read` do."""
        return self._summaries(self.saved())

    def changes(self, plans: Iterable[UnitPlan]) -> dict[str, UnitChanges]:
        """Return what each of the saved plans changes; an empty one changes nothing."""
        return {
            one.unit: UnitChanges(one.unit, (), ()) if one.empty else read_changes(one.unit, self.read(one.unit))
            for one in plans
        }

    def approved(self, plans: Iterable[UnitPlan]) -> dict[str, UnitChanges]:
        """Return what was approved for each unit, and what the units that are applied already changed.

        This is the saved plan, or the one that `keep_approved` kept when the unit was planned again.
        """
        found = self.changes(plans)
        for path in self.folder.glob(f"*/*/{APPLIED}"):
            unit = str(path.parent.relative_to(self.folder))
            found[unit] = read_changes(unit, read_plan(path, unit, self._again))
        for unit in found:
            path = self.folder / unit / APPROVED
            if path.is_file():
                empty = path.stat().st_size == 0
                found[unit] = UnitChanges(unit, (), ()) if empty else read_changes(unit, read_plan(path, unit))
        return found

    def kept(self) -> set[str]:
        """Return the units that were planned again and not applied since."""
        return {str(path.parent.relative_to(self.folder)) for path in self.folder.glob(f"*/*/{APPROVED}")}

    def keep_approved(self, units: Iterable[str]) -> None:
        """Keep the plans of units that are about to be planned again, so that a later apply still compares with them.

        An empty plan becomes an empty file.
        """
        for unit in units:
            kept, plan = self.folder / unit / APPROVED, self.folder / unit / "tfplan.json"
            if not kept.exists():
                files.write_file(kept, plan.read_text(encoding="utf-8") if plan.is_file() else "", 0o600)

    def forget(self, units: Iterable[str]) -> None:
        """Remove the saved plans of units that were applied; their JSON says which outputs they changed."""
        for unit in units:
            folder = self.folder / unit
            (folder / "tfplan.tfplan").unlink(missing_ok=True)
            (folder / APPROVED).unlink(missing_ok=True)
            if (folder / "tfplan.json").is_file():
                (folder / "tfplan.json").replace(folder / APPLIED)

    def discard(self) -> None:
        """Remove every saved plan."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _nothing(unit: str) -> UnitPlan:
    """Return the summary of an empty plan, which holds no mock either: a mock would be a change."""
    return UnitPlan(unit, (), outputs_change=False, provisional=False, applyable=False)


def tree_fingerprint(target: Target) -> str:
    """Return a hash of a plan's sources: the root file, the rendered tree and, if the working tree runs, modules/."""
    sources = [*target.root.glob("terragrunt.hcl"), *find_files(terragrunt.live_dir(target))]
    if target.environment.versions is None:
        sources += find_files(target.root / "modules")
    digest = hashlib.sha256()
    for path in filter(Path.is_file, sources):
        digest.update(f"{path.relative_to(target.root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
