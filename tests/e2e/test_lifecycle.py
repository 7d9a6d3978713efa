"""The local AWS from one command to the next: found while it runs, stopped, and started where it was."""

from tests.e2e.checkout import Checkout, changes

UNCHANGED = "0 added, 0 changed, 0 destroyed"


def test_a_second_up_finds_the_running_one_and_changes_nothing(first: Checkout) -> None:
    before, endpoint = first.process("dev"), first.target("dev").endpoint
    done = first.meridian("up", "dev").expect(0)
    assert changes(done) == dict.fromkeys(first.units("dev"), UNCHANGED)
    assert (first.process("dev"), first.target("dev").endpoint) == (before, endpoint)


def test_down_then_up_starts_where_it_was(first: Checkout) -> None:
    """Same port, another process; what was written and who signed up is still there."""
    before, target = first.process("dev"), first.target("dev")
    item = {"subject": {"S": "somebody"}, "greeting_id": {"S": "kept"}}
    target.client("dynamodb", "eu-west-1").put_item(TableName="greeter-dev-greetings", Item=item)
    cognito = target.client("cognito-idp")
    pool = cognito.list_user_pools(MaxResults=10)["UserPools"][0]["Id"]
    cognito.admin_create_user(UserPoolId=pool, Username="kept@example.com", MessageAction="SUPPRESS")

    first.meridian("down", "dev").expect(0)
    assert first.process("dev") is None
    stopped = first.meridian("verify", "dev", "--target", "local").expect(3)
    assert "The local AWS of dev is not running." in stopped.stderr

    done = first.meridian("up", "dev").expect(0)
    assert changes(done) == dict.fromkeys(first.units("dev"), UNCHANGED)
    after = first.process("dev")
    assert before is not None
    assert after is not None
    assert after["pid"] != before["pid"]
    assert first.target("dev").endpoint == target.endpoint
    kept = target.client("dynamodb", "eu-west-1").get_item(TableName="greeter-dev-greetings", Key=item)
    assert kept["Item"] == item
    cognito.admin_get_user(UserPoolId=pool, Username="kept@example.com")
    cognito.admin_delete_user(UserPoolId=pool, Username="kept@example.com")
