"""The facts of an environment that the policies read come from all of its saved plans."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from meridian.errors import CouldNotTell
from meridian.gate import code, units
from meridian.inventory.load import load_inventory
from meridian.plans import terraform
from meridian.plans.plan_json import Plan
from meridian.plans.saved import Plans
from meridian.targets import Target
from tests.conftest import ROOT
from tests.gate.corpus import keep

COMPUTE, IDENTITY = "us-east-1/compute", "us-east-1/identity"


@pytest.fixture
def target(tmp_path: Path) -> Target:
    """Return dev, which runs the working tree, with the saved plans of compute and identity."""
    root = tmp_path / "repository"
    root.mkdir()
    (root / "modules").symlink_to(ROOT / "modules")
    inventory = load_inventory(ROOT / "live/inventory.yaml")
    found = Target("local", root, inventory.environment("dev"), inventory.repository, "http://127.0.0.1:1")
    for name in (COMPUTE, IDENTITY):
        folder = Plans(found).folder / name
        folder.mkdir(parents=True)
        shutil.copy(keep.FOLDER / f"{Path(name).name}.json", folder / "tfplan.json")
    return found


def issuers(target: Target, folder: Path) -> object:
    """Return the issuers that the scan of compute's plan gets."""
    (unit,) = units.read_units(target, [COMPUTE], folder)
    return units.unit_job(unit).facts.get("issuers", "unknown")


def test_the_pool_is_known_from_a_plan_that_is_not_scanned(target: Target, tmp_path: Path) -> None:
    (pool,) = [
        one
        for one in json.loads((keep.FOLDER / "identity.json").read_text())["planned_values"]["root_module"]["resources"]
        if one["type"] == "aws_cognito_user_pool"
    ]
    assert issuers(target, tmp_path) == [f"https://{pool['values']['endpoint']}"]


@pytest.mark.parametrize(("retiring", "unit_region"), [("us-east-1", "us-east-1"), ("eu-west-1", "us-east-1")])
def test_only_a_unit_of_the_region_that_retires_may_lose_its_protection(
    target: Target, tmp_path: Path, retiring: str, unit_region: str
) -> None:
    """The inventory says so, not the plan."""
    marked = tuple(replace(one, retiring=one.name == retiring) for one in target.environment.regions)
    (unit,) = units.read_units(
        replace(target, environment=replace(target.environment, regions=marked)), [COMPUTE], tmp_path
    )
    assert unit.region == unit_region
    assert unit.retiring == units.unit_job(unit).facts["retiring"] == (retiring == unit_region)


@pytest.mark.parametrize(("name", "checks"), [("dev", []), ("prod", ["MRD_CHANGE_001"])])
def test_a_function_takes_its_logs_along_unless_its_environment_is_protected(
    tmp_path: Path, name: str, checks: list[str]
) -> None:
    """The inventory says which one is."""
    document = json.loads((keep.FOLDER / "compute.json").read_text())
    gone: dict[str, dict[str, object]] = {
        "aws_cloudwatch_log_group": {"name": "/aws/lambda/parcels"},
        "aws_lambda_function": {"function_name": "parcels", "logging_config": [{"log_group": "/aws/lambda/parcels"}]},
    }
    document["resource_changes"] += [
        {"address": f"{kind}.parcels", "mode": "managed", "type": kind, "name": "parcels"}
        | {"change": {"actions": ["delete"], "before": before, "after": None}}
        for kind, before in gone.items()
    ]
    environment = load_inventory(ROOT / "live/inventory.yaml").environment(name)
    module = code.read_module(ROOT / "modules/compute")
    found = units.find_in_unit(units.Unit(environment, COMPUTE, Plan(document), tmp_path, module), [], final=True)
    assert [one.check for one in found if one.places[0].resource.endswith(".parcels")] == checks


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_pool_without_an_endpoint_has_no_issuer(target: Target, tmp_path: Path, forgotten: bool) -> None:
    """It does not exist yet; or it leaves the state, and Terraform lists it without any value."""
    file = Plans(target).folder / IDENTITY / "tfplan.json"
    plan = json.loads(file.read_text())
    for one in Plan(plan).resources:
        one["values"].pop("endpoint", None)
        if forgotten:
            del one["values"]  # type: ignore[attr-defined]
    file.write_text(json.dumps(plan))
    assert issuers(target, tmp_path) == []


def test_the_issuers_are_unknown_if_no_plan_has_a_pool(target: Target, tmp_path: Path) -> None:
    shutil.rmtree(Plans(target).folder / IDENTITY)
    assert issuers(target, tmp_path) == "unknown"


def test_of_the_empty_plans_only_that_of_the_pool_is_read(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = issuers(target, tmp_path)
    asked: list[str] = []

    def show(_: Target, unit: str, *__: object) -> bytes:
        asked.append(unit)
        return (keep.FOLDER / f"{Path(unit).name}.json").read_bytes()

    monkeypatch.setattr(terraform, "show_plan", show)
    for name in (IDENTITY, "us-east-1/data"):
        folder = Plans(target).folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "tfplan.tfplan").touch()
    assert issuers(target, tmp_path) == known
    assert asked == [IDENTITY]


def test_a_unit_without_a_plan_is_not_skipped(target: Target, tmp_path: Path) -> None:
    with pytest.raises(CouldNotTell, match="dev/eu-west-1/data: it has no plan"):
        units.read_units(target, ["eu-west-1/data"], tmp_path)


def test_checkov_is_given_a_copy(target: Target, tmp_path: Path) -> None:
    """In the copy a null has no reference; the plan that is applied stays as it is."""
    saved = Plans(target).folder / COMPUTE / "tfplan.json"
    before = saved.read_bytes()
    (unit,) = units.read_units(target, [COMPUTE], tmp_path / "given")
    assert unit.path.is_relative_to(tmp_path / "given")
    assert saved.read_bytes() == before
