"""`meridian remove-region`: two separate steps, and no removal while resources may still exist."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from meridian import resolve
from meridian.cli import main
from meridian.inventory.load import load_inventory
from meridian.render.command import require_current
from meridian.targets import Target
from tests.change.world import INVENTORY, change, files, generate, refused, report

KEY = "live/staging/eu-west-1/store/terraform.tfstate"
REGION = INVENTORY[INVENTORY.index("      eu-west-1:\n") : INVENTORY.index("  prod:\n")]
LEFT = {"mode": "managed", "module": "module.a", "type": "aws_kms_key", "name": "data", "instances": [{}]}


def run(root: Path, *arguments: str) -> int:
    """Run the command in a repository."""
    return main(["remove-region", *arguments, "--root", str(root)])


@pytest.fixture
def retiring(root: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return a repository in which eu-west-1 of staging is retiring."""
    change(root, "live/inventory.yaml", "{small: 2}\n", "{small: 2}\n        retiring: true\n")
    generate(root)
    capsys.readouterr()
    return root


class Bucket:
    """A stub of the state bucket, behind every target."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = boto3.client("s3", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stubber = Stubber(self.client)
        self.stubber.activate()
        environment = load_inventory(root / "live/inventory.yaml").environment("staging")
        self.where = {"Bucket": environment.state_bucket, "ExpectedBucketOwner": environment.account_id}
        target = Target("local", root, environment, "https://example.com/org/demo.git", "http://127.0.0.1:1")
        monkeypatch.setattr(Target, "client", lambda *_: self.client)
        monkeypatch.setattr(resolve, "resolve", lambda *_: target)

    def lists(self, *keys: str) -> None:
        """Expect one listing of the region's objects."""
        self.stubber.add_response(
            "list_objects_v2",
            {"IsTruncated": False, "Contents": [{"Key": key} for key in keys]},
            {"Prefix": "live/staging/eu-west-1/", **self.where},
        )

    def gives(self, key: str, state: Any) -> None:
        """Expect one object to be read."""
        body = state if isinstance(state, bytes) else json.dumps(state).encode()

        class Raw:
            def read(self, *_: Any, **__: Any) -> bytes:
                return body

        self.stubber.add_response("get_object", {"Body": StreamingBody(Raw(), len(body))}, {"Key": key, **self.where})  # type: ignore[no-untyped-call]


