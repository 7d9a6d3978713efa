"""`units: {watch: true}` in a running environment: alarms that stay as they were applied, and that a fault sets off.

The last file that works on the first clone: the module stays on.
"""

from contextlib import ExitStack

import pytest

from meridian.deploy.canary import find_alarms
from meridian.targets import Target
from tests.e2e.checkout import Checkout
from tests.e2e.story import LOCAL

REGIONS = ("us-east-1", "eu-west-1")
WATCH = ("--unit", "us-east-1/watch", "--unit", "eu-west-1/watch")
BEFORE = "    versions: working-tree"
AFTER = f"    units: {{watch: true}}\n    watch: {{budget_usd: 20}}\n{BEFORE}"


@pytest.fixture(scope="module")
def watched(first: Checkout) -> Checkout:
    """Return the first clone with the module switched on and applied."""
    inventory = first.root / "live/inventory.yaml"
    text = inventory.read_text()
    assert BEFORE in text
    inventory.write_text(text.replace(BEFORE, AFTER, 1))
    first.meridian("generate").expect(0)
    first.meridian("plan", *LOCAL, *WATCH).expect(0)
    first.meridian("apply", *LOCAL, *WATCH).expect(0)
    return first


def test_a_second_plan_changes_nothing(watched: Checkout) -> None:
    watched.meridian("plan", *LOCAL, *WATCH).expect(0)
    units = watched.report("plan")["units"]
    assert {row["unit"]: row["changes"] for row in units} == {f"{region}/watch": [] for region in REGIONS}


def test_a_function_that_crashes_sets_off_the_alarm_of_its_region(watched: Checkout) -> None:
    target = watched.target("dev")
    crash(target, "eu-west-1")
    for name in ("function-errors", "region"):
        assert [state(target, region, name) for region in REGIONS] == ["OK", "ALARM"], name


def test_an_apply_holds_the_messages_of_every_region_back(watched: Checkout) -> None:
    """Its alarm is on, and no canary takes that for a fault."""
    inventory = watched.root / "live/inventory.yaml"
    inventory.write_text(inventory.read_text().replace("budget_usd: 20", "budget_usd: 20, refused_per_minute: 50"))
    watched.meridian("generate").expect(0)
    watched.meridian("plan", *LOCAL, *WATCH).expect(0)
    watched.meridian("apply", *LOCAL, *WATCH).expect(0)
    target = watched.target("dev")
    assert [state(target, region, "applying") for region in REGIONS] == ["ALARM", "ALARM"]
    (alarm,) = target.client("cloudwatch").describe_alarms(
        AlarmNames=[f"{target.environment.prefix}-region"], AlarmTypes=["CompositeAlarm"]
    )["CompositeAlarms"]
    assert alarm["ActionsSuppressor"] == f"{target.environment.prefix}-applying"
    assert f"{target.environment.prefix}-applying" not in find_alarms(target, "us-east-1")


def crash(target: Target, region: str) -> None:
    """Call the function three times with code that is not there; its alias is left as it is."""
    functions, function = target.client("lambda", region), {"FunctionName": f"{target.environment.prefix}-greet"}
    with ExitStack() as undo:
        handler = functions.get_function_configuration(**function)["Handler"]
        undo.callback(functions.update_function_configuration, **function, Handler=handler)
        functions.update_function_configuration(**function, Handler="absent.handler")
        for _ in range(3):
            assert "FunctionError" in functions.invoke(**function)


def state(target: Target, region: str, name: str) -> str:
    """Return the state of an alarm of the environment."""
    answer = target.client("cloudwatch", region).describe_alarms(
        AlarmNames=[f"{target.environment.prefix}-{name}"], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    (alarm,) = (*answer["MetricAlarms"], *answer["CompositeAlarms"])
    return str(alarm["StateValue"])
