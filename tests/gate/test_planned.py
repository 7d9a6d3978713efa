"""The plan of a unit is compared with its module: resources that no code declares, and foreign accounts."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from meridian.gate import code, units
from meridian.gate.accepted.fixed import Accepted, read_accepted
from meridian.gate.accepted.planned import FOREIGN, JUDGED, find_in_plan
from meridian.gate.checkov.engine import Result
from meridian.gate.finding import Finding, Place
from meridian.inventory.load import load_inventory
from meridian.plans.plan_json import Plan
from tests.conftest import ROOT
from tests.gate.corpus import keep

OWN, OTHER = "100000000003", "210987654321"
QUEUE = f"arn:aws:sqs:us-east-1:{OTHER}:dead"
FUNCTION, TABLE = "aws_lambda_function.greet", "aws_dynamodb_table.greetings"
Document = dict[str, Any]


def read(name: str) -> Document:
    """Return a plan of prod."""
    found: Document = json.loads((keep.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def find(plan: Document, module: str, *judged: str, accepted: Accepted | None = None) -> list[Finding]:
    """Return what the plan of a unit of prod has and the module has not."""
    folder = ROOT / "modules" / module
    place = Place("prod", "us-east-1", module)
    pictures = read_accepted({module: folder}) if accepted is None else accepted
    lines = code.read_module(folder).blocks
    return find_in_plan(Plan(plan), place=place, lines=lines, own=OWN, accepted=pictures, judged=judged)


def changed(module: str, address: str, **values: Any) -> Document:
    """Return a plan in which a resource has other values."""
    plan = read(module)
    (one,) = [one for one in Plan(plan).resources if one["address"] == address]
    one["values"].update(values)
    return plan


@pytest.mark.parametrize("module", ["identity", "data", "compute"])
def test_a_plan_of_the_module_passes(module: str) -> None:
    assert find(read(module), module) == []


@pytest.mark.parametrize("name", ["identity", "data", "compute", "provisional"])
def test_a_first_plan_passes(name: str) -> None:
    """Mocks name an account of their own."""
    plan = json.loads((keep.FOLDER / "first" / f"{name}.json").read_text(encoding="utf-8"))
    own = plan["configuration"]["provider_config"]["aws"]["expressions"]["allowed_account_ids"]["constant_value"][0]
    module = "compute" if name == "provisional" else name
    place, lines = Place("dev", "us-east-1", module), code.read_module(ROOT / "modules" / module).blocks
    assert find_in_plan(Plan(plan), place=place, lines=lines, own=own, accepted=Accepted()) == []


def added(mode: str = "managed", actions: tuple[str, ...] = ("create",), **more: Any) -> Document:
    """Return the plan of data with a resource that its code does not have."""
    plan = read("data")
    change = {"actions": list(actions), "before": None, "after": {}}
    row = {"address": "x", "mode": mode, "type": "aws_sqs_queue", "name": "more", "change": change, **more}
    plan["resource_changes"].append(row)
    return plan


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (added(), "aws_sqs_queue.more is in the plan"),
        (added(actions=("no-op",)), "aws_sqs_queue.more is in the plan"),
        (added("data", ("read",)), "data.aws_sqs_queue.more is in the plan"),
        (added(module_address="module.a"), "module.a.aws_sqs_queue.more is in the plan"),
    ],
)
def test_a_resource_that_the_code_does_not_have_is_found(plan: Document, says: str) -> None:
    (one,) = find(plan, "data")
    assert (one.check, one.file) == ("MRD_ACCEPTED_002", "modules/data")
    assert one.what.startswith(says)


def test_what_only_the_configuration_names_is_found() -> None:
    """Data that Terraform has read already, and a call of another module."""
    plan = read("data")
    plan["configuration"]["root_module"]["resources"].append({"address": "data.aws_ssm_parameter.more"})
    plan["configuration"]["root_module"]["module_calls"] = {"more": {}}
    assert [one.places[0].resource for one in find(plan, "data")] == ["data.aws_ssm_parameter.more", "module.more"]


@pytest.mark.parametrize("actions", [("delete",), ("forget",)])
def test_what_leaves_the_state_is_in_no_code(actions: tuple[str, ...]) -> None:
    """MRD_CHANGE_001 and 004 judge it."""
    assert find(added(actions=actions), "data") == []


FOREIGN_VALUES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "dead letters": ("compute", FUNCTION, {"dead_letter_config": [{"target_arn": QUEUE}]}, "dead_letter_config"),
    "a layer": ("compute", FUNCTION, {"layers": [f"arn:aws:lambda:us-east-1:{OTHER}:layer:x:1"]}, "layers"),
    "settings under another's key": (
        "compute",
        FUNCTION,
        {"kms_key_arn": f"arn:aws:kms:us-east-1:{OTHER}:key/1"},
        "kms_key_arn",
    ),
    "an access log": (
        "compute",
        "aws_apigatewayv2_stage.default",
        {"access_log_settings": [{"destination_arn": f"arn:aws:logs:us-east-1:{OTHER}:log-group:x"}]},
        "access_log_settings",
    ),
    "a permission": (
        "compute",
        "aws_lambda_permission.greet",
        {"source_arn": f"arn:aws:execute-api:us-east-1:{OTHER}:a1/$default/GET/greet"},
        "source_arn",
    ),
    "an integration": (
        "compute",
        "aws_apigatewayv2_integration.function",
        {"integration_uri": f"arn:aws:lambda:us-east-1:{OTHER}:function:x"},
        "integration_uri",
    ),
    "a trigger": (
        "identity",
        "aws_cognito_user_pool.users",
        {"lambda_config": [{"pre_sign_up": f"arn:aws:lambda:us-east-1:{OTHER}:function:x"}]},
        "lambda_config",
    ),
    "a principal in a policy": (
        "data",
        TABLE,
        {"policy": json.dumps({"Statement": [{"Principal": {"AWS": OTHER}}]})},
        "policy",
    ),
    "a resource in a policy": (
        "compute",
        "aws_iam_role_policy.function",
        {"policy": json.dumps({"Statement": [{"Action": "sqs:SendMessage", "Resource": QUEUE}]})},
        "policy",
    ),
    "a condition in a policy": (
        "data",
        TABLE,
        {"policy": json.dumps({"Statement": [{"Condition": {"StringEquals": {"aws:SourceAccount": [OTHER]}}}]})},
        "policy",
    ),
    "the URL of a queue": (
        "data",
        TABLE,
        {"more": f"https://sqs.us-east-1.amazonaws.com/{OTHER}/dead"},
        "more",
    ),
    "a function by its partial ARN": ("data", TABLE, {"more": f"{OTHER}:function:a"}, "more"),
    "an address in another": (
        "data",
        TABLE,
        {"more": f"arn:aws:apigateway:us-east-1:lambda:path/functions/arn:aws:lambda:us-east-1:{OTHER}:function:a"},
        "more",
    ),
    "text that only begins like JSON": ("data", TABLE, {"more": "{ " + QUEUE}, "more"),
    "a key of a map": ("compute", FUNCTION, {"environment": [{"variables": {QUEUE: "x"}}]}, "environment"),
}


@pytest.mark.parametrize("case", FOREIGN_VALUES)
def test_another_account_is_found_wherever_it_stands(case: str) -> None:
    """No policy names these attributes, and the module's code does not show the value."""
    module, address, values, attribute = FOREIGN_VALUES[case]
    (one,) = find(changed(module, address, **values), module)
    assert one.what == f"{address}: {attribute} names the account {OTHER}."
    assert (one.check, one.places[0].resource) == ("MRD_ACCEPTED_003", address)
    assert one.line
    assert (ROOT / one.file).is_file()


