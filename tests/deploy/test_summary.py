"""The summary of a plan: one row for a change in several regions, dangerous ones on top, no value lost or leaked."""

import json
from typing import Any

import pytest

from meridian.deploy.summary.dangers import find_dangers
from meridian.deploy.summary.readers import find_readers_of_outputs
from meridian.deploy.summary.regions import Entry, merge_regions
from meridian.deploy.summary.rows import Row, make_output_rows, make_rows
from meridian.deploy.summary.summary import read_summary
from meridian.deploy.summary.terminal import fold, format_lines
from meridian.plans.changes import read_changes
from meridian.plans.plan_json import Plan
from meridian.plans.saved import Plans
from meridian.plans.summary import UnitPlan, summarise
from meridian.targets import Target
from tests.deploy.plans import change, plan

EAST, WEST = "us-east-1/compute", "eu-west-1/compute"
GREET = "aws_lambda_function.greet"


def update(**attributes: tuple[Any, Any]) -> dict[str, Any]:
    """Return an update of the function, from old and new values by attribute."""
    before, after = ({name: pair[side] for name, pair in attributes.items()} for side in (0, 1))
    return change(GREET, "update", before=before, after=after)


def rows(**units: dict[str, Any]) -> list[str]:
    """Return the rows of plans with one change each, by unit, as the terminal shows them."""
    found = [read_changes(unit, Plan(plan(entry))) for unit, entry in units.items()]

    def lines(row: Row) -> str:
        return "; ".join(f"{one.path} {one.old} -> {one.new}" for one in row.attributes)

    return [
        f"{', '.join(row.regions)}: {row.unit}: "
        + "; ".join(f"{one.path} {one.old} -> {one.new}" for one in row.attributes)
        for row in make_rows(found)
    ]


def test_the_same_change_in_two_regions_is_one_row() -> None:
    """That is what a reviewer approves once."""
    assert rows(**{WEST: update(timeout=(5, 10)), EAST: update(timeout=(5, 10))}) == [
        "eu-west-1, us-east-1: compute: timeout 5 -> 10"
    ]


def test_texts_that_differ_by_the_region_alone_are_the_same() -> None:
    """An ARN of each region's own topic is shown with `<region>`, a value that is equal in all as it is."""
    arn = "arn:aws:sns:{}:1:topic"
    found = {
        unit: update(topic=(None, arn.format(unit.split("/")[0])), issuer=("a", "https://idp.us-east-1.example"))
        for unit in (WEST, EAST)
    }
    assert rows(**found) == [
        "eu-west-1, us-east-1: compute: "
        "issuer a -> https://idp.us-east-1.example; topic (none) -> arn:aws:sns:<region>:1:topic"
    ]


@pytest.mark.parametrize("new", [(10, 11), ("eu-west-1", "eu-west-1 "), (None, "")])
def test_changes_that_differ_stay_apart(new: tuple[Any, Any]) -> None:
    """Another value in one region is another change, and never hidden behind the first."""
    found = rows(**{WEST: update(timeout=(5, new[0])), EAST: update(timeout=(5, new[1]))})
    assert len(found) == 2


def test_no_third_region_joins_a_pair_that_it_matches_in_part() -> None:
    """`b` equals `a` literally and `c` matches `a` by region: no text would be true for all three."""
    entries = [Entry("aa/u", (), ("in aa",)), Entry("bb/u", (), ("in aa",)), Entry("cc/u", (), ("in cc",))]
    assert [(one.regions, one.texts) for one in merge_regions(entries)] == [
        (("aa", "bb"), ("in aa",)),
        (("cc",), ("in cc",)),
    ]


def test_old_ids_of_computed_values_do_not_part_regions() -> None:
    """The function's last change differs from region to region and is known only after the apply."""
    entries = {
        unit: change(
            GREET,
            "update",
            before={"modified": unit, "timeout": 1},
            after={"timeout": 2},
            after_unknown={"modified": True},
        )
        for unit in (WEST, EAST)
    }
    assert rows(**entries) == ["eu-west-1, us-east-1: compute: modified  -> (known after apply); timeout 1 -> 2"]


def test_a_replacement_does_not_list_what_stays_empty() -> None:
    """The provider reports attributes that are not set as empty; an update to an empty value is a change."""
    before, after = {"name": "a", "display": "", "rate": 0}, {"name": "b", "display": None, "rate": None}
    assert rows(**{EAST: change(GREET, "replace", before=before, after=after)}) == ["us-east-1: compute: name a -> b"]
    assert len(rows(**{EAST: update(rate=(0, None))})[0]) > len("us-east-1: compute: ")


