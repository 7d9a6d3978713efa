"""Drift is what an apply would undo of the changes in AWS; commits that are not applied yet are told apart from it."""

import json
from pathlib import Path
from typing import Any

import pytest

from meridian.errors import CouldNotTell
from meridian.plans.drift import UnitDrift, sort_changes
from meridian.plans.plan_json import Plan, read_plan
from tests.deploy.plans import change, plan

GREET = "aws_lambda_function.greet"
Values = dict[str, Any]


def update(before: Values, after: Values, address: str = GREET, **unknown: bool) -> Values:
    """Return an update of one resource; `unknown` names attributes that are known only after the apply."""
    return change(address, "update", before=before, after=after, after_unknown=unknown)


def found(drift: list[Values], planned: list[Values], **expressions: Any) -> UnitDrift:
    """Return the drift of a plan with this `resource_drift` and these changes; the function sets `expressions`."""
    module = {"resources": [{"address": GREET, "expressions": expressions}]}
    state = {"values": {"root_module": {"resources": [{"address": GREET, "mode": "managed"}]}}}
    document = plan(*planned) | {"resource_drift": drift, "configuration": {"root_module": module}}
    return sort_changes("eu-west-1/compute", Plan(document | {"prior_state": state}))


def paths(changes: Any) -> list[str]:
    """Return the attributes of changes as `path old -> new`."""
    return [f"{one.path} {one.old} -> {one.new}" for change in changes for one in change.attributes]


def test_what_was_changed_by_hand_is_drift_and_the_rest_is_not_applied_yet() -> None:
    one = found(
        [update({"memory_size": 256, "timeout": 5}, {"memory_size": 512, "timeout": 5})],
        [update({"memory_size": 512, "timeout": 5}, {"memory_size": 256, "timeout": 10})],
    )
    assert paths(one.drifted) == ["memory_size 256 -> 512"]
    assert paths(one.not_applied) == ["timeout 5 -> 10"]
    assert one.following == ()


def test_a_commit_alone_is_no_drift() -> None:
    one = found([], [update({"timeout": 5}, {"timeout": 10})])
    assert (one.drifted, paths(one.not_applied)) == ((), ["timeout 5 -> 10"])


def test_a_commit_on_the_attribute_that_was_changed_by_hand_is_drift() -> None:
    one = found([update({"timeout": 5}, {"timeout": 7})], [update({"timeout": 7}, {"timeout": 10})])
    assert (paths(one.drifted), one.not_applied) == (["timeout 5 -> 7"], ())


def test_what_the_configuration_has_by_now_is_no_drift() -> None:
    """Accepted: the inventory says the same, and another attribute is still to be applied."""
    one = found(
        [update({"memory_size": 256, "timeout": 5}, {"memory_size": 512, "timeout": 5})],
        [update({"memory_size": 512, "timeout": 5}, {"memory_size": 512, "timeout": 10})],
    )
    assert (one.drifted, paths(one.not_applied)) == ((), ["timeout 5 -> 10"])


def test_what_aws_computes_is_no_drift() -> None:
    """A timestamp differs and is computed anew by the apply of a commit; the module does not set it."""
    drift = update({"last_modified": "1", "timeout": 5}, {"last_modified": "2", "timeout": 5})
    planned = update({"last_modified": "2", "timeout": 5}, {"last_modified": None, "timeout": 10}, last_modified=True)
    one = found([drift], [planned], timeout={"references": ["var.function.timeout_seconds"]})
    assert (one.drifted, paths(one.not_applied)) == (
        (),
        ["last_modified 2 -> (known after apply)", "timeout 5 -> 10"],
    )


def test_a_value_that_is_not_known_yet_may_be_drift_if_the_module_sets_it() -> None:
    """A role was replaced in the same plan, so what the module puts back is not known yet."""
    drift, planned = update({"role": "a"}, {"role": "b"}), update({"role": "b"}, {"role": None}, role=True)
    assert paths(found([drift], [planned], role={"references": ["aws_iam_role.x"]}).drifted) == ["role a -> b"]
    assert found([drift], [planned]).drifted == ()


def test_a_block_that_was_added_by_hand_is_drift() -> None:
    """Its path is another one on the way back, when only one block is left."""
    one, two = {"key": "a", "rate": 1}, {"key": "b", "rate": 2}
    grown = [update({"route_settings": [one]}, {"route_settings": [one, two]})]
    drift = found(grown, [update({"route_settings": [one, two]}, {"route_settings": [one]})])
    assert [one.address for one in drift.drifted] == [GREET]
    assert drift.not_applied == ()


def test_a_changed_block_is_drift_also_if_a_commit_adds_another() -> None:
    """Alone, a block has a path without its number."""
    one, by_hand, two = {"key": "a", "rate": 1}, {"key": "a", "rate": 9}, {"key": "b", "rate": 2}
    drift = found(
        [update({"route_settings": [one]}, {"route_settings": [by_hand]})],
        [update({"route_settings": [by_hand]}, {"route_settings": [one, two]})],
    )
    assert paths(drift.drifted) == ["route_settings.rate 1 -> 9"]


def test_a_tag_is_named_once() -> None:
    own, both = {"Unit": "compute"}, {"Unit": "compute", "Owner": "x"}
    there, back = {"tags": {}, "tags_all": own}, {"tags": {"Owner": "x"}, "tags_all": both}
    one = found([update(there, back)], [update(back, there)])
    assert (paths(one.drifted), one.not_applied) == (["tags.Owner  -> x"], ())


def test_a_resource_that_was_deleted_is_drift_and_its_readers_change_with_it() -> None:
    alias, integration = "aws_lambda_alias.live", "aws_apigatewayv2_integration.function"
    planned = [
        change(alias, "create", before=None, after={"name": "live"}),
        update({"integration_uri": "arn"}, {}, integration, integration_uri=True),
        update({"timeout": 5}, {"timeout": 10}),
    ]
    one = found([change(alias, "delete", before={"name": "live"}, after=None)], planned)
    assert [(it.action, it.address) for it in one.drifted] == [("delete", alias)]
    assert [it.address for it in one.following] == [integration]
    assert [it.address for it in one.not_applied] == [GREET]


def test_a_resource_that_is_gone_from_aws_and_from_the_configuration_is_no_drift() -> None:
    one = found([change("aws_sns_topic.x", "delete", before={}, after=None)], [change(GREET, "no-op")])
    assert one.drifted == one.not_applied == ()


def test_a_unit_without_a_state_was_never_applied() -> None:
    first = Plan(plan(change(GREET, "create", before=None, after={})))
    one = sort_changes("eu-west-1/compute", first)
    assert (one.deployed, one.drifted) == (False, ())
    assert found([], []).deployed


def test_a_sensitive_value_is_masked() -> None:
    drift = update({"secret": "old"}, {"secret": "new"})
    drift["change"] |= {"before_sensitive": {"secret": True}, "after_sensitive": {"secret": True}}
    one = found([drift], [update({"secret": "new"}, {"secret": "old"})])
    assert paths(one.drifted) == ["secret (sensitive) -> (sensitive)"]


def test_a_difference_of_another_kind_could_not_be_told(tmp_path: Path) -> None:
    entry = change(GREET, "update")
    entry["change"]["actions"] = ["transmute"]
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan(change(GREET, "no-op")) | {"resource_drift": [entry]}))
    with pytest.raises(CouldNotTell, match="transmute"):
        read_plan(file, "dev/eu-west-1/compute")
