"""The outputs of an environment's units, read from the states in the state bucket."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from meridian.aws import error_code
from meridian.console import say
from meridian.errors import CouldNotTell
from meridian.plans.terragrunt import find_units
from meridian.state.contents import AT_ONCE, STATE, VERSION, bucket_arguments, real_version
from meridian.targets import Target


def read_outputs(target: Target) -> dict[str, dict[str, Any]]:
    """Return the outputs of every unit, e.g. {"us-east-1/identity": {"client_id": "..."}}.

    A unit that has no outputs, or whose state cannot be read, is left out and named on stderr, so that one
    region does not hide another. Raises CouldNotTell if no unit has outputs. Units that are being removed may
    be destroyed already and are skipped.
    """
    client = target.client("s3")
    units = _units(target)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        read = dict(zip(units, pool.map(lambda unit: _try(target, client, unit), units), strict=True))
    found = {unit: outputs for unit, outputs in read.items() if isinstance(outputs, dict) and outputs}
    failed = [error for error in read.values() if isinstance(error, CouldNotTell)]
    if not found:
        name = target.environment.name
        raise next(iter(failed), None) or CouldNotTell(
            f"{name}: no outputs in {', '.join(units) or f'live/{name}'}: never applied, or destroyed.",
            f"Apply it first: `meridian apply {target.arguments}`.",
        )
    for error in failed:
        say(f"   {error.message}")
    if missing := [unit for unit in units if unit not in found]:
        say(f"   no outputs in {', '.join(missing)}")
    return found


@dataclass(frozen=True)
class Current:
    """A unit's state in the bucket: its outputs, and its version; empty if the bucket keeps none."""

    outputs: Mapping[str, Any]
    version: str


def read_current(target: Target, units: Iterable[str]) -> dict[str, Current]:
    """Return what the states of units hold now; one that cannot be read is left out. No state has no outputs."""
    client, names = target.client("s3"), list(units)

    def read(unit: str) -> Current | None:
        try:
            return _read_state(target, client, unit)
        except CouldNotTell:
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = zip(names, pool.map(read, names), strict=True)
        return {unit: current for unit, current in found if current}


def read_unit(target: Target, client: Any, unit: str) -> dict[str, Any]:
    """Return one unit's outputs by name; empty if it was never applied.

    `client` is one of S3. Raises CouldNotTell if the state cannot be read.
    """
    return dict(_read_state(target, client, unit).outputs)


def _read_state(target: Target, client: Any, unit: str) -> Current:
    name = f"{target.environment.name}/{unit}"
    try:
        found = client.get_object(Key=f"live/{name}{STATE}", **bucket_arguments(target))
        body = found["Body"].read()
    except ClientError as error:
        if error_code(error) == "NoSuchKey":
            return Current({}, "")
        raise CouldNotTell(f"{name}: its state cannot be read: {error}") from error
    except BotoCoreError as error:
        raise CouldNotTell(f"{name}: its state cannot be read: {error}") from error
    try:
        return Current(_outputs(json.loads(body)), real_version(found))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CouldNotTell(f"{name}: its state is not a Terraform state of version {VERSION}.") from error


def _units(target: Target) -> list[str]:
    """Return the units of the rendered tree, without those that are being removed."""
    environment = target.environment
    split = [unit.partition("/") for unit in find_units(target)]
    lasting = set(environment.lasting_region_names)
    return [f"{one}/{unit}" for one, _, unit in split if one in lasting and not environment.retires(unit, one)]


def _outputs(state: Mapping[str, Any]) -> dict[str, Any]:
    if state["version"] != VERSION:
        raise ValueError(state["version"])
    return {str(name): output["value"] for name, output in state["outputs"].items()}


def _try(target: Target, client: Any, unit: str) -> dict[str, Any] | CouldNotTell:
    try:
        return read_unit(target, client, unit)
    except CouldNotTell as error:
        return error