def test_outputs_name_the_units_that_read_them(target: Target) -> None:
    """The rendered tree says who reads which output; a reader in the same region goes without it."""
    live = target.root / "live/dev"
    for region in ("us-east-1", "eu-west-1"):
        (live / region / "compute").mkdir(parents=True, exist_ok=True)
        (live / region / "compute/terragrunt.hcl").write_text(
            'dependency "identity" {\n  config_path = "../../us-east-1/identity"\n}\n'
            "inputs = {\n  jwt = { issuer = dependency.identity.outputs.issuer }\n}\n"
        )
    outputs = {
        "issuer": {"actions": ["update"], "before": "a", "after": None, "after_unknown": True},
        "key": {"actions": ["update"], "before": "s3cret", "after": "other", "after_sensitive": True},
    }
    changes = read_changes("us-east-1/identity", Plan(plan() | {"output_changes": outputs}))
    found = make_output_rows([changes], find_readers_of_outputs(live))
    assert [(row.name, row.old, row.new, row.readers) for row in found] == [
        ("issuer", "", "(known after apply)", ("compute", "eu-west-1/compute")),
        ("key", "(sensitive)", "(sensitive)", ()),
    ]


def test_dangerous_changes_are_the_gates_and_lost_addresses() -> None:
    """A lost table is the gate's finding; a replaced client, which the gate accepts, is named besides."""
    table = change("aws_dynamodb_table.greetings", "replace", before={}, after={}, replace_paths=[["hash_key"]])
    client = change("aws_cognito_user_pool_client.app", "replace", before={}, after={})
    route = change("aws_apigatewayv2_route.greet", "update", before={"authorizer_id": "x"}, after={"authorizer_id": ""})
    plans = [(f"{region}/data", Plan(plan(table, client, route))) for region in ("eu-west-1", "us-east-1")]
    assert [(one.check, one.regions, one.sentence) for one in find_dangers("dev", plans)] == [
        (
            "MRD_CHANGE_001",
            ("eu-west-1", "us-east-1"),
            "aws_dynamodb_table.greetings would be replaced because of hash_key, and its items with it.",
        ),
        (
            "MRD_CHANGE_002",
            ("eu-west-1", "us-east-1"),
            "aws_apigatewayv2_route.greet: authorizer_id would be unset.",
        ),
        (
            "ADDRESS",
            ("eu-west-1", "us-east-1"),
            "aws_cognito_user_pool_client.app would be replaced: clients lose the client id that they sign in with.",
        ),
    ]


def test_logs_that_go_with_their_function_are_named() -> None:
    """The gate lets them go in an unprotected environment; who approves the plan reads of it."""
    entries = (
        change("aws_lambda_function.orders", "delete", before={"function_name": "orders"}),
        change("aws_cloudwatch_log_group.orders", "delete", before={"name": "/aws/lambda/orders"}),
    )
    (danger,) = find_dangers("dev", [(WEST, Plan(plan(*entries)))])
    assert danger.sentence == "aws_cloudwatch_log_group.orders would be destroyed, and its log events with it."


def test_ordinary_changes_are_not_dangerous() -> None:
    """A new table, a longer timeout and a moved topic are no loss."""
    entries = (
        change("aws_dynamodb_table.greetings", "create", after={}),
        update(timeout=(5, 10)),
        change("aws_sns_topic.verification", "no-op", previous_address="aws_sns_topic.old"),
    )
    assert find_dangers("dev", [(WEST, Plan(plan(*entries)))]) == []


def test_a_summary_reads_only_plans_with_changes(target: Target) -> None:
    """A unit without changes has no JSON, and is counted."""
    plans = Plans(target)
    document = plan(update(timeout=(5, 10)), change("aws_sns_topic.t", "create", after={"name": "\x1b[31mred"}))
    (plans.folder / WEST).mkdir(parents=True)
    (plans.folder / WEST / "tfplan.json").write_text(json.dumps(document))
    nothing = UnitPlan(EAST, (), False, False, applyable=False)
    found = read_summary(plans, [summarise(WEST, Plan(document)), nothing], "Left out: x.")
    assert found.total == "1 to create, 1 to update, in 1 of 2 units."
    lines = [line for line, _ in format_lines(found)]
    assert lines == [
        "Changes",
        "  update  eu-west-1: compute: aws_lambda_function.greet: timeout 5 -> 10",
        "  create  eu-west-1: compute: aws_sns_topic.t",
        "",
        "Left out: x.",
        "1 to create, 1 to update, in 1 of 2 units.",
    ]
    (created,) = (row for row in found.body()["rows"] if row["action"] == "create")
    assert created["attributes"][0]["new"] == "\x1b[31mred"


@pytest.mark.parametrize("text", ["a b", "x" * 300, f"{'word ' * 60}end", f"key {'y' * 150} -> {'z' * 90} w"])
def test_folding_fits_and_loses_nothing(text: str) -> None:
    """Every line fits, and the text is whole again without the line ends."""
    lines = list(fold(text, 100, "  "))
    assert max(map(len, lines)) <= 100
    assert "".join("".join(lines).split()) == "".join(text.split())
