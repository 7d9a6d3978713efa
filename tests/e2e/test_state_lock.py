"""A plan waits for a state that another run has locked, then leaves it alone and names the holder."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from meridian.targets import Target
from tests.e2e.checkout import Checkout

HOLDER = {
    "ID": "0b5c7d1e-0000-4000-8000-000000000000",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "colleague@laptop",
    "Version": "1.11.4",
    "Created": "2026-01-31T12:00:00Z",
}
FREE_UNITS = ("eu-west-1/data", "us-east-1/data", "us-east-1/identity")


def test_a_held_lock_is_no_plan_and_its_holder_is_named(first: Checkout) -> None:
    # The root file is compared with its template before each plan, so the checkout's own code must run.
    own = str(first.root / "scripts")
    names = ("terragrunt.hcl", "scripts/meridian/render/templates/root.hcl.j2")
    files = {first.root / name: (first.root / name).read_text() for name in names}
    for file, before in files.items():
        assert before.count("-lock-timeout=60s") == 1
        file.write_text(before.replace("-lock-timeout=60s", "-lock-timeout=1s"))
    try:
        with _held(first.target("dev")):
            done = first.meridian("plan", "dev", "--target", "local", PYTHONPATH=own).expect(3)
    finally:
        for file, before in files.items():
            file.write_text(before)
    assert "Error acquiring the state lock: colleague@laptop holds it since 2026-01-31" in done.stderr
    assert "terragrunt force-unlock -force ID" in done.stderr
    assert HOLDER["ID"] in done.stderr
    assert HOLDER["Who"] in done.stderr
    assert not (first.root / "out/local/dev/plans/origin.sha256").exists()


@contextmanager
def _held(target: Target) -> Iterator[None]:
    """Hold the lock of every unit that waits for no other, as Terraform's S3 backend does."""
    s3, bucket = target.client("s3"), target.environment.state_bucket
    states = [f"live/{target.environment.name}/{unit}/terraform.tfstate" for unit in FREE_UNITS]
    for state in states:
        body = json.dumps(HOLDER | {"Path": f"{bucket}/{state}"})
        s3.put_object(Bucket=bucket, Key=f"{state}.tflock", Body=body)
    try:
        yield
    finally:
        for state in states:
            s3.delete_object(Bucket=bucket, Key=f"{state}.tflock")