@pytest.fixture
def bucket(retiring: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Return the state bucket of staging."""
    return Bucket(retiring, monkeypatch)


def test_step_1_marks_and_prints_the_next_commands(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The files stay, so that Terragrunt can destroy; an unprotected environment renders nothing else."""
    before = files(root)
    assert run(root, "staging", "eu-west-1", "--target", "local") == 0
    after = files(root)
    assert [path for path in after if after[path] != before.get(path)] == ["live/inventory.yaml"]
    out = capsys.readouterr().out
    assert out.startswith("Step 1 of 2: mark eu-west-1 in staging as retiring. Nothing is destroyed yet.\n")
    assert out.endswith(
        '  eval "$(meridian env staging --target local)"\n'
        "  terragrunt run --all --working-dir live/staging --filter './eu-west-1/**' -- destroy\n"
        "  meridian remove-region staging eu-west-1 --target local\n"
    )
    assert "meridian apply" not in out


def test_step_1_lifts_the_protection_of_the_region_only(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a protected environment the table could never be destroyed otherwise; the change is rendered and applied."""
    assert main(["add-region", "prod", "eu-west-1", "--root", str(root)]) == 0
    capsys.readouterr()
    assert run(root, "prod", "eu-west-1") == 0
    found = files(root)
    assert "  deletion_protection = true\n" in found["live/prod/us-east-1/store/terragrunt.hcl"]
    assert "  deletion_protection = false\n" in found["live/prod/eu-west-1/store/terragrunt.hcl"]
    out = capsys.readouterr().out
    assert "  changed  live/prod/eu-west-1/store/terragrunt.hcl\n" in out
    assert "  meridian apply prod --target aws\n" in out
    require_current(root)


def test_a_dry_run_of_each_step_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both show the diff."""
    for arguments, line in [
        ((), "retiring: true"),
        (("--without-state-check",), "--- live/staging/eu-west-1/web/terragrunt.hcl\n"),
    ]:
        before = files(root)
        capsys.readouterr()
        assert run(root, "staging", "eu-west-1", "--dry-run", *arguments) == 0
        out = capsys.readouterr().out
        assert line in out
        assert out.endswith(f"  {' '.join(('meridian remove-region staging eu-west-1 --target aws', *arguments))}\n")
        assert files(root) == before
        assert arguments or run(root, "staging", "eu-west-1") == 0


def test_step_1_refuses_without_state_check(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The option of step 2 can never remove a region that was not marked."""
    message = refused(root, capsys, "remove-region", "staging", "eu-west-1", "--without-state-check")
    assert "error: eu-west-1 is not retiring in staging: the first step reads no state.\n" in message


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("dev", "us-east-1"), "us-east-1 is the primary region of dev: the user pool and the state of every unit"),
        (("staging", "eu-west-2"), "'eu-west-2' is not a region of staging. Did you mean 'eu-west-1'?"),
        (("staging", "eu-west-1", "--target", "moon"), "There is no target 'moon'."),
    ],
)
def test_a_region_that_cannot_be_removed_is_refused(
    root: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"error: {says}" in refused(root, capsys, "remove-region", *arguments)


def test_step_2_removes_a_region_whose_state_is_empty(
    retiring: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    """States without resources, or with data sources only, are empty; the tombstone has the date.

    The record of an earlier apply, which names a version of a state, is no state.
    """
    data = {"mode": "data", "type": "aws_region", "name": "here", "instances": [{}]}
    gone = {"mode": "managed", "type": "aws_kms_key", "name": "data", "instances": []}
    bucket.lists(KEY.replace("terraform.tfstate", "fingerprint.json"), KEY, KEY.replace("store", "web"))
    bucket.gives(KEY, {"version": 4, "resources": []})
    bucket.gives(KEY.replace("store", "web"), {"version": 4, "resources": [data, gone]})
    assert run(retiring, "staging", "eu-west-1") == 0
    bucket.stubber.assert_no_pending_responses()
    today = datetime.now(UTC).date().isoformat()
    text = INVENTORY.replace(REGION, f'    retired: {{eu-west-1: "{today}"}}\n')
    assert (retiring / "live/inventory.yaml").read_text(encoding="utf-8") == text
    assert not (retiring / "live/staging/eu-west-1").exists()
    require_current(retiring)
    out = capsys.readouterr().out
    assert out.startswith("Step 2 of 2: remove eu-west-1 from staging; its state holds no resources.\n")
    assert "  deleted  live/staging/eu-west-1/web/terragrunt.hcl\n" in out
    assert out.endswith("\n  meridian plan staging --target aws\n")


def test_step_2_refuses_while_anything_is_left(
    retiring: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    """Units without files count too; the output has the addresses and the destroy commands."""
    key = KEY.replace("store", "cache")
    bucket.lists(key)
    bucket.gives(key, {"version": 4, "resources": [LEFT]})
    before = files(retiring)
    assert run(retiring, "staging", "eu-west-1") == 1
    out = capsys.readouterr().out
    assert out.startswith("FAIL  eu-west-1/cache  1 resource(s) left: module.a.aws_kms_key.data\n")
    assert "-- destroy" in out
    kept = report(retiring, "remove-region")
    assert kept["verdict"] == "findings"
    assert kept["left"] == [{"unit": "eu-west-1/cache", "addresses": ["module.a.aws_kms_key.data"]}]
    assert files(retiring) == before


@pytest.mark.parametrize(
    ("keys", "state", "says"),
    [
        ([KEY, f"{KEY}.tflock"], None, "another run holds this lock"),
        (["live/staging/eu-west-1/notes.txt"], None, "is not a Terraform state or its lock"),
        ([KEY], b"not json", "is not a Terraform state of version 4"),
        ([KEY], {"version": 3, "resources": []}, "is not a Terraform state of version 4"),
    ],
)
def test_step_2_could_not_tell(
    retiring: Path,
    bucket: Bucket,
    keys: list[str],
    state: Any,
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A state that cannot be read is exit 3, and nothing is removed."""
    bucket.lists(*keys)
    if state is not None:
        bucket.gives(KEY, state)
    before = files(retiring)
    assert run(retiring, "staging", "eu-west-1") == 3
    assert says in capsys.readouterr().err
    assert files(retiring) == before


def test_a_bucket_that_does_not_answer_is_not_empty(
    retiring: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3 names the reason, and the command for an owner who knows that the region is empty."""
    bucket.stubber.add_client_error("list_objects_v2", "AccessDenied")
    before = files(retiring)
    assert run(retiring, "staging", "eu-west-1") == 3
    err = capsys.readouterr().err
    assert "AccessDenied" in err
    assert "`meridian remove-region staging eu-west-1 --target aws --without-state-check`" in err
    assert files(retiring) == before


def test_add_mark_and_remove_give_the_same_tree(root: Path) -> None:
    """Only the tombstone is left below live/."""
    before = files(root)
    assert main(["add-region", "dev", "eu-central-1", "--root", str(root)]) == 0
    assert run(root, "dev", "eu-central-1") == 0
    assert run(root, "dev", "eu-central-1", "--without-state-check") == 0
    tomb = f'    retired: {{eu-central-1: "{datetime.now(UTC).date().isoformat()}"}}\n'
    assert files(root).pop("live/inventory.yaml").count(tomb) == 1
    change(root, "live/inventory.yaml", tomb, "")
    assert files(root) == before
    assert not (root / "live/dev/eu-central-1").exists()
