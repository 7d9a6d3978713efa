"""What a running local AWS refuses while a drill has taken a region, its tables or the edge away."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from meridian.local.lost import EDGE, TABLES, take_away
from meridian.local.ports import LOOPBACK
from meridian.local.regions import address
from meridian.paths import state_dir
from meridian.targets import Target
from tests.local.test_edge_patches import make_edge, make_origin, put_value
from tests.local.test_replica_patches import make_table
from tests.local.test_routing_patches import call

EU, US = "eu-west-1", "us-east-1"


def make_pool(target: Target, region: str) -> str:
    """Return the app client of a new pool in a region."""
    cognito = target.client("cognito-idp", region)
    pool = cognito.create_user_pool(PoolName=f"pool-{uuid4()}")["UserPool"]["Id"]
    return str(cognito.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]["ClientId"])


def sign_up(target: Target, region: str, client_id: str) -> None:
    """Sign a user up, which needs no credentials of AWS: the call itself names no region."""
    target.client("cognito-idp", region).sign_up(ClientId=client_id, Username=f"u-{uuid4()}", Password="aA1!aaaaaaaa")


def test_nobody_signs_up_in_a_region_that_is_away(start: Callable[..., Target]) -> None:
    """The pool of another region does not notice, and afterwards it works again."""
    target = start()
    clients = {region: make_pool(target, region) for region in (EU, US)}
    with take_away(state_dir(target.root, target.environment.name), US):
        with pytest.raises(ClientError, match="is taken away by a drill") as refused:
            sign_up(target, US, clients[US])
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        with pytest.raises(ClientError, match="is taken away by a drill"):
            target.client("cognito-idp", US).list_user_pools(MaxResults=1)
        sign_up(target, EU, clients[EU])
    sign_up(target, US, clients[US])


def test_the_tables_of_a_region_are_throttled(start: Callable[..., Target]) -> None:
    """As in AWS the table can still be described, and a table of another region does not notice."""
    target, name = start(), f"table-{uuid4()}"
    key = {"subject": {"S": "s"}}
    east, west = (make_table(target, region, name) for region in (US, EU))
    with take_away(state_dir(target.root, target.environment.name), US, TABLES):
        for call in (
            lambda: east.get_item(TableName=name, Key=key),
            lambda: east.put_item(TableName=name, Item=key),
            lambda: east.scan(TableName=name),
        ):
            with pytest.raises(ClientError, match="ThrottlingException"):
                call()
        assert east.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"
        west.put_item(TableName=name, Item=key)
    east.put_item(TableName=name, Item=key)


def test_an_edge_that_is_away_answers_503_and_its_origin_goes_on(start: Callable[..., Target]) -> None:
    target = start()
    origin = make_origin(target)
    name, store = make_edge(target, origin)
    assert put_value(target, store, "value") == 200
    with take_away(state_dir(target.root, target.environment.name), US, EDGE):
        assert call(target, LOOPBACK, name)[0] == 503
        assert call(target, address(US), origin)[0] == 200
    assert call(target, LOOPBACK, name)[0] == 200
