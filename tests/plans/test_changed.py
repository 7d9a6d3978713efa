"""`--changed` against a state bucket: a unit is left out only if its last apply is known to have been this one."""

import pytest

from meridian.plans import changed, terraform
from meridian.plans.graph import with_dependents
from meridian.plans.recording import recorded
from meridian.targets import Target
from tests.plans.bucket import Bucket
from tests.plans.world import VERSION, World, dev, kept

__all__ = ["dev"]


@pytest.fixture
def bucket(dev: World, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket in which every unit of `dev` has a state."""
    made = Bucket()
    for unit in dev.needs:
        made.put_state(unit, id=unit)
    monkeypatch.setattr(Target, "client", lambda *_: made)
    monkeypatch.setattr(terraform, "read_version", lambda _: VERSION)
    return made


@pytest.fixture
def applied(dev: World, bucket: Bucket) -> Bucket:
    """The same, and every unit was applied."""
    with recorded(dev.target) as units:
        units += dev.needs
    assert changed.find_changed(dev.target) == []
    return bucket


def test_what_was_never_applied_is_planned(dev: World, bucket: Bucket) -> None:
    assert changed.find_changed(dev.target) == sorted(dev.needs)


def test_a_unit_whose_apply_failed_is_planned_with_its_dependents(dev: World, bucket: Bucket) -> None:
    with recorded(dev.target) as units:
        units += dev.needs.keys() - {"us-east-1/data"}
    assert changed.find_changed(dev.target) == with_dependents({"us-east-1/data"}, dev.needs)


def test_another_version_of_a_state_is_planned(dev: World, applied: Bucket) -> None:
    """Even with the same content, e.g. after a restore."""
    applied.put_state("eu-west-1/compute", id="eu-west-1/compute")
    assert changed.find_changed(dev.target) == ["eu-west-1/compute"]


def test_the_readers_of_another_output_are_planned(dev: World, applied: Bucket) -> None:
    applied.put_state("us-east-1/identity", id="another")
    assert changed.find_changed(dev.target) == ["eu-west-1/compute", "us-east-1/compute", "us-east-1/identity"]


def test_a_state_that_is_gone_is_planned(dev: World, applied: Bucket) -> None:
    """Its record alone, e.g. after a plain destroy and a clean-up, says nothing."""
    del applied.objects["live/dev/eu-west-1/data/terraform.tfstate"]
    assert changed.find_changed(dev.target) == with_dependents({"eu-west-1/data"}, dev.needs)


def test_if_the_bucket_does_not_answer_everything_is_planned(dev: World, applied: Bucket) -> None:
    applied.refuse = {"GetObject"}
    assert changed.find_changed(dev.target) == sorted(dev.needs)


def test_a_bucket_without_versions_is_no_evidence(dev: World, bucket: Bucket) -> None:
    bucket.versioned = False
    for unit in dev.needs:
        bucket.put_state(unit, id=unit)
    with recorded(dev.target) as units:
        units += dev.needs
    assert changed.find_changed(dev.target) == sorted(dev.needs)


def test_an_apply_that_breaks_off_leaves_no_record(dev: World, applied: Bucket) -> None:
    with pytest.raises(KeyboardInterrupt), recorded(dev.target):
        raise KeyboardInterrupt
    assert applied.records() == {}


def test_an_edit_during_an_apply_is_planned(dev: World, bucket: Bucket) -> None:
    """It may or may not have been applied."""
    file = dev.target.root / "modules/identity/pool.tf"
    with kept(file):
        with recorded(dev.target) as units:
            file.write_bytes(file.read_bytes() + b" ")
            units += dev.needs
        assert "us-east-1/identity" in changed.find_changed(dev.target)
