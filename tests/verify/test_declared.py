"""What a verify.yaml may say, and what its reader refuses with file, line and a hint."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from meridian.errors import UserError
from meridian.modules import ledger
from meridian.modules.contract import read_module_file
from meridian.modules.library import Library
from meridian.verify import declared
from meridian.verify.declared import FILE, Call, Left, parse_calls, read_calls

ROOT = Path(__file__).resolve().parents[2]
OUTPUTS = {"orders": {"queue_url", "table_name"}, "data": {"table_name", "topic_arn"}}
GOOD = """\
calls:
  create:
    call: POST /orders
    body: {order_id: "{run_id}"}
    status: 201
    answer: {region: "{region}"}
    leaves:
      - table: {output: data.table_name}
        key: {subject: "{subject}", id: "{answer.id}"}
        holds: {amount: 3}
      - queue: {output: queue_url}
        holds: {order_id: "{run_id}"}
  refused:
    call: GET /orders?limit=1
    token: none
    status: 401
"""


def parse(text: str) -> tuple[Call, ...]:
    """Read the text of the module `orders`."""
    return parse_calls(text, "modules/orders/verify.yaml", "orders", OUTPUTS)


def test_a_file_is_read_with_its_defaults() -> None:
    """A call has an ID token; an output without a module is the module's own."""
    create, refused = parse(GOOD)
    table = Left("table", "data", "table_name", {"subject": "{subject}", "id": "{answer.id}"}, {"amount": 3})
    assert create.leaves == (table, Left("queue", "orders", "queue_url", {}, {"order_id": "{run_id}"}))
    assert (create.title, create.token, create.status) == ("POST /orders", "id", 201)
    assert create.where == "modules/orders/verify.yaml:2"
    assert (refused.path, refused.token, refused.body, refused.leaves) == ("/orders?limit=1", "none", None, ())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("calls:", "call:", "verify.yaml:1: call: there is no such key. Did you mean 'calls'?"),
        ("  create:", "  Create:", "verify.yaml:2: calls.Create: is not a name."),
        (
            "status: 201",
            "statsu: 201",
            "verify.yaml:5: calls.create.statsu: there is no such key. Did you mean",
        ),
        ("status: 201", "token: id", "verify.yaml:2: calls.create: 'status' is missing."),
        ("status: 201", "status: true", "verify.yaml:5: calls.create.status: true is not an HTTP status"),
        ("status: 201", "status: 20", "verify.yaml:5: calls.create.status: 20 is not an HTTP status"),
        ("POST /orders", "PSOT /orders", "verify.yaml:3: calls.create.call: 'PSOT /orders' is not a method and a path"),
        ("POST /orders", "POST orders", "is not a method and a path, e.g. POST /orders."),
        ("POST /orders", "POST /orders/{id}", "verify.yaml:3: calls.create.call: there is no placeholder {id}."),
        (
            "token: none",
            "token: no-one",
            "verify.yaml:15: calls.refused.token: 'no-one' is not one of: id, access",
        ),
        ("{run_id}", "{runid}", "calls.create.body.order_id: there is no placeholder {runid}. Did you mean 'run_id'?"),
        ("data.table_name", "data.table", "data has no output 'table'. Did you mean 'table_name'?"),
        ("data.table_name", "dat.table_name", "'dat' is not a module of this environment. Did you mean 'data'?"),
        ("{output: queue_url}", "{outputs: queue_url}", "there is no such key. Did you mean 'output'?"),
        ("- queue:", "- quue:", "verify.yaml:11: calls.create.leaves[1].quue: there is no such key."),
        ('{order_id: "{run_id}"}\n  ref', "{amount: 3}\n  ref", "verify deletes the message that it finds."),
        ('{subject: "{subject}", id: "{answer.id}"}', "{id: fixed}", "verify deletes the item with this key."),
        ('id: "{answer.id}"', 'id: "{answer.id}", c: 1', "is the whole key: one or two attributes"),
        ('id: "{answer.id}"', "id: 1.5", "each a string or a whole number"),
        ("answer: {region", "answer: [region", "is not YAML"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_hint(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(UserError) as raised:
        parse(GOOD.replace(old, new, 1))
    assert says in raised.value.message


@pytest.mark.parametrize("text", ["", "calls: {}\n", "calls: [a]\n", "calls:\n  a: {}\n", "calls:\n  a: []\n"])
def test_a_file_without_a_call_is_refused(text: str) -> None:
    """It would check nothing."""
    with pytest.raises(UserError, match=r"modules/orders/verify\.yaml:"):
        parse(text)


def test_every_file_of_the_modules_can_be_read() -> None:
    """A mistake shows in `make check`, not after an apply."""
    read_calls(ROOT, Library(ROOT).contracts(None))


def test_a_released_version_counts_as_it_was_released(tmp_path: Path) -> None:
    """The working tree's file is of no use for an environment that runs a release, and a release may have none."""

    def git(*words: str) -> str:
        who = ("-c", "user.name=n", "-c", "user.email=e@example.com")
        done = subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def release() -> ledger.Row:
        git("add", ".")
        git("commit", "-qm", "x")
        commit, tree = git("rev-parse", "HEAD", "HEAD:modules/orders").split()
        return ledger.Row("orders", "1.0.0", commit, tree, "2026-11-27", "x")

    folder = tmp_path / "modules/orders"
    folder.mkdir(parents=True)
    git("init", "-q")
    (folder / "unit.yaml").write_text("")
    without = release()
    (folder / FILE).write_text("old")
    released = release()
    (folder / FILE).write_text("new")
    assert read_module_file(tmp_path, "orders", None, FILE) == "new"
    assert read_module_file(tmp_path, "orders", released, FILE) == "old"
    assert read_module_file(tmp_path, "orders", without, FILE) is None
    (folder / FILE).unlink()
    assert read_module_file(tmp_path, "orders", None, FILE) is None
    lost = ledger.Row("orders", "1.0.0", "0" * 40, "1" * 40, "2026-11-27", "x")
    with pytest.raises(UserError, match="is not in this clone"):
        read_module_file(tmp_path, "orders", lost, FILE)


def test_the_example_of_the_docs_is_right() -> None:
    """The block of docs/verify.md is read word by word."""
    text = (ROOT / "docs/verify.md").read_text()
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(parse(example)) == 4
    assert all(f"| `{key}`" in text for key in declared._CALL_KEYS)


def test_the_schema_of_editors_knows_the_same_keys() -> None:
    """What an editor accepts, the reader accepts."""
    schema = json.loads((ROOT / "modules/verify.schema.json").read_text())
    calls = schema["properties"]["calls"]
    call = calls["additionalProperties"]
    table, queue = call["properties"]["leaves"]["items"]["oneOf"]
    assert tuple(call["properties"]) == declared._CALL_KEYS
    assert (tuple(table["properties"]), tuple(queue["properties"])) == (declared._TABLE_KEYS, declared._QUEUE_KEYS)
    assert tuple(call["properties"]["token"]["enum"]) == declared.TOKENS
    assert call["properties"]["call"]["pattern"] == f"^(?:{declared._CALL.pattern})$"
    assert calls["propertyNames"]["pattern"] == f"^(?:{ledger.MODULE.pattern})$"
