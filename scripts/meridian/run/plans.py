"""Saved plans of one target: made together, applied once, refused when the tree has moved on."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from meridian import files
from meridian.errors import CouldNotTell, MeridianError, UserError
from meridian.run import terragrunt
from meridian.run.summary import UnitPlan, summarise
from meridian.targets import Target


@dataclass(frozen=True)
class Plans:
    """The folder out/<target>/<env>/plans: one folder a unit, and what they were made from."""

    target: Target

    @property
    def folder(self) -> Path:
        """Where Terragrunt writes `<unit>/tfplan.tfplan` and `<unit>/tfplan.json`."""
        return self.target.work_dir / "plans"

    @property
    def _origin(self) -> Path:
        return self.folder / "origin.json"

    def make(self, units: Sequence[str] | None = None) -> list[UnitPlan]:
        """Plan the units (all: None), save the plans and return their summaries, sorted."""
        if units is None:
            self.discard()
        wanted = sorted(units or terragrunt.graph(self.target))
        self.folder.mkdir(parents=True, exist_ok=True)
        origin = fingerprint(self.target)
        result = terragrunt.run(
            self.target,
            "plan",
            units=units,
            options=["--out-dir", str(self.folder), "--json-out-dir", str(self.folder)],
        )
        try:
            result.require_success("The plan")
            found = [self.read(unit) for unit in wanted]
        except MeridianError:
            if units is None:
                self.discard()
            raise
        files.write(self._origin, json.dumps({"fingerprint": origin}))
        return found

    def read(self, unit: str) -> UnitPlan:
        """Return one saved plan's summary; CouldNotTell where there is none to read."""
        path = self.folder / unit / "tfplan.json"
        try:
            plan = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CouldNotTell(f"{unit}: its saved plan cannot be read: {error}", "Plan again.") from error
        if not str(plan.get("format_version", "")).startswith("1."):
            raise CouldNotTell(f"{unit}: the plan's format {plan.get('format_version')!r} is not known.")
        return summarise(unit, plan)

    def load(self) -> list[UnitPlan]:
        """Return the summaries of the saved plans that are still to be applied.

        Raises UserError where there are none, or where the rendered tree, or a module that
        runs from the working tree, has changed since.
        """
        name = self.target.environment.name
        again = f"Run `meridian plan {name} --target {self.target.kind}`."
        if not self._origin.is_file():
            raise UserError(f"{name}: there is no saved plan.", again)
        if json.loads(self._origin.read_text(encoding="utf-8")).get("fingerprint") != fingerprint(self.target):
            raise UserError(f"{name}: live/ or modules/ has changed since the plan was made.", again)
        saved = sorted(str(path.parent.relative_to(self.folder)) for path in self.folder.glob("*/*/tfplan.tfplan"))
        if not saved:
            raise UserError(f"{name}: every saved plan has been applied.", again)
        return [self.read(unit) for unit in saved]

    def forget(self, units: Iterable[str]) -> None:
        """Remove plans that have been applied: a plan is applied once."""
        for unit in units:
            shutil.rmtree(self.folder / unit, ignore_errors=True)

    def discard(self) -> None:
        """Remove every saved plan."""
        shutil.rmtree(self.folder, ignore_errors=True)


def fingerprint(target: Target) -> str:
    """Return a hash of all that a plan of the environment is made from, but for the account.

    That is the rendered tree, the root file and, where the working tree runs, the modules.
    """
    files = [target.root / "terragrunt.hcl", *_files(terragrunt.live_dir(target))]
    if target.environment.versions is None:
        files += _files(target.root / "modules")
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(target.root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part in {".terragrunt-cache", ".terraform"} for part in path.parts)
    )
