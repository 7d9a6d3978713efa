"""Takes one region or the edge away, and always puts it back: also when the process that did it is gone."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from meridian.aws import AWS_ERRORS, describe_error
from meridian.deploy.lever import kept_at_one
from meridian.errors import CouldNotTell
from meridian.local import lost
from meridian.paths import state_dir
from meridian.targets import Target


def _local(what: str) -> Callable[..., AbstractContextManager[None]]:
    """Return how to take something away from the local AWS; it ends by itself with this process."""

    def pull(target: Target, region: str, _: object = None) -> AbstractContextManager[None]:
        return lost.take_away(state_dir(target.root, target.environment.name), region, what)

    return pull


@contextmanager
def lever_pulled(target: Target, region: str, routing: Mapping[str, Any]) -> Iterator[None]:
    """Report the region as out of service, until the end: Route 53 then leaves its record out.

    The metric has to be sent all the time. Once it is not, the region is well again: nothing stays behind a process
    that was killed. Raises CouldNotTell without a lever in the outputs of `routing`, or if its first value is refused.
    """
    lever = routing.get("lever")
    if not isinstance(lever, dict):
        raise CouldNotTell(
            f"{region}/routing: output 'lever' is missing.", f"Run `meridian apply {target.arguments}` first."
        )
    with ExitStack() as pulled:
        try:
            pulled.enter_context(kept_at_one(target, region, lever))
        except AWS_ERRORS as error:
            raise CouldNotTell(
                f"The metric {lever['metric_name']} of {region} was refused: {describe_error(error)}",
                "The role needs cloudwatch:PutMetricData; then run the drill again. Nothing was taken away.",
            ) from error
        yield


@dataclass(frozen=True)
class Fault:
    """One way to take something away: a context manager of target, region and the region's outputs of `routing`."""

    effect: str
    pull: Callable[[Target, str, Mapping[str, Any]], AbstractContextManager[None]]
    not_on_aws: str = ""
    """Why it cannot be made on AWS; empty if it can."""
    ends_sign_in: bool = False
    """Whether nobody can sign in while it takes the primary region away."""
    of_edge: bool = False
    """Whether it takes the edge away, and no region."""

    def name_of(self, region: str) -> str:
        """Return what a sentence calls what is taken away."""
        return "the edge" if self.of_edge else region

    @property
    def unanswered(self) -> str:
        """Why calls may not be answered before anything is taken away."""
        if self.of_edge:
            return "Store its secret (docs/edge.md), and use a --rate below a sixtieth of `edge.calls_per_minute`."
        return "Latency records send each client to its nearest region: drill one from a machine near it."

    @property
    def others(self) -> str:
        """What has to take over."""
        return "the shared name" if self.of_edge else "the other regions"


FAULTS = {
    "region": Fault(
        "its APIs and its sign-in refuse every call",
        _local(lost.REGION),
        "On AWS no region can be taken away.",
        ends_sign_in=True,
    ),
    "table": Fault(
        "its tables throttle every call",
        _local(lost.TABLES),
        "On AWS no table can be made to throttle without a change of it.",
    ),
    "dns": Fault("its record is left out", lever_pulled),
    "edge": Fault(
        "the edge answers 503, and clients call the shared name",
        _local(lost.EDGE),
        "On AWS no distribution can be taken away without a change of it.",
        of_edge=True,
    ),
}
