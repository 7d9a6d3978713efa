"""The JSON of OpenTofu's plans gets what the reader of plan JSON asks for, and only if it is known."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meridian import tools
from meridian.engines import LOCAL_LOCK, OPENTOFU, TERRAFORM, Engine
from meridian.errors import CouldNotTell
from meridian.plans import opentofu, saved, terraform
from meridian.plans.saved import Plans
from meridian.targets import Kind, Target
from tests.plans.test_plan_file import ERRORED, plan
from tests.plans.test_plan_file import OPENTOFU as WHOLE

NOTHING = {"actions": ["no-op"]}
LOCK = 'provider "{registry}/hashicorp/aws" {{\n  version     = "{version}"\n  hashes = ["h1:x"]\n}}\n'


def change(**more: object) -> dict[str, Any]:
    """Return the plan of a resource that stays, with more in it."""
    return {"address": "a.b", "mode": "managed", "change": NOTHING, **more}


def printed(changes: list[dict[str, Any]], **more: object) -> bytes:
    """Return a plan as `tofu show -json` prints it."""
    values = {"root_module": {"resources": [{"address": "a.b", "mode": "managed"}]}}
    document = {"format_version": "1.2", "planned_values": values, "resource_changes": changes, "errored": False}
    return json.dumps(document | more).encode()


def completed(folder: Path, text: bytes, message: bytes = WHOLE) -> dict[str, Any]:
    """Return the document that is made of a text and a saved plan."""
    document: dict[str, Any] = json.loads(opentofu.complete_json(text, plan(folder, message)))
    return document


@pytest.mark.parametrize(
    ("text", "applyable"),
    [
        (printed([change()]), False),
        (printed([change()], output_changes={"a": NOTHING}), False),
        (printed([]), False),
        (printed([change(change={"actions": ["update"]})]), True),
        (printed([change(change={"actions": ["read"]})]), True),
        (printed([change(previous_address="a.c")]), True),
        (printed([change(change={**NOTHING, "importing": {"id": "x"}})]), True),
        (printed([change()], output_changes={"a": {"actions": ["create"]}}), True),
    ],
    ids=["nothing", "no output", "no resource", "update", "read", "move", "import", "output"],
)
def test_what_there_is_to_apply_is_computed(tmp_path: Path, text: bytes, applyable: bool) -> None:
    document = completed(tmp_path, text)
    assert (document["applyable"], document["complete"], document["errored"]) == (applyable, True, False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (printed([change()], errored=True), WHOLE),
        (printed([change()]), WHOLE + ERRORED),
        (printed([change()]), WHOLE + b"\x2a\x01a"),
        (printed([change()]), b""),
    ],
    ids=["errored", "an error in the file only", "-target", "an unreadable file"],
)
def test_a_part_of_a_plan_is_not_complete(tmp_path: Path, text: bytes, message: bytes) -> None:
    assert completed(tmp_path, text, message)["complete"] is False


@pytest.mark.parametrize(
    "text",
    [
        b"not JSON",
        b"[]",
        json.dumps({"applyable": False, "errored": False}).encode(),
        printed([change()], errored="no"),
        printed([{"address": "a.b"}]),
        json.dumps({"format_version": "1.2"}).encode(),
    ],
    ids=["not JSON", "a list", "Terraform's", "errored is a text", "a change of another form", "no errored"],
)
def test_what_is_not_opentofus_stays_as_it_is(tmp_path: Path, text: bytes) -> None:
    assert opentofu.complete_json(text, plan(tmp_path, WHOLE)) == text


@pytest.fixture
def linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that makes the folder of tools, with these in it."""

    def make(*names: str) -> Path:
        folder = tmp_path / "tools"
        folder.mkdir()
        for name in names:
            (folder / name).write_text(LOCK.format(registry=OPENTOFU.registry, version="5.100.0"))
        monkeypatch.setattr(tools, "folder", lambda: folder)
        return folder

    return make


def on(target: Target, engine: Engine, kind: Kind = "local") -> Target:
    """Return a target whose inventory names an engine."""
    environment = replace(target.environment, engine=engine)
    return replace(target, kind=kind, environment=environment, endpoint=target.endpoint if kind == "local" else None)


def test_a_saved_plan_of_opentofu_is_read(
    target: Target, linked: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of Terraform the same text is refused: an old one made it."""
    linked("terraform", "tofu")
    unit = "us-east-1/identity"
    monkeypatch.setattr(terraform, "show_plan", lambda *_: printed([change()]))
    folder = Plans(target).folder / unit
    folder.mkdir(parents=True)
    plan(folder, WHOLE)
    assert not saved.Plans(on(target, OPENTOFU)).read(unit).applyable
    (folder / "tfplan.json").unlink()
    with pytest.raises(CouldNotTell, match="does not say whether it is applyable and complete"):
        saved.Plans(on(target, TERRAFORM)).read(unit)


@pytest.mark.parametrize(
    ("names", "engine", "kind", "runs"),
    [
        (("terraform",), TERRAFORM, "local", TERRAFORM),
        (("terraform", "tofu"), TERRAFORM, "local", TERRAFORM),
        (("tofu",), TERRAFORM, "local", OPENTOFU),
        (("tofu",), TERRAFORM, "aws", TERRAFORM),
        (("terraform",), OPENTOFU, "local", OPENTOFU),
        ((), TERRAFORM, "local", TERRAFORM),
    ],
)
def test_opentofu_stands_in_for_a_missing_terraform_on_the_local_aws_only(
    target: Target, linked: Callable[..., Path], names: tuple[str, ...], engine: Engine, kind: Kind, runs: Engine
) -> None:
    folder = linked(*names)
    chosen = on(target, engine, kind)
    assert chosen.engine is runs
    stands_in = runs is not engine
    assert chosen.download_dir.name == ("cache-opentofu" if runs is OPENTOFU else "cache")
    assert chosen.environ({}).get("TG_TF_PATH") == (str(folder / "tofu") if stands_in else None)


@pytest.mark.parametrize(
    ("engine", "kind", "version", "named"),
    [
        (OPENTOFU, "local", "5.100.0", True),
        (OPENTOFU, "local", "5.99.0", False),
        (OPENTOFU, "aws", "5.100.0", False),
        (TERRAFORM, "local", "5.100.0", False),
    ],
)
def test_the_lock_file_of_this_machine_is_for_opentofu_on_the_local_aws(
    target: Target, linked: Callable[..., Path], engine: Engine, kind: Kind, version: str, named: bool
) -> None:
    """And for the version that the environment has; a caller's variable never reaches a run."""
    folder = linked("terraform", "tofu", LOCAL_LOCK, "tofurc", "terraformrc")
    text = LOCK.format(registry=TERRAFORM.registry, version=version)
    (target.root / "live/dev/.terraform.lock.hcl").write_text(text)
    child = on(target, engine, kind).environ({"MERIDIAN_PROVIDER_LOCK": "x", "TG_TF_PATH": "x"})
    assert child.get("MERIDIAN_PROVIDER_LOCK") == (str(folder / LOCAL_LOCK) if named else None)
    assert "TG_TF_PATH" not in child
    configuration = "tofurc" if engine is OPENTOFU else "terraformrc"
    foreign = engine is OPENTOFU and kind == "aws"
    assert child.get("TF_CLI_CONFIG_FILE") == (None if foreign else str(folder / configuration))
