"""`recover` asks before it works, works in order, and leaves alone what may be alive; `audit` only reads."""

import fcntl
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from meridian.cli import main
from meridian.errors import CouldNotTell, OperationFailed
from meridian.recover import command, errored, repair, survey
from meridian.recover.resources import Resource
from meridian.targets import Target
from tests.recover.conftest import Bucket
from tests.recover.test_locks import lock

UNIT = "us-east-1/identity"
ERRORED = "errored.tfstate"
KEY = f"live/dev/{UNIT}/terraform.tfstate"
SAVED = f"live/dev/{UNIT}/{ERRORED}"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, target: Target) -> None:
    """Let every command find the target of the test; AWS holds nothing but states."""
    monkeypatch.setattr(command, "resolve", lambda *_: target)
    monkeypatch.setattr(command, "require_current", lambda _: None)
    for module in (survey, repair):
        monkeypatch.setattr(module, "find_resources", lambda _: [])
    monkeypatch.setattr(repair, "import_orphans", lambda *_: [])


def run(target: Target, *words: str) -> int:
    """Run a command of the command line on the target's repository."""
    (target.root / "live/inventory.yaml").touch()
    return main([*words, "--root", str(target.root), "--target", "local"])


def report(target: Target, name: str) -> dict[str, Any]:
    """Return the last report of a command."""
    found: dict[str, Any] = json.loads((target.root / f"out/{name}.json").read_text())
    return found


def download_folder(target: Target) -> Path:
    """Make the download folder of the unit."""
    folder = target.work_dir / "cache/one/two/identity"
    folder.mkdir(parents=True)
    (folder / ".terraform").mkdir()
    (folder / ".terraform/terraform.tfstate").write_text(json.dumps({"backend": {"config": {"key": KEY}}}))
    return folder


def save_plan(target: Target, serial: int, lineage: str = "one") -> Path:
    """Save a plan of the unit as Terraform writes it."""
    folder = target.work_dir / "plans"
    (folder / UNIT).mkdir(parents=True)
    (folder / "origin.sha256").touch()
    with zipfile.ZipFile(folder / UNIT / "tfplan.tfplan", "w") as parts:
        parts.writestr("tfstate", json.dumps({"serial": serial, "lineage": lineage}))
    return folder


def test_nothing_is_wrong(target: Target, bucket: Bucket, state: Callable[..., bytes]) -> None:
    bucket.versions[KEY] = [state()]
    assert run(target, "audit", "dev") == 0
    assert run(target, "recover", "dev") == 0
    assert report(target, "audit")["findings"] == report(target, "recover")["steps"] == []


