"""What `watch` takes from `compute` without an output of it, so that both must say the same."""

import json
import re
from pathlib import Path
from typing import Any

from meridian.deploy.canary import APPLYING
from meridian.deploy.lever import first_lever
from tests.modules import declared
from tests.verify.fakes import target

MODULES = {module.name: module for module in declared.MODULES}


def test_a_setting_of_several_modules_is_the_same_for_all() -> None:
    """An attribute, limit or protected value that one lacks would be refused, or compared with another limit."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for module in declared.MODULES:
        for variable, source in declared.manifest(module)["inputs"].items():
            if "setting" in source:
                body = declared.variables(module)[variable]
                same = body["type"], body.get("validation"), source.get("protected")
                found.setdefault(source["setting"], []).append(same)
    assert len(found["function"]) == 2
    for name, several in found.items():
        assert several == [several[0]] * len(several), name


def test_the_filters_read_the_log_that_compute_makes() -> None:
    """The status is a string there, and a number in a pattern would never match it."""
    groups = declared.read(MODULES["compute"] / "logs.tf")["resource"]
    made = [
        group["aws_cloudwatch_log_group"]["access"]["name"]
        for group in groups
        if "access" in group["aws_cloudwatch_log_group"]
    ]
    (filters,) = declared.read(MODULES["watch"] / "filters.tf")["locals"]
    (api,) = declared.read(MODULES["compute"] / "api.tf")["locals"]
    assert made == [filters["access_log"]]
    assert api["access_log"]["status"] == "$context.status"


def test_the_alarm_that_is_no_fault_has_the_name_that_apply_knows() -> None:
    """Otherwise an apply with a canary would stop at the alarm that it sets off itself."""
    (alarm,) = declared.read(MODULES["watch"] / "applying.tf")["resource"]
    assert alarm["aws_cloudwatch_metric_alarm"]["applying"]["alarm_name"] == f"${{var.name}}-{APPLYING}"


def test_a_first_apply_holds_messages_back_with_the_metric_that_the_alarm_will_watch() -> None:
    """There is no output yet that names it."""
    (one,) = declared.read(MODULES["watch"] / "applying.tf")["locals"]
    text = json.dumps(one["suppressor"]).replace("${var.name}", "greeter-dev")
    assert json.loads(text.replace("${local.region}", "eu-west-1")) == first_lever(target(Path()), "eu-west-1")


def test_every_alarm_has_a_row_in_the_runbook() -> None:
    text = (declared.ROOT / "docs/alarms.md").read_text(encoding="utf-8")
    (run,) = [
        one for one in declared.runs(MODULES["watch"]) if one.name == "each_alarm_has_its_threshold_and_its_minutes"
    ]
    alarms = re.findall(r"([a-z]+(?:-[a-z]+)+) = \[", run.body["assert"][0]["condition"])
    assert len(alarms) == 11
    for name in (*alarms, "api-errors", "function-concurrency", "no-requests", "table-lag-<region>"):
        assert f"| `{name}` |" in text, name
