"""docs/replication.md walked: one table with a replica, independent tables, one table again, and nothing left of it."""

import json
import re
import shlex
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from meridian.targets import Target
from tests.e2e.checkout import ROOT, Checkout, Done, clone, verdicts
from tests.e2e.story import LOCAL

TABLE = "greeter-dev-greetings"
PRIMARY, OTHER = REGIONS = ("us-east-1", "eu-west-1")
DATA = ("--unit", f"{PRIMARY}/data", "--unit", f"{OTHER}/data")
LINE = "    replication: global\n"
PAGE = (ROOT / "docs/replication.md").read_text().replace("greeter-prod", "greeter-dev")
TO_GLOBAL, TO_NONE = (PAGE.split("\n## ")[number] for number in (1, 2))
"""The page's two walks; the inventory of the tests has their regions, and `dev` where the page has `prod`."""


@pytest.fixture(scope="module")
def checkout(home: Path) -> Iterator[Checkout]:
    """Return a clone whose `dev` replicates, deployed; the tests change it one after the other."""
    made = clone(home / "clone that replicates", home)
    inventory = made.root / "live/inventory.yaml"
    inventory.write_text(inventory.read_text().replace("    versions:", f"{LINE}    versions:", 1))
    made.meridian("generate").expect(0)
    made.meridian("up", "dev").expect(0)
    yield made
    made.end()


def test_a_table_and_its_replica_serve(checkout: Checkout) -> None:
    items = [one for one in checkout.report("verify")["findings"] if one["rule"] == "item"]
    assert verdicts(checkout.report("verify")) == {region: {"PASS"} for region in REGIONS}
    assert {one["region"]: "and arrived in" in one["sentence"] for one in items} == dict.fromkeys(REGIONS, True)

    target = checkout.target("dev")
    tables = {one: target.client("dynamodb", one).describe_table(TableName=TABLE)["Table"] for one in REGIONS}
    assert [one["RegionName"] for one in tables[PRIMARY]["Replicas"]] == [OTHER]
    keys = {region: table["SSEDescription"]["KMSMasterKeyArn"] for region, table in tables.items()}
    assert {region: key.split(":")[3] for region, key in keys.items()} == {one: one for one in REGIONS}


def test_the_tables_become_independent_and_the_primary_region_keeps_every_item(checkout: Checkout) -> None:
    """An item that a region had goes back there with the page's script."""
    target = checkout.target("dev")
    kept = put_item(target, OTHER)
    inventory = checkout.root / "live/inventory.yaml"
    inventory.write_text(inventory.read_text().replace(LINE, "", 1))
    checkout.meridian("generate").expect(0)
    assert_refused(checkout)

    for command in find_commands(TO_NONE):
        run_command(target, command)
    checkout.meridian("plan", *LOCAL).expect(0)
    checkout.meridian("apply", *LOCAL).expect(0)
    checkout.meridian("verify", *LOCAL).expect(0)
    assert [read_items(target, region) for region in REGIONS] == [{kept}, set()]
    copy_items(checkout, PRIMARY, OTHER).expect(0)
    assert [read_items(target, region) for region in REGIONS] == [{kept}, {kept}]


def test_the_tables_become_one_with_the_items_of_both(checkout: Checkout) -> None:
    """The apply that is refused has started the stream already: the other plan waits for that region's."""
    target = checkout.target("dev")
    items = read_items(target, PRIMARY) | {put_item(target, region) for region in REGIONS}
    inventory = checkout.root / "live/inventory.yaml"
    inventory.write_text(inventory.read_text().replace("    versions:", f"{LINE}    versions:", 1))
    checkout.meridian("generate").expect(0)
    assert_refused(checkout, "would be destroyed, and its items with it.", "would give way to a replica")

    backup, *deletion = find_commands(TO_GLOBAL)
    run_command(target, backup)
    copy_items(checkout, OTHER, PRIMARY).expect(0)
    for command in deletion:
        run_command(target, command)
    assert "1 to create, in 1 of 5 units." in checkout.meridian("plan", *LOCAL).expect(0).stdout
    checkout.meridian("apply", *LOCAL).expect(0)
    assert "and arrived in" in checkout.meridian("verify", *LOCAL, "--verbose").expect(0).stdout
    assert [read_items(target, region) for region in REGIONS] == [items, items]
    checkout.meridian("plan", *LOCAL).expect(0)
    assert not [row for row in checkout.report("plan")["units"] if row["changes"]]


def test_nothing_is_left_after_a_destroy(checkout: Checkout) -> None:
    checkout.meridian("destroy", *LOCAL, "--confirm", "dev").expect(0)
    for region in REGIONS:
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            checkout.target("dev").client("dynamodb", region).describe_table(TableName=TABLE)


def put_item(target: Target, region: str) -> str:
    """Write an item to the table of a region, and return its sort key."""
    sort_key = str(uuid4())
    item = {"subject": {"S": "walk"}, "greeting_id": {"S": sort_key}, "region": {"S": region}}
    target.client("dynamodb", region).put_item(TableName=TABLE, Item=item)
    return sort_key


def read_items(target: Target, region: str) -> set[str]:
    """Return the sort keys of all items in the table of a region."""
    found = target.client("dynamodb", region).scan(TableName=TABLE, ConsistentRead=True)
    return {item["greeting_id"]["S"] for item in found["Items"]}


def assert_refused(checkout: Checkout, *sentences: str) -> None:
    """Apply, which the gate refuses: the steps before the switch were left out."""
    done = checkout.meridian("apply", *LOCAL, *DATA).expect(1)
    assert "The gate refuses what would be applied to dev: 2 findings." in done.stderr
    for sentence in sentences:
        assert sentence in done.stdout + done.stderr


def copy_items(checkout: Checkout, here: str, there: str) -> Done:
    """Run the page's script, with its regions swapped where an item goes the other way."""
    (script,) = re.findall(r"```python\n(.*?)```", TO_GLOBAL, re.DOTALL)
    regions = f'("{OTHER}", "{PRIMARY}")'
    assert regions in script
    file = checkout.root / "out/copy_items.py"
    file.write_text(textwrap.dedent(script).replace(regions, f'("{here}", "{there}")'))
    return checkout.shell("dev", shlex.join([sys.executable, str(file)]))


def find_commands(text: str) -> list[str]:
    """Return the commands of the AWS CLI that name a table, in order."""
    return [command for command in re.findall(r"`(aws [^`]+)`", text) if "--table-name" in command]


def run_command(target: Target, command: str) -> None:
    """Make the call that a command of the AWS CLI makes."""
    service, operation, *words = shlex.split(command)[1:]
    waiter = words.pop(0).replace("-", "_") if operation == "wait" else ""
    given: dict[str, object] = {}
    while words:
        name = words.pop(0).removeprefix("--")
        key = "".join(map(str.capitalize, name.removeprefix("no-").split("-")))
        value = False if name.startswith("no-") else words.pop(0)
        given[key] = json.loads(value) if isinstance(value, str) and value.startswith("[") else value
    client = target.client(service, str(given.pop("Region")))
    call = client.get_waiter(waiter).wait if waiter else getattr(client, operation.replace("-", "_"))
    call(**given)