def test_a_key_that_goes_with_its_unit_is_no_finding(
    target: Target, bucket: Bucket, state: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS deletes it after 30 days; until then the command would cancel what was wanted."""
    bucket.versions[KEY] = [state()]
    ending = {"DeletionDate": datetime(2026, 1, 31, tzinfo=UTC)}
    keys = [Resource(unit, "us-east-1", "aws_kms_key", unit, about=ending) for unit in (UNIT, "us-east-1/removed")]
    monkeypatch.setattr(survey, "find_resources", lambda _: keys)
    assert run(target, "audit", "dev") == 1
    assert [one["unit"] for one in report(target, "audit")["findings"]] == [UNIT]


def test_a_dry_run_and_a_missing_consent_change_nothing(
    target: Target, bucket: Bucket, state: Callable[..., bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.versions = {KEY: [state(), b""], f"{KEY}.tflock": [lock()]}
    before = {key: list(versions) for key, versions in bucket.versions.items()}
    assert run(target, "recover", "dev", "--dry-run") == 1
    assert [one["kind"] for one in report(target, "recover")["steps"]] == ["unlock", "restore"]
    assert "the state is empty: restore the version of 2026-01-31 12:00:00" in capsys.readouterr().err
    assert run(target, "recover", "dev") == 2
    assert "meridian recover dev --target local --yes" in capsys.readouterr().err
    assert run(target, "audit", "dev") == 1
    assert {one["command"] for one in report(target, "audit")["findings"]} == {"meridian recover dev --target local"}
    assert bucket.versions == before


def test_repairs_are_done_in_order(
    target: Target, bucket: Bucket, state: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = download_folder(target) / ERRORED
    kept.touch()
    plans = save_plan(target, 1)
    bucket.versions = {KEY: [state(serial=3)], f"{KEY}.tflock": [lock()]}
    calls: list[tuple[str, ...]] = []

    def terraform(_: Target, unit: str, folder: Path, *words: str) -> str:
        assert bucket.versions[f"{KEY}.tflock"][-1] is None
        calls.append((unit, *words[:2]))
        return ""

    monkeypatch.setattr(errored, "run_terraform", terraform)
    monkeypatch.setattr(repair, "import_orphans", lambda _, units, __: calls.append(("import", *units)) or [])
    assert run(target, "recover", "dev", "--yes") == 0
    assert calls == [(UNIT, "state", "push"), ("import", UNIT)]
    assert not kept.exists()
    assert not plans.exists()


def test_a_state_that_an_apply_saved_in_the_bucket_blocks_the_next_and_is_pushed_by_recover(
    target: Target, bucket: Bucket, state: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine of a failed job is gone; another one pushes what it saved."""
    folder, newer = download_folder(target), state(serial=4)
    (folder / ERRORED).write_bytes(newer)
    bucket.versions[KEY] = [state(serial=3)]
    errored.save_errored(target)
    assert not (folder / ERRORED).exists()
    assert bucket.versions[SAVED] == [newer]
    with pytest.raises(CouldNotTell, match=f"{UNIT}: a state that could not be uploaded waits"):
        errored.require_no_errored(target)
    assert [one["kind"] for one in _audit(target)] == ["state"]
    pushed: list[bytes] = []

    def terraform(_: Target, unit: str, folder: Path, *words: str) -> str:
        pushed.append((folder / words[-1]).read_bytes())
        return ""

    monkeypatch.setattr(errored, "run_terraform", terraform)
    assert run(target, "recover", "dev", "--yes") == 0
    assert pushed == [newer]
    assert bucket.versions[SAVED] == [newer, None]
    assert [one.name for one in folder.iterdir()] == [".terraform"]
    errored.require_no_errored(target)


def test_a_refused_push_of_a_saved_state_keeps_it(
    target: Target, bucket: Bucket, state: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    download_folder(target)
    bucket.versions = {KEY: [state()], SAVED: [state()]}

    def refuse(*_: object) -> str:
        raise OperationFailed(f"{UNIT}: terraform state push: cannot import state with lineage")

    monkeypatch.setattr(errored, "run_terraform", refuse)
    assert run(target, "recover", "dev", "--yes") == 4
    assert f"`aws s3 rm s3://greeter-dev-state-100000000001/{SAVED}`" in report(target, "recover")["hint"]
    assert bucket.versions[SAVED][-1] is not None


def test_a_state_that_the_bucket_does_not_take_stays_here(
    target: Target, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = download_folder(target) / ERRORED
    kept.touch()

    def refuse(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="s3")

    monkeypatch.setattr(bucket, "put_object", refuse)
    errored.save_errored(target)
    assert kept.exists()
    assert f"is only in out/local/dev/cache/one/two/identity/{ERRORED}" in capsys.readouterr().err


def test_a_refused_push_keeps_the_file_and_blocks_apply(
    target: Target, bucket: Bucket, state: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = download_folder(target) / ERRORED
    kept.touch()
    bucket.versions[KEY] = [state()]

    def refuse(*_: object) -> str:
        raise OperationFailed(f"{UNIT}: terraform state push: cannot import state with lineage")

    monkeypatch.setattr(errored, "run_terraform", refuse)
    assert run(target, "recover", "dev", "--yes") == 4
    assert f"rm out/local/dev/cache/one/two/identity/{ERRORED}" in report(target, "recover")["hint"]
    assert kept.exists()
    with pytest.raises(CouldNotTell, match=f"{UNIT}: a state that could not be uploaded waits"):
        errored.require_no_errored(target)
    kept.unlink()
    errored.require_no_errored(target)


def test_a_lock_that_may_be_alive_needs_its_id(target: Target, bucket: Bucket, state: Callable[..., bytes]) -> None:
    bucket.versions = {KEY: [state()], f"{KEY}.tflock": [lock(host="elsewhere", age=timedelta(hours=1))]}
    assert run(target, "recover", "dev", "--yes") == 3
    assert "user@elsewhere holds it since" in report(target, "recover")["error"]
    assert "meridian recover dev --target local --force-unlock one" in report(target, "recover")["hint"]
    assert run(target, "recover", "dev", "--yes", "--force-unlock", "two") == 3
    assert bucket.versions[f"{KEY}.tflock"][-1] is not None
    (command_,) = [one["command"] for one in _audit(target)]
    assert command_.endswith("--force-unlock one")
    assert run(target, "recover", "dev", "--yes", "--force-unlock", "one") == 0
    assert bucket.versions[f"{KEY}.tflock"][-1] is None


def test_a_living_run_is_not_disturbed(target: Target, bucket: Bucket, state: Callable[..., bytes]) -> None:
    bucket.versions = {KEY: [b""], f"{KEY}.tflock": [lock()]}
    target.work_dir.mkdir(parents=True)
    with (target.work_dir / "run.json").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert run(target, "recover", "dev", "--yes") == 3
    assert bucket.versions == {KEY: [b""], f"{KEY}.tflock": bucket.versions[f"{KEY}.tflock"][:1]}


def test_what_was_half_made_is_taken_out_of_the_state_and_imported(
    target: Target, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only tainted resources of a type that can be imported; the others stay for Terraform to replace."""
    rows = [
        {"mode": "managed", "type": kind, "name": "x", "instances": instances}
        for kind, instances in {
            "aws_kms_key": [{"status": "tainted", "attributes": {"id": "k"}}],
            "aws_sns_topic_subscription": [{"index_key": "a"}, {"index_key": "b", "status": "tainted"}],
            "aws_kms_key_policy": [{"status": "tainted"}],
            "aws_dynamodb_table": [{"attributes": {"id": "t"}}],
        }.items()
    ]
    document = {"version": 4, "serial": 1, "lineage": "one", "resources": rows}
    bucket.versions[KEY] = [json.dumps(document).encode()]
    (finding,) = _audit(target)
    assert finding["sentence"].startswith('aws_kms_key.x, aws_sns_topic_subscription.x["b"]: half made')
    assert finding["command"] == "meridian recover dev --target local"
    assert run(target, "recover", "dev", "--yes") == 3, "There is no folder in which Terraform could run."
    download_folder(target)
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(repair, "run_terraform", lambda _, unit, __, *words: calls.append((unit, *words)))
    monkeypatch.setattr(repair, "import_orphans", lambda _, units, __: calls.append(("import", *units)) or [])
    assert run(target, "recover", "dev", "--yes") == 0
    removed = ("aws_kms_key.x", 'aws_sns_topic_subscription.x["b"]')
    assert calls == [(UNIT, "state", "rm", "-lock-timeout=10s", *removed), ("import", UNIT)]


@pytest.mark.parametrize(
    ("serial", "lineage", "kept"), [(2, "one", True), (1, "one", False), (3, "one", False), (2, "two", False)]
)
def test_a_plan_for_another_state_is_dropped(
    target: Target, bucket: Bucket, state: Callable[..., bytes], serial: int, lineage: str, kept: bool
) -> None:
    bucket.versions[KEY] = [state(serial=2)]
    plans = save_plan(target, serial, lineage)
    assert run(target, "recover", "dev", "--yes") == 0
    assert plans.exists() == kept


def test_a_first_plan_fits_a_unit_without_a_state(target: Target, bucket: Bucket) -> None:
    save_plan(target, 1)
    assert survey.find_stale(target, []) == []


def test_a_lost_state_and_a_duplicate_are_left_to_a_person(
    target: Target, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.versions = {KEY: [b""], f"{KEY}.tflock": [lock()]}
    second = Resource("us-east-1/data", "us-east-1", "aws_kms_key", "second")
    monkeypatch.setattr(repair, "find_resources", lambda _: [second])
    assert run(target, "recover", "dev", "--yes") == 1
    shown = capsys.readouterr().out
    assert (
        f"aws --endpoint-url {target.endpoint} --region us-east-1 s3 rm s3://greeter-dev-state-100000000001/{KEY}"
        in shown
    )
    assert "--region us-east-1 kms schedule-key-deletion --key-id second" in shown


def test_states_without_a_unit_and_units_without_a_state(
    target: Target, bucket: Bucket, state: Callable[..., bytes]
) -> None:
    bucket.versions["live/dev/eu-west-2/data/terraform.tfstate"] = [state(("aws_sns_topic", {"id": "x"}))]
    bucket.versions["live/dev/eu-west-3/data/terraform.tfstate"] = [state()]
    remove = f"aws --endpoint-url {target.endpoint} --region us-east-1 s3 rm s3://greeter-dev-state-100000000001"
    assert {one["unit"]: one["command"] for one in _audit(target)} == {
        "eu-west-2/data": "git log --stat -- live/dev/eu-west-2/data",
        "eu-west-3/data": f"{remove}/live/dev/eu-west-3/data/terraform.tfstate",
        UNIT: "meridian apply dev --target local",
    }


def _audit(target: Target) -> list[dict[str, Any]]:
    assert run(target, "audit", "dev") == 1
    findings: list[dict[str, Any]] = report(target, "audit")["findings"]
    return findings
