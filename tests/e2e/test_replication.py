"""`replication: global` from nothing: one table with a replica, an item in both regions, and nothing left after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.e2e.checkout import Checkout, clone, verdicts
from tests.e2e.story import LOCAL

TABLE = "greeter-dev-greetings"
REGIONS = ("us-east-1", "eu-west-1")
DATA = ("--unit", "us-east-1/data", "--unit", "eu-west-1/data")


@pytest.fixture
def checkout(home: Path) -> Iterator[Checkout]:
    """Return a clone whose `dev` replicates, deployed."""
    made = clone(home / "clone that replicates", home)
    inventory = made.root / "live/inventory.yaml"
    text = inventory.read_text()
    inventory.write_text(text.replace("    versions:", "    replication: global\n    versions:", 1))
    made.meridian("generate").expect(0)
    made.meridian("up", "dev").expect(0)
    yield made
    made.end()


def test_a_table_and_its_replica_come_serve_and_go(checkout: Checkout) -> None:
    items = [one for one in checkout.report("verify")["findings"] if one["rule"] == "item"]
    assert verdicts(checkout.report("verify")) == {region: {"PASS"} for region in REGIONS}
    assert {one["region"]: "and arrived in" in one["sentence"] for one in items} == dict.fromkeys(REGIONS, True)

    target = checkout.target("dev")
    tables = {one: target.client("dynamodb", one).describe_table(TableName=TABLE)["Table"] for one in REGIONS}
    assert [one["RegionName"] for one in tables["us-east-1"]["Replicas"]] == ["eu-west-1"]
    keys = {region: table["SSEDescription"]["KMSMasterKeyArn"] for region, table in tables.items()}
    assert {region: key.split(":")[3] for region, key in keys.items()} == {one: one for one in REGIONS}

    checkout.meridian("plan", *LOCAL, *DATA).expect(0)
    assert [row["changes"] for row in checkout.report("plan")["units"]] == [[], []]

    checkout.meridian("destroy", *LOCAL, "--confirm", "dev").expect(0)
    for region in REGIONS:
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            target.client("dynamodb", region).describe_table(TableName=TABLE)
