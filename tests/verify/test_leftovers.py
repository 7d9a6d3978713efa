"""Resources of older runs are removed; those of the last hour are kept."""

from pathlib import Path

from meridian.verify import leftovers
from meridian.verify.findings import Finding, Status
from tests.verify.fakes import Aws, make_run, refused

OLD = "meridian-verify-0a1b2c3d-1790000000"
YOUNG = "meridian-verify-99999999-1790003000"
NOW = 1790003700.0
TOPIC = "arn:aws:sns:us-east-1:100000000001:t"


def test_old_queues_and_subscriptions_are_removed(tmp_path: Path) -> None:
    """Only those of this region's topic with the right name and age."""
    aws, found = Aws(), list[Finding]()
    queues = [f"arn:aws:sqs:us-east-1:1:{name}" for name in (OLD, YOUNG, "orders")]
    aws.things["subscription"] = set(queues)
    aws.subscriptions = [{"Endpoint": queue, "SubscriptionArn": queue} for queue in queues]
    aws.things["queue"] = {f"us-east-1/{OLD}", f"us-east-1/{YOUNG}", f"eu-west-1/{OLD}"}
    leftovers.remove_from_region(make_run(tmp_path, aws, found), "us-east-1", TOPIC, NOW)
    assert aws.things["subscription"] == set(queues[1:])
    assert aws.things["queue"] == {f"us-east-1/{YOUNG}", f"eu-west-1/{OLD}"}
    assert [(f.status, f.rule) for f in found] == [(Status.PASS, "leftovers")]
    assert "2 in all" in found[0].sentence


def test_old_users_are_removed_with_items_and_clients(tmp_path: Path) -> None:
    """The subject of a left user finds its items in every region's table."""
    aws, found = Aws(), list[Finding]()
    for name in (OLD, YOUNG):
        aws.things["user"].add(name)
        aws.things["client"].add(name)
        email = {"Name": "email", "Value": f"{name}-00ff@example.com"}
        aws.users.append({"Username": name, "Attributes": [email, {"Name": "sub", "Value": "s"}]})
        aws.clients.append({"ClientName": name, "ClientId": name})
    aws.items["eu-west-1", "greetings-eu-west-1"] = [{"greeting_id": {"S": "left"}}]
    leftovers.remove_from_pool(make_run(tmp_path, aws, found), NOW)
    assert aws.things["user"] == aws.things["client"] == {YOUNG}
    assert aws.items["eu-west-1", "greetings-eu-west-1"] == []
    assert [f.status for f in found] == [Status.PASS]


def test_a_failed_removal_is_named(tmp_path: Path) -> None:
    """Without the permission to remove it the run is not green and names the resource."""
    aws, found = Aws(), list[Finding]()
    aws.things["queue"] = {f"us-east-1/{OLD}"}
    aws.faults["delete_queue"] = refused("AccessDenied")
    leftovers.remove_from_region(make_run(tmp_path, aws, found), "us-east-1", TOPIC, NOW)
    assert found[0].status is Status.UNKNOWN
    assert f"queue us-east-1/{OLD} (AccessDenied: no)" in found[0].sentence


def test_a_leftover_that_another_run_removed_first_is_fine(tmp_path: Path) -> None:
    """Two runs may find the same leftover."""
    aws, found = Aws(), list[Finding]()
    aws.clients.append({"ClientName": OLD, "ClientId": OLD})
    leftovers.remove_from_pool(make_run(tmp_path, aws, found), NOW)
    assert found[0].status is Status.PASS


def test_leftovers_that_cannot_be_listed_are_unknown(tmp_path: Path) -> None:
    """A failed listing is not an empty one."""
    aws, found = Aws(), list[Finding]()
    aws.faults["list_users"] = refused("AccessDenied")
    leftovers.remove_from_pool(make_run(tmp_path, aws, found), NOW)
    assert found[0].status is Status.UNKNOWN
