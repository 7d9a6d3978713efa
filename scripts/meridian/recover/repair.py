"""The repairs of `recover`, in order: each is shown as a sentence first and done only after consent."""

import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meridian import files
from meridian.aws import AWS_ERRORS
from meridian.console import say
from meridian.errors import CouldNotTell, OperationFailed
from meridian.plans import terragrunt
from meridian.plans.plan_json import Plan, holds_sentinel, read_plan
from meridian.plans.saved import Plans
from meridian.plans.terraform import require_folder, run_terraform
from meridian.recover.errored import push_errored
from meridian.recover.finders import Scene
from meridian.recover.listing import find_resources
from meridian.recover.locks import Lock, remove_lock
from meridian.recover.matches import Import, match_plan
from meridian.recover.resources import Resource, find_orphans
from meridian.recover.survey import Survey, find_stale
from meridian.state.contents import read_states, restore_version
from meridian.state.copy import bring_back, clear_mark, find_newer, read_mark
from meridian.targets import Target


@dataclass(frozen=True)
class Repair:
    """One step: what it does to which unit, and the function that does it."""

    kind: str
    unit: str
    sentence: str
    do: Callable[[], object]


def list_repairs(target: Target, found: Survey, forced: Collection[str]) -> list[Repair]:
    """Return the repairs of locks and states, in the order in which they have to be done."""
    return [*_unlock(target, found, forced), *_push(target, found), *_restore(target, found), *_forget(target, found)]


def list_newer(target: Target) -> Iterator[Repair]:
    """Yield the steps that bring the states back which were written in the copy, and end its use; none without one.

    Raises CouldNotTell if the copy cannot be read.
    """
    if target.environment.state_copy is None or target.environment.reads_copy:
        return
    try:
        since = read_mark(target)
    except AWS_ERRORS as error:
        raise CouldNotTell(
            f"{target.environment.name}: the copy of the states cannot be read: {error}", "Run the command again."
        ) from error
    if not since:
        return
    for state, sentence in find_newer(target):
        yield Repair("bring back", state.unit, sentence, lambda state=state: bring_back(target, state))  # type: ignore[misc]
    sentence = f"the states in {target.environment.primary_region} count again; the copy was used since {since}"
    yield Repair("end", "", sentence, lambda: clear_mark(target))


def blocking_locks(locks: Iterable[Lock], forced: Collection[str]) -> list[Lock]:
    """Return the locks whose runs may be alive and that were not named to be broken."""
    return [lock for lock in locks if not lock.dead and lock.id not in forced]


def _unlock(target: Target, found: Survey, forced: Collection[str]) -> Iterator[Repair]:
    for lock in found.locks:
        if lock.dead or lock.id in forced:
            why = lock.dead or "you named its ID"
            yield Repair("unlock", lock.unit, f"{lock}; {why}", lambda lock=lock: remove_lock(target, lock))  # type: ignore[misc]


def _push(target: Target, found: Survey) -> Iterator[Repair]:
    for one in found.errored:
        sentence = "push the state that could not be uploaded (errored.tfstate)"
        yield Repair("push", one.unit, sentence, lambda one=one: push_errored(target, one))  # type: ignore[misc]


def _restore(target: Target, found: Survey) -> Iterator[Repair]:
    pushed = {one.unit for one in found.errored}
    for state, version in found.broken:
        if version is not None and state.unit not in pushed:
            written = version.written.strftime("%Y-%m-%d %H:%M:%S %Z")
            sentence = (
                f"the state {state.problem}: restore the version of {written} "
                f"(serial {version.serial}, {version.resources} resources)"
            )
            yield Repair(
                "restore",
                state.unit,
                sentence,
                lambda state=state, version=version: restore_version(target, state, version),  # type: ignore[misc]
            )


def _forget(target: Target, found: Survey) -> Iterator[Repair]:
    for unit, addresses in found.half_made.items():
        sentence = f"{', '.join(addresses)}: half made; take it out of the state, then import what exists of it"
        yield Repair("forget", unit, sentence, lambda unit=unit, found=addresses: _remove(target, unit, found))  # type: ignore[misc]


def _remove(target: Target, unit: str, addresses: Sequence[str]) -> None:
    run_terraform(target, unit, require_folder(target, unit), "state", "rm", "-lock-timeout=10s", *addresses)


def drop_stale_plans(target: Target) -> list[str]:
    """Drop every saved plan if one of them is stale, so that the next apply plans anew; return why."""
    reasons = find_stale(target, read_states(target))
    if reasons:
        Plans(target).discard()
    return reasons


def import_orphans(target: Target, units: Sequence[str], orphans: Sequence[Resource]) -> list[Import]:
    """Import what the plans of the units would create although it exists; return what was imported.

    Changes only states. Raises OperationFailed if Terraform refuses an import.
    """
    planned = _plan(target, units)
    with ThreadPoolExecutor(max_workers=2) as pool:
        done = pool.map(lambda unit: list(_import_unit(target, unit, planned[unit], orphans)), units)
        return [one for some in done for one in some]


def remaining_orphans(target: Target) -> list[Resource]:
    """Return the resources that no state knows now."""
    return find_orphans(find_resources(target), read_states(target))


def _plan(target: Target, units: Sequence[str]) -> Mapping[str, Plan]:
    with tempfile.TemporaryDirectory(dir=target.work_dir) as folder:
        options = ["--out-dir", folder, "--json-out-dir", folder]
        terragrunt.run(target, "plan", units=units, options=options).require_success("The plan of what to import")
        return {unit: read_plan(Path(folder) / unit / "tfplan.json", unit) for unit in units}


def _import_unit(target: Target, unit: str, plan: Plan, orphans: Sequence[Resource]) -> Iterator[Import]:
    scene = Scene(target, unit.partition("/")[0], [one for one in orphans if one.unit == unit])
    found = match_plan(scene, unit, plan)
    if not found:
        return
    folder = require_folder(target, unit)
    variables: dict[str, Any] = {name: one.get("value") for name, one in plan.document.get("variables", {}).items()}
    # Not through Terragrunt: it refuses an import while an output that the unit reads is a mock.
    with tempfile.TemporaryDirectory(dir=target.work_dir) as private:
        path = Path(private) / "recover.tfvars.json"
        files.write_file(path, json.dumps(variables), 0o600)
        for one in found:
            say(f"   {unit}: import {one.address} ({one.id})")
            _import(target, folder, path, one)
            yield one
        _drop_half_made_outputs(target, unit, folder, Path(private))


def _drop_half_made_outputs(target: Target, unit: str, folder: Path, private: Path) -> None:
    """Remove from a state the outputs that an import left null or made of a mock: readers would plan with them."""
    state = json.loads(run_terraform(target, unit, folder, "state", "pull"))
    outputs = state.get("outputs", {})
    whole = {
        name: one for name, one in outputs.items() if one.get("value") is not None and not holds_sentinel(one["value"])
    }
    if whole == outputs:
        return
    path = private / "state.json"
    files.write_file(path, json.dumps(state | {"outputs": whole, "serial": state["serial"] + 1}), 0o600)
    run_terraform(target, unit, folder, "state", "push", "-lock-timeout=10s", str(path))


def _import(target: Target, folder: Path, variables: Path, one: Import) -> None:
    options = ["-input=false", "-no-color", "-lock-timeout=10s", f"-var-file={variables}"]
    try:
        run_terraform(target, one.unit, folder, "import", *options, one.address, one.id)
    except OperationFailed as error:
        raise OperationFailed(
            f"{error.message} ({one.address}, {one.id})",
            f"What was imported stays; run `meridian recover {target.arguments}` again.",
        ) from error
