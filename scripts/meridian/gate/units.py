"""What the gate scans: the folder of each module, and the plan of each unit beside the code of its module."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from meridian import git
from meridian.console import step
from meridian.errors import CouldNotTell, UserError
from meridian.gate import code
from meridian.gate.accepted import planned
from meridian.gate.accepted.fixed import Accepted, read_accepted
from meridian.gate.checkov import findings, plan_copy
from meridian.gate.checkov.engine import Job, Result, plain_address
from meridian.gate.finding import Finding, Place
from meridian.gate.rules import changes
from meridian.inventory.model import Environment
from meridian.modules.contract import SENTINEL
from meridian.modules.ledger import Row
from meridian.modules.library import Library
from meridian.plans.approval import Swap
from meridian.plans.plan_json import Plan
from meridian.plans.saved import Plans
from meridian.plans.terragrunt import find_units
from meridian.targets import Target

POOL = "aws_cognito_user_pool"


@dataclass(frozen=True)
class Unit:
    """One unit's saved plan: `name` is `<region>/<unit>`, `path` the copy for Checkov, `code` its module's blocks.

    `issuers` are those of the environment's own user pools, as the function `issuers` returns them.
    """

    environment: Environment
    name: str
    plan: Plan
    path: Path
    code: code.Code
    issuers: Sequence[str] | None = None
    repository: str = ""
    """The URL of the repository that the inventory names."""
    accepted: Accepted = field(default_factory=Accepted)
    """The accepted pictures of the environment's modules."""
    swaps: Sequence[Swap] = ()
    """The old and new values of outputs that the unit reads and that were applied since it was approved."""

    @property
    def region(self) -> str:
        """The region of the unit."""
        return self.name.partition("/")[0]

    @property
    def module(self) -> str:
        """The module that the unit runs; both have the same name."""
        return self.name.partition("/")[2]

    @property
    def retiring(self) -> bool:
        """Whether the inventory says that the unit or its region will be destroyed: its table may be deleted then."""
        if self.environment.retires(self.module, self.region):
            return True
        return any(region.name == self.region and region.retiring for region in self.environment.regions)

    @property
    def id(self) -> str:
        """`<environment>/<region>/<unit>`, as in live/."""
        return f"{self.environment.name}/{self.name}"


def read_modules(root: Path) -> list[code.Code]:
    """Return every module of the working tree; CouldNotTell if there is none."""
    found = [code.read_module(manifest.parent) for manifest in sorted((root / "modules").glob("*/unit.yaml"))]
    if not found:
        raise CouldNotTell("modules/ has no module with a unit.yaml.", "Nothing was scanned.")
    return found


def module_job(module: code.Code) -> Job:
    """Return the scan of one module's code."""
    return Job(f"modules/{module.folder.name}", "module", module.folder, module.folder, module.resources)


def find_issuers(plans: Iterable[Plan]) -> list[str] | None:
    """Return the issuers of the user pools in an environment's plans.

    The list is empty if the pool does not exist yet. None: no plan has a pool, so the issuers are unknown.
    """
    pools = [one for plan in plans for one in plan.resources if one["type"] == POOL]
    # A resource that leaves the state has no planned values.
    endpoints = {one.get("values", {}).get("endpoint") for one in pools}
    return sorted(f"https://{endpoint}" for endpoint in endpoints if endpoint) if pools else None


def unit_job(unit: Unit) -> Job:
    """Return the scan of one unit's plan, with the facts of its environment that the policies read."""
    facts: dict[str, Any] = {
        "environment": unit.environment.name,
        "protected": unit.environment.protected,
        "retiring": unit.retiring,
        "account_id": unit.environment.account_id,
        "mock": SENTINEL,
        "repository": unit.environment.subject
        or "/".join(unit.repository.removesuffix(".git").rstrip("/").split("/")[-2:]),
    }
    if unit.issuers is not None:
        facts["issuers"] = list(unit.issuers)
    planned = frozenset(plain_address(one["address"]) for one in unit.plan.resources)
    return Job(unit.id, "plan", unit.path, unit.code.folder, planned, facts)


