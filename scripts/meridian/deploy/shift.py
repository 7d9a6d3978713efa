"""`apply --canary`: a new version of a function gets a share of the calls of its alias before it gets all of them."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import requests
import typer

from meridian.aws import AWS_ERRORS
from meridian.console import say, step
from meridian.deploy.canary import find_alarms, verify_regions
from meridian.deploy.counts import Counts, count_calls
from meridian.deploy.moving import Alias
from meridian.errors import CouldNotTell, Exit, MeridianError, OperationFailed, Refused, UserError
from meridian.plans.outputs import read_outputs
from meridian.targets import Target
from meridian.verify import http
from meridian.verify.aws import make_clients
from meridian.verify.deployment import COMPUTE, read_deployment
from meridian.verify.findings import Reporter
from meridian.verify.run import Run

PERCENT, MINUTES = 10, 5.0
MOST_PERCENT, MOST_MINUTES = 50, 60.0
SECONDS_BETWEEN = 30.0
CALLS = 10
"""Calls of GET /status in each round, so that a version is also called where no client is."""
FAILING_PERCENT = 1
"""A version fails if more of its calls than this crash or run out of time."""

CanaryOption = Annotated[
    bool,
    typer.Option(
        "--canary", help="Send a share of the calls to a new version of a function first; take it back if that fails."
    ),
]
PercentOption = Annotated[
    int | None,
    typer.Option(
        "--percent", min=1, max=MOST_PERCENT, help=f"With --canary: the share of the calls; default: {PERCENT}."
    ),
]
MinutesOption = Annotated[
    float | None,
    typer.Option(
        "--minutes", min=0.1, max=MOST_MINUTES, help=f"With --canary: how long to watch it; default: {MINUTES:.0f}."
    ),
]


@dataclass(frozen=True)
class Shift:
    """The share of the calls that a new version gets, and for how long it is watched."""

    percent: int
    minutes: float


def choose_shift(canary: bool, percent: int | None, minutes: float | None) -> Shift | None:
    """Return the shift that the options ask for; None without `--canary`."""
    if not canary and (percent, minutes) != (None, None):
        raise UserError("--percent and --minutes are of --canary.", "Add --canary, or leave them out.")
    return Shift(percent or PERCENT, minutes or MINUTES) if canary else None


def shift_calls(target: Target, shift: Shift, aliases: Sequence[Alias]) -> None:
    """Send a share of the calls to the new versions, verify and watch them, and take the share back.

    The apply that follows gives them all calls. However this ends, no alias keeps a share; only a kill leaves one,
    which every plan then shows as a change. Raises Refused if a new version fails, CouldNotTell if that is not known.
    """
    if unknown := [alias.unit for alias in aliases if not alias.new]:
        raise OperationFailed(
            f"{', '.join(unknown)}: the plan does not name the new version of the function, although it is published.",
            f"Apply it without a share before: `meridian apply {target.arguments}`.",
        )
    regions = sorted({alias.region for alias in aliases})
    began = datetime.now(UTC)
    try:
        _require_no_alarm(target, regions)
        count_calls(target, aliases, began)
    except MeridianError as error:
        hint = f"{error.hint} Then: `meridian apply {target.arguments} --canary`.".strip()
        raise type(error)(f"No call went to a new version: {error.message}", hint) from error
    shared: list[Alias] = []
    try:
        with step(f"send {shift.percent} % of the calls to the new versions in {', '.join(regions)}"):
            for alias in aliases:
                shared.append(alias)
                _set_share(target, alias, {alias.new: shift.percent / 100})
            counts = _watch(target, shift, aliases, began)
    except MeridianError as error:
        hint = f"{error.hint} {_way_on(target, known=isinstance(error, Refused))}".strip()
        raise type(error)(f"Rolled back: {error.message}", hint) from error
    finally:
        _take_back(target, shared)
    for alias, (calls, errors) in counts.items():
        say(f"   {alias}: {errors} of {calls} calls failed; it gets all calls now")


def _watch(target: Target, shift: Shift, aliases: Sequence[Alias], began: datetime) -> Counts:
    regions = sorted({alias.region for alias in aliases})
    code = verify_regions(target, regions)
    if code != Exit.OK:
        kind = CouldNotTell if code == Exit.UNKNOWN else Refused
        raise kind(f"{', '.join(regions)} are not verified: see out/verify.json.")
    caller, addresses = _prepare_calls(target, aliases)
    until = time.monotonic() + 60 * shift.minutes
    while True:
        for address in addresses * CALLS:
            _call(caller, address)
        _require_no_alarm(target, regions)
        counts = count_calls(target, aliases, began)
        for alias, (calls, errors) in counts.items():
            if errors * 100 > calls * FAILING_PERCENT:
                raise Refused(f"{alias}: {errors} of {calls} calls failed.")
        left = until - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(left, SECONDS_BETWEEN))
    if unseen := [str(alias) for alias, (calls, _) in counts.items() if not calls]:
        raise CouldNotTell(
            f"{'; '.join(unseen)}: CloudWatch has no call of it.",
            "Give it more of them: a larger --percent, or more --minutes.",
        )
    return counts


def _require_no_alarm(target: Target, regions: Iterable[str]) -> None:
    if alarms := [f"{region}: {name}" for region in regions for name in find_alarms(target, region)]:
        raise Refused(f"In ALARM: {', '.join(alarms)}.", "docs/alarms.md says where to look.")


def _prepare_calls(target: Target, aliases: Iterable[Alias]) -> tuple[requests.Session, list[str]]:
    """Return a session, and the address of GET /status for each unit of `compute` among the units of the aliases."""
    regions = sorted({alias.region for alias in aliases if alias.unit.endswith(f"/{COMPUTE}")})
    if not regions:
        return http.session(target.kind), []
    deployment = read_deployment(target, read_outputs(target), regions)
    for region, reason in deployment.absent.items():
        raise CouldNotTell(f"{region} cannot be called: {reason}.")
    run = Run(target, deployment, make_clients(target), Reporter(quiet=True))
    return run.session(), [f"{place.api_url}/status" for place in deployment.regions]


def _call(caller: requests.Session, address: str) -> None:
    answer = http.send_get(caller, address)
    if isinstance(answer, http.NoAnswer):
        raise CouldNotTell(f"GET {address}: {answer.reason}.")
    if answer.status >= 500:
        raise Refused(f"GET {address} answered {answer.status}.")


def _set_share(target: Target, alias: Alias, weights: Mapping[str, float]) -> None:
    try:
        target.client("lambda", alias.region).update_alias(
            FunctionName=alias.function, Name=alias.name, RoutingConfig={"AdditionalVersionWeights": dict(weights)}
        )
    except AWS_ERRORS as error:
        raise CouldNotTell(
            f"{alias}: its share of the calls cannot be set: {error}.",
            "The role needs lambda:UpdateAlias. Versions whose roles differ share no calls: apply without --canary.",
        ) from error


def _take_back(target: Target, aliases: Collection[Alias]) -> None:
    """Let the old versions have all calls; raise OperationFailed, after all were tried, if one keeps a share."""
    stuck: list[Alias] = []
    for alias in aliases:
        try:
            _set_share(target, alias, {})
        except CouldNotTell:
            stuck.append(alias)
    if stuck:
        first = stuck[0]
        raise OperationFailed(
            f"{'; '.join(map(str, stuck))}: it still gets a share of the calls, because that cannot be taken back.",
            f"`aws lambda update-alias --region {first.region} --function-name {first.function} --name {first.name} "
            "--routing-config AdditionalVersionWeights={}`, for each of them.",
        )


def _way_on(target: Target, *, known: bool) -> str:
    again = f"`meridian apply {target.arguments} --canary`"
    ahead = "Fix the code" if known else f"Try again: {again}"
    return (
        f"The old versions have all calls. {ahead}; or commit `meridian rollback` or `git revert`. After a commit: "
        f"`meridian plan {target.arguments}`, then {again}. Until then each plan moves the alias: `apply` without "
        "--canary would give the new version all calls."
    )
