"""The canary region: applied, verified and watched before the other regions of an environment."""

import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from typing import Any

from meridian.aws import AWS_ERRORS
from meridian.console import step
from meridian.errors import CouldNotTell, Exit, OperationFailed
from meridian.inventory.model import Canary
from meridian.plans.graph import with_needs
from meridian.targets import Target
from meridian.verify.command import verify_target

SECONDS_BETWEEN = 30.0
KINDS = ("MetricAlarm", "CompositeAlarm")
APPLYING = "applying"
"""The alarm of `watch` that is on while `apply` runs: it holds messages back and is no fault."""
STOPPED = "The other regions were not applied."


def canary_units(target: Target, needs: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the units of the canary region and all that they need; none without a canary."""
    canary = target.environment.canary
    return set(with_needs((unit for unit in needs if canary and unit.partition("/")[0] == canary.region), needs))


def watch_canary(target: Target, canary: Canary) -> None:
    """Verify the canary region, then wait its minutes while no alarm of the environment is in ALARM there.

    Raises OperationFailed if a check fails or an alarm is, CouldNotTell if that cannot be told.
    """
    back = (
        f"Once it is good, `meridian apply {target.arguments}` goes on with the other regions. To go back: commit "
        "`meridian rollback` or `git revert`, then apply that."
    )
    with step(f"verify {canary.region}, the canary, before the other regions"):
        code = verify_regions(target, (canary.region,))
    if code != Exit.OK:
        kind = CouldNotTell if code == Exit.UNKNOWN else OperationFailed
        raise kind(f"The canary region {canary.region} is not verified: see out/verify.json. {STOPPED}", back)
    until = time.monotonic() + 60 * canary.minutes
    with step(f"watch the alarms of {canary.region} for {canary.minutes} minutes"):
        while True:
            try:
                alarms = find_alarms(target, canary.region)
            except CouldNotTell as error:
                again = f"{error.hint} Then run `meridian apply {target.arguments}`."
                raise CouldNotTell(f"{error.message} {STOPPED}", again) from error
            if alarms:
                raise OperationFailed(f"In ALARM in the canary region: {', '.join(alarms)}. {STOPPED}", back)
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, SECONDS_BETWEEN))


def verify_regions(target: Target, regions: Collection[str]) -> int:
    """Verify some regions and return the exit code; what it prints goes to stderr, so that a report stays JSON."""
    with redirect_stdout(sys.stderr):
        return verify_target(target, as_json=False, regions=regions)


def find_alarms(target: Target, region: str) -> list[str]:
    """Return the names of the environment's alarms in a region that are in the state ALARM, faults only.

    One for which missing data is bad is on before it has any, and so is the alarm of the region, which follows it.
    """
    client, prefix = target.client("cloudwatch", region), f"{target.environment.prefix}-"
    try:
        pages = list(
            client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=prefix, StateValue="ALARM", AlarmTypes=list(KINDS)
            )
        )
    except AWS_ERRORS as error:
        raise CouldNotTell(
            f"The alarms of {region} cannot be read: {error}.",
            "The role needs cloudwatch:DescribeAlarms.",
        ) from error
    metric, composite = ([one for page in pages for one in page.get(f"{kind}s", ())] for kind in KINDS)
    now = datetime.now(UTC)
    new = {one["AlarmName"] for one in metric if _is_new(one, now)}
    found = {one["AlarmName"] for one in metric} - new
    found |= {one["AlarmName"] for one in composite if not _names(one, new) or _names(one, found)}
    return sorted(found - {f"{prefix}{APPLYING}"})


def _is_new(alarm: Mapping[str, Any], now: datetime) -> bool:
    """Return whether an alarm is on because the periods that it looks at began before it was made or changed."""
    if alarm.get("TreatMissingData") != "breaching" or "AlarmConfigurationUpdatedTimestamp" not in alarm:
        return False
    seconds = alarm.get("Period", 60) * alarm["EvaluationPeriods"]
    return bool(now - alarm["AlarmConfigurationUpdatedTimestamp"] < timedelta(seconds=seconds))


def _names(composite: Mapping[str, Any], alarms: Collection[str]) -> bool:
    """Return whether the rule of a composite alarm names one of some alarms."""
    return any(f'"{name}"' in composite.get("AlarmRule", "") for name in alarms)
