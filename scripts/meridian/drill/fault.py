"""Takes one region away, and always puts it back: also when the process that took it away is gone."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Thread
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from meridian.errors import CouldNotTell
from meridian.local.lost import take_away
from meridian.paths import state_dir
from meridian.targets import Target

SECONDS_BETWEEN = 20.0
"""The lever's alarm looks at whole minutes: each gets a value or two."""


def without_listener(target: Target, region: str) -> AbstractContextManager[None]:
    """Let the local AWS refuse every connection to a region's APIs; it ends by itself with this process."""
    return take_away(state_dir(target.root, target.environment.name), region)


@contextmanager
def lever_pulled(target: Target, region: str, lever: Mapping[str, Any]) -> Iterator[None]:
    """Report the region as out of service, until the end: Route 53 then leaves its record out.

    The metric has to be sent all the time. Once it is not, the region is well again: nothing stays behind a process
    that was killed. Raises CouldNotTell if the first value is refused.
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
            # A value that is refused is the end of the drill's effect, not of its measurement.
            try:
                send()
            except (BotoCoreError, ClientError):
                continue

    try:
        send()
    except (BotoCoreError, ClientError) as error:
        raise CouldNotTell(
            f"The metric {lever['metric_name']} of {region} was refused: {error}",
            "The role needs cloudwatch:PutMetricData; then run the drill again. Nothing was taken away.",
        ) from error
    ended = Event()
    sender = Thread(target=keep_sending, daemon=True)
    sender.start()
    try:
        yield
    finally:
        ended.set()
        sender.join()