@pytest.mark.parametrize(
    "values",
    [
        {"more": f"arn:aws:sqs:us-east-1:{OWN}:dead"},
        {"more": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        {"more": f"arn:aws:sqs:us-east-1:{OTHER}:meridianmock"},
        {"tags": {"Ticket": OTHER}, "tags_all": {"Ticket": OTHER}},
        {"more": f"{OTHER}0"},
    ],
    ids=["the environment's own", "AWS's own", "a mock", "a tag", "a longer number"],
)
def test_other_values_pass(values: dict[str, Any]) -> None:
    assert find(changed("data", TABLE, **values), "data") == []


def test_an_account_that_the_accepted_code_names_passes() -> None:
    plan = changed("data", TABLE, more=QUEUE)
    pictures = copy.deepcopy(dict(read_accepted({"data": ROOT / "modules/data"}).pictures))
    pictures["data"] = {**pictures["data"], "code": {"local.ops": {"value": OTHER}}}
    assert find(plan, "data", accepted=Accepted(pictures)) == []
    assert [one.check for one in find(plan, "data", accepted=Accepted())] == [FOREIGN.id]


def test_a_policy_that_has_found_it_is_not_repeated(tmp_path: Path) -> None:
    """The whole gate on one unit: the policy's finding stands alone."""
    module = "data"
    environment = load_inventory(ROOT / "live/inventory.yaml").environment("prod")
    plan = Plan(changed(module, TABLE, more=QUEUE))
    read_code = code.read_module(ROOT / "modules" / module)
    unit = units.Unit(environment, f"us-east-1/{module}", plan, tmp_path, read_code)
    failed = Result("failed", "CKV_MRD_024", "a title", TABLE, "main.tf", 1, ("It is another's.",))
    assert failed.check in JUDGED
    assert [one.check for one in units.find_in_unit(unit, [failed], final=True)] == ["CKV_MRD_024"]
    assert [one.check for one in units.find_in_unit(unit, [], final=True)] == ["MRD_ACCEPTED_003"]
