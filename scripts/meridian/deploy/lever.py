"""A metric that is 1 while a process runs, and has no data after it: an alarm on it needs no one to end it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from typing import Any

from meridian.aws import AWS_ERRORS, describe_error
from meridian.console import say
from meridian.plans.outputs import read_current
from meridian.plans.terragrunt import find_units
from meridian.targets import Target
from meridian.verify.deployment import WATCH

METRIC = "Applying"
SECONDS_BETWEEN = 20.0
"""The alarms look at whole minutes: each gets a value or two."""


@contextmanager
def kept_at_one(target: Target, region: str, lever: Mapping[str, Any]) -> Iterator[None]:
    """Send 1 for the metric of a lever, at once and until the end.

    Raises BotoCoreError or ClientError if the first value is refused; later ones are not needed as much.
    """
    client = target.client("cloudwatch", region)

    def send() -> None:
        client.put_metric_data(
            Namespace=lever["namespace"],
            MetricData=[
                {
                    "MetricName": lever["metric_name"],
                    "Dimensions": [{"Name": name, "Value": one} for name, one in lever["dimensions"].items()],
                    "Value": 1,
                }
            ],
        )

    def keep_sending() -> None:
        while not ended.wait(SECONDS_BETWEEN):
            # A value that is refused is the end of the lever's effect, not of what runs meanwhile.
            try:
                send()
            except AWS_ERRORS:
                continue

    send()
    ended = Event()
    sender = Thread(target=keep_sending, daemon=True)
    sender.start()
    try:
        yield
    finally:
        ended.set()
        sender.join()


@contextmanager
def messages_held(target: Target) -> Iterator[None]:
    """Hold the messages of alarms back until the end, where there is `watch`; warn if that is refused.

    A unit that was never applied has no outputs: this apply makes its alarms, and one without data yet may be on.
    """
    units = [unit for unit in find_units(target) if unit.endswith(f"/{WATCH}")]
    with ExitStack() as held:
        for unit, current in read_current(target, units).items() if units else ():
            region = unit.partition("/")[0]
            lever = current.outputs.get("suppressor") if current.outputs else first_lever(target, region)
            if not lever:
                continue
            try:
                held.enter_context(kept_at_one(target, region, lever))
            except AWS_ERRORS as error:
                say(
                    f"   alarms of {region} may send messages while this applies: {describe_error(error)}. "
                    "The role needs cloudwatch:PutMetricData, which `access` after 1.3.0 gives."
                )
        yield


def first_lever(target: Target, region: str) -> Mapping[str, Any]:
    """Return what will hold the messages of a region back, before there is an output of `watch` that says it."""
    namespace = f"{target.environment.prefix}/{WATCH}"
    return {"namespace": namespace, "metric_name": METRIC, "dimensions": {"Region": region}}
