"""A copy of the states: which bucket a run works with."""

from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.inventory.load import load_inventory
from meridian.inventory.model import Environment
from meridian.paths import INVENTORY
from meridian.render.command import render_inventory
from meridian.resolve import choose_states
from meridian.targets import STATE_REGION, Target
from tests.render import world


def copied(root: Path) -> Path:
    """Make a repository whose `dev` has a copy of its states."""
    return world.make(root, world.MINIMAL.replace("    versions:", "    state_copy: eu-west-1\n    versions:"))


def environment(root: Path) -> Environment:
    """Return the environment of a repository."""
    return load_inventory(root / INVENTORY).environment("dev")


def test_the_environment_names_the_copy_only_if_there_is_one(tmp_path: Path) -> None:
    files = render_inventory(copied(tmp_path / "copied")).files
    bucket, key = "demo-dev-state-copy-100000000001", "arn:aws:kms:eu-west-1:100000000001:alias/demo-dev-state-copy"
    assert f'bucket  = "{bucket}"\n      key_arn = "{key}"' in files["live/dev/env.hcl"]
    assert 'state_bucket   = "demo-dev-state-100000000001"' in files["live/dev/env.hcl"]
    assert "state_copy" not in render_inventory(world.make(tmp_path / "plain")).files["live/dev/env.hcl"]


def test_a_run_on_the_copy_has_its_bucket_region_and_folder(tmp_path: Path) -> None:
    here = environment(copied(tmp_path))
    there = choose_states(here, "eu-west-1")
    assert (there.state_bucket, there.state_region) == ("demo-dev-state-copy-100000000001", "eu-west-1")
    assert choose_states(here, "us-east-1") == choose_states(here, "") == here
    targets = [Target("aws", tmp_path, one, "https://example.com/org/demo.git") for one in (here, there)]
    assert [one.environ({STATE_REGION: "eu-north-1"}).get(STATE_REGION) for one in targets] == [None, "eu-west-1"]
    assert targets[0].work_dir != targets[1].work_dir, "A saved plan names its state bucket."
    assert targets[1].arguments == "dev --target aws --state-region eu-west-1"


def test_a_region_without_a_copy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no copy of its states in eu-north-1") as caught:
        choose_states(environment(copied(tmp_path / "copied")), "eu-north-1")
    assert caught.value.hint == "Use --state-region eu-west-1."
    with pytest.raises(UserError, match="dev has no copy of its states") as caught:
        choose_states(environment(world.make(tmp_path / "plain")), "eu-west-1")
    assert "meridian bootstrap dev" in caught.value.hint