def extract_release(root: Path, row: Row, folder: Path) -> Path:
    """Write a released module from git into `folder` and return its path."""
    target = folder / f"{row.module}-{row.version}" / row.module
    if not target.exists():
        git.extract_tree(root, row.tree, target)
    return target


def plan_units(target: Target, folder: Path) -> list[Unit]:
    """Return every unit with its saved plan; plan first if a plan is missing or outdated.

    With the copy of the states, the units of the lost region cannot be planned: only what was planned is returned.
    Released modules and the copies of plans for Checkov go into `folder`.
    Raises CouldNotTell if a unit still has no plan, UserError without the plans on the copy.
    """
    plans = Plans(target)
    name = target.environment.name
    if target.environment.reads_copy:
        return read_units(target, sorted(plans.saved()), folder)
    wanted = set(find_units(target))
    try:
        found = set(plans.saved())
    except UserError:
        found = set()
    if found != wanted:
        with step(f"plan {name}"):
            found = {one.unit for one in plans.make()}
    if missing := sorted(wanted - found):
        raise CouldNotTell(f"{name}/{missing[0]}: it has no plan.", "Plan again.")
    return read_units(target, sorted(found), folder)


def read_units(target: Target, names: Collection[str], folder: Path, plans: Plans | None = None) -> list[Unit]:
    """Return the named units (`<region>/<unit>`) with their saved plans and the code of their modules."""
    plans = plans or Plans(target)
    saved = plans.names()
    codes = _read_codes(target, {name.partition("/")[2] for name in saved.union(names)}, folder)
    # The pool's unit may have nothing to apply, and its plan still names the environment's own issuer.
    pools = {name for name in saved if _declares_pool(codes[name.partition("/")[2]])}
    # A plan that was printed has changes: it may be the one that removes the pool.
    wanted = sorted(pools.union(plans.names("tfplan.json"), names))
    read = dict(zip(wanted, plans.read_all(wanted), strict=True))
    issuers = find_issuers(read.values())
    accepted = read_accepted({module: one.folder for module, one in codes.items()})
    found = []
    for name in names:
        module = codes[name.partition("/")[2]]
        copy = plan_copy.write_plan_copy(read[name], folder / "plans" / name / "tfplan.json")
        found.append(Unit(target.environment, name, read[name], copy, module, issuers, target.repository, accepted))
    return found


def _read_codes(target: Target, modules: Iterable[str], folder: Path) -> dict[str, code.Code]:
    """Return the blocks of modules as the environment runs them; released ones are written into `folder`."""
    pins, library = target.environment.versions, Library(target.root)
    if pins is None:
        return {module: code.read_module(target.root / "modules" / module) for module in modules}
    rows = {module: library.releases[module, pins[module]] for module in modules}
    return {module: code.read_module(extract_release(target.root, row, folder)) for module, row in rows.items()}


def _declares_pool(module: code.Code) -> bool:
    return any(address.startswith(f"{POOL}.") for address in module.resources)


def find_in_unit(unit: Unit, results: Sequence[Result], *, final: bool) -> list[Finding]:
    """Return the findings of a unit's plan; `final`: the plan is about to be applied, so a mock is a finding."""
    place = Place(unit.environment.name, unit.region, unit.module)
    found = findings.checkov_findings(unit.code, results, place, provisional=unit.plan.provisional)
    found += planned.find_in_plan(
        unit.plan,
        place=place,
        lines=unit.code.blocks,
        own=unit.environment.account_id,
        accepted=unit.accepted,
        judged={where.resource for one in found if one.check in planned.JUDGED for where in one.places},
    )
    return found + changes.find_in_changes(
        unit.plan,
        place=place,
        lines=unit.code.blocks,
        final=final,
        swaps=unit.swaps,
        retiring=unit.retiring,
        protected=unit.environment.protected,
        accepted=partial(unit.accepted.fixes, unit.module),
    )
