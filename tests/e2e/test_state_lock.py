"""A command that finds a locked state names the holder at once and leaves everything alone."""

import json
import shutil
import time
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
UNITS = ("eu-west-1/data", "us-east-1/identity")


def test_a_held_lock_is_no_plan_and_its_holder_is_named(first: Checkout) -> None:
    shutil.rmtree(first.root / "out/local/dev/plans", ignore_errors=True)
    begun = time.monotonic()
    with _held(first.target("dev")):
        done = first.meridian("plan", "dev", "--target", "local").expect(3)
    assert time.monotonic() - begun < 60
    for unit in UNITS:
        assert f"{unit}: colleague@laptop holds it since 2026-01-31T12:00:00Z" in done.stderr
    assert HOLDER["ID"] in done.stderr
    assert "`meridian recover dev --target local`" in done.stderr
    assert not (first.root / "out/local/dev/plans/origin.sha256").exists()


@contextmanager
def _held(target: Target) -> Iterator[None]:
    """Hold the lock of some units, as Terraform's S3 backend does."""
    s3, bucket = target.client("s3"), target.environment.state_bucket
    states = [f"live/{target.environment.name}/{unit}/terraform.tfstate" for unit in UNITS]
    for state in states:
        body = json.dumps(HOLDER | {"Path": f"{bucket}/{state}"})
        s3.put_object(Bucket=bucket, Key=f"{state}.tflock", Body=body)
    try:
        yield
    finally:
        for state in states:
            s3.delete_object(Bucket=bucket, Key=f"{state}.tflock")
