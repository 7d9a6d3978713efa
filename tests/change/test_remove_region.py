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
from tests.change.conftest import INVENTORY, rendered
from tests.render.world import tree

REGIONS = ("us-east-1", "eu-west-1")
KEY = "live/dev/eu-west-1/store/terraform.tfstate"
EMPTY = {"version": 4, "resources": []}
RETIRING = INVENTORY.replace("eu-west-1: {}", "eu-west-1: {retiring: true}")


def run(root: Path, *arguments: str) -> int:
    """Run the command line on a repository."""
    return main(["remove-region", *arguments, "--root", str(root)])


@pytest.fixture
def retiring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A repository whose second region is marked."""
    return rendered(tmp_path / "repository", RETIRING, capsys)


class Bucket:
    """A stub of the state bucket, behind every target."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = boto3.client("s3", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.stubber = Stubber(self.client)
        self.stubber.activate()
        environment = load_inventory(root / "live/inventory.yaml").environment("dev")
        self.where = {"Bucket": environment.state_bucket, "ExpectedBucketOwner": environment.account_id}
        target = Target("local", root, environment, "https://example.com/org/demo.git", "http://127.0.0.1:1")
        monkeypatch.setattr(Target, "client", lambda *_: self.client)
        monkeypatch.setattr(resolve, "resolve", lambda *_: target)

    def lists(self, *keys: str) -> None:
        """Expect one listing of the region's objects."""
        self.stubber.add_response(
            "list_objects_v2",
            {"IsTruncated": False, "Contents": [{"Key": key} for key in keys]},
            {"Prefix": "live/dev/eu-west-1/", **self.where},
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
    """The state bucket of the repository whose second region is marked."""
    return Bucket(retiring, monkeypatch)


def test_step_1_marks_and_prints_the_next_commands(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The files stay, so that Terragrunt can destroy; an unprotected environment renders nothing else."""
    before = tree(repository / "live")
    assert run(repository, "dev", "eu-west-1", "--target", "local") == 0
    after = tree(repository / "live")
    assert after.pop("inventory.yaml") == RETIRING
    assert after == {path: text for path, text in before.items() if path != "inventory.yaml"}
    out = capsys.readouterr().out
    assert out.startswith("Step 1 of 2: mark eu-west-1 in dev as retiring. Nothing is destroyed yet.\n")
    assert out.endswith(
        '  eval "$(meridian env dev --target local)"\n'
        "  terragrunt run --all --working-dir live/dev --filter './eu-west-1/**' -- destroy\n"
        "  meridian remove-region dev eu-west-1 --target local\n"
    )
    assert "meridian apply" not in out


def test_step_1_lifts_the_protection_of_the_region_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a protected environment the table could never be destroyed otherwise; the change is rendered and applied."""
    text = INVENTORY.replace("    versions:", "    protected: true\n    versions:")
    root = rendered(tmp_path / "repository", text, capsys)
    protect(root / "modules/store")
    assert main(["generate", "--root", str(root)]) == 0
    assert run(root, "dev", "eu-west-1") == 0
    stores = {region: (root / f"live/dev/{region}/store/terragrunt.hcl").read_text() for region in REGIONS}
    assert "  deletion_protection = true\n" in stores["us-east-1"]
    assert "  deletion_protection = false\n" in stores["eu-west-1"]
    out = capsys.readouterr().out
    assert "  changed  live/dev/eu-west-1/store/terragrunt.hcl\n" in out
    assert "  meridian apply dev --target aws\n" in out
    require_current(root)


def test_a_dry_run_of_each_step_writes_nothing(
    repository: Path, retiring_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both show the diff."""
    for root, arguments, line in [
        (repository, (), "+      eu-west-1: {retiring: true} # second\n"),
        (retiring_copy, ("--without-state-check",), "--- live/dev/eu-west-1/web/terragrunt.hcl\n"),
    ]:
        before = tree(root / "live")
        assert run(root, "dev", "eu-west-1", "--target", "local", "--dry-run", *arguments) == 0
        out = capsys.readouterr().out
        assert line in out
        assert out.endswith(f"  {' '.join(('meridian remove-region dev eu-west-1 --target local', *arguments))}\n")
        assert tree(root / "live") == before


def test_step_1_refuses_without_state_check(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The option of step 2 can never remove a region that was not marked."""
    before = tree(repository / "live")
    assert run(repository, "dev", "eu-west-1", "--without-state-check") == 2
    assert "error: eu-west-1 is not retiring in dev: the first step reads no state.\n" in capsys.readouterr().err
    assert tree(repository / "live") == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("dev", "us-east-1"), "us-east-1 is the primary region of dev: the user pool and the state of every unit"),
        (("dev", "eu-west-2"), "'eu-west-2' is not a region of dev. Did you mean 'eu-west-1'?"),
        (("dve", "eu-west-1"), "There is no environment 'dve'"),
        (("dev", "eu-west-1", "--target", "moon"), "There is no target 'moon'."),
    ],
    ids=["primary", "not there", "no such environment", "no such target"],
)
def test_what_cannot_be_removed_is_refused(
    repository: Path, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error gives the reason, and nothing is written."""
    before = tree(repository / "live")
    assert run(repository, *arguments) == 2
    assert f"error: {says}" in capsys.readouterr().err
    assert tree(repository / "live") == before


def test_step_2_removes_a_region_whose_state_is_empty(
    retiring: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    """States without resources, or with data sources only, are empty; the tombstone has the date."""
    data = {"mode": "data", "type": "aws_region", "name": "here", "instances": [{}]}
    gone = {"mode": "managed", "type": "aws_kms_key", "name": "data", "instances": []}
    bucket.lists(KEY, KEY.replace("store", "web"))
    bucket.gives(KEY, EMPTY)
    bucket.gives(KEY.replace("store", "web"), {"version": 4, "resources": [data, gone]})
    assert run(retiring, "dev", "eu-west-1") == 0
    bucket.stubber.assert_no_pending_responses()
    today = datetime.now(UTC).date().isoformat()
    text = INVENTORY.replace("      eu-west-1: {} # second\n", f'    retired: {{eu-west-1: "{today}"}}\n')
    assert (retiring / "live/inventory.yaml").read_text(encoding="utf-8") == text
    assert not (retiring / "live/dev/eu-west-1").exists()
    require_current(retiring)
    out = capsys.readouterr().out
    assert out.startswith("Step 2 of 2: remove eu-west-1 from dev; its state holds no resources.\n")
    assert "  deleted  live/dev/eu-west-1/web/terragrunt.hcl\n" in out


def test_step_2_refuses_while_anything_is_left(
    retiring: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    """Units without files count too; the output has the addresses and the destroy commands."""
    key = KEY.replace("store", "cache")
    left = {"mode": "managed", "module": "module.a", "type": "aws_kms_key", "name": "data", "instances": [{}]}
    bucket.lists(key)
    bucket.gives(key, {"version": 4, "resources": [left]})
    before = tree(retiring / "live")
    assert run(retiring, "dev", "eu-west-1") == 1
    out = capsys.readouterr().out
    assert out.startswith("FAIL  eu-west-1/cache  1 resource(s) left: module.a.aws_kms_key.data\n")
    assert "-- destroy" in out
    assert json.loads((retiring / "out/remove-region.json").read_text())["verdict"] == "findings"
    bucket.lists(key)
    bucket.gives(key, {"version": 4, "resources": [left]})
    assert run(retiring, "dev", "eu-west-1", "--json") == 1
    kept = json.loads(capsys.readouterr().out)
    assert kept["left"] == [{"unit": "eu-west-1/cache", "addresses": ["module.a.aws_kms_key.data"]}]
    assert tree(retiring / "live") == before


@pytest.mark.parametrize(
    ("keys", "state", "says"),
    [
        ([KEY, f"{KEY}.tflock"], None, "another run holds this lock"),
        (["live/dev/eu-west-1/notes.txt"], None, "is not a Terraform state or its lock"),
        ([KEY], b"not json", "is not a Terraform state of version 4"),
        ([KEY], {"version": 3, "resources": []}, "is not a Terraform state of version 4"),
        ([KEY], {"version": 4}, "is not a Terraform state of version 4"),
        ([KEY], [], "is not a Terraform state of version 4"),
    ],
    ids=["a lock", "another object", "no JSON", "another version", "no resources", "a list"],
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
    before = tree(retiring / "live")
    assert run(retiring, "dev", "eu-west-1") == 3
    assert says in capsys.readouterr().err
    assert tree(retiring / "live") == before


@pytest.mark.parametrize("code", ["NoSuchBucket", "AccessDenied"])
def test_a_bucket_that_does_not_answer_is_not_empty(
    retiring: Path, bucket: Bucket, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3 names the reason, and the command for an owner who knows that the region is empty."""
    bucket.stubber.add_client_error("list_objects_v2", code)
    before = tree(retiring / "live")
    assert run(retiring, "dev", "eu-west-1") == 3
    err = capsys.readouterr().err
    assert code in err
    assert "`meridian remove-region dev eu-west-1 --target aws --without-state-check`" in err
    assert tree(retiring / "live") == before


def test_add_mark_and_remove_give_the_same_tree(repository: Path) -> None:
    """Only the tombstone is left below live/."""
    before = tree(repository / "live")
    assert main(["add-region", "dev", "eu-central-1", "--root", str(repository)]) == 0
    assert run(repository, "dev", "eu-central-1") == 0
    assert run(repository, "dev", "eu-central-1", "--without-state-check") == 0
    after = tree(repository / "live")
    today = datetime.now(UTC).date().isoformat()
    tomb = f'    retired: {{eu-central-1: "{today}"}}\n'
    assert after["inventory.yaml"].count(tomb) == 1
    after["inventory.yaml"] = after["inventory.yaml"].replace(tomb, "")
    assert after == before
    assert not (repository / "live/dev/eu-central-1").exists()


def protect(module: Path) -> None:
    """Add deletion protection to a module."""
    manifest = module / "unit.yaml"
    line = "inputs:\n  deletion_protection: {protected: true, otherwise: false}\n"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("inputs:\n", line), encoding="utf-8")
    with (module / "variables.tf").open("a", encoding="utf-8") as file:
        file.write('\nvariable "deletion_protection" {\n  type = bool\n}\n')


@pytest.fixture
def retiring_copy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Another repository whose second region is marked."""
    return rendered(tmp_path / "copy", RETIRING, capsys)
