"""`meridian drill ENV`: take a region or the edge away while requests run, and measure what they notice."""

import time
from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from meridian import report
from meridian.aws import AWS_ERRORS, describe_error
from meridian.console import say, step
from meridian.deploy.canary import find_alarms
from meridian.deploy.confirm import require_name, require_yes
from meridian.drill.calls import STEADY_SECONDS, is_steady
from meridian.drill.fault import FAULTS
from meridian.drill.lag import Lag
from meridian.drill.load import HIGHEST_RATE, Load, Way
from meridian.drill.result import Moments, Result, SignIns, measure, write_files
from meridian.errors import CouldNotTell, UserError
from meridian.inventory.model import Environment
from meridian.local.regions import address
from meridian.options import HERE, ConfirmOption, EnvironmentArgument, JsonOption, RootOption, TargetOption
from meridian.plans import outputs
from meridian.plans.run_lock import hold_run_file
from meridian.resolve import resolve
from meridian.targets import Target
from meridian.verify import observe
from meridian.verify.aws import make_clients
from meridian.verify.checks import check_status
from meridian.verify.cleanup import remove_created, stopped_by_signals
from meridian.verify.deployment import EDGE, ROUTING, Regional, read_deployment
from meridian.verify.edge import open_lock
from meridian.verify.findings import Reporter, Status
from meridian.verify.region import wait_for_status
from meridian.verify.run import Run, Stopped
from meridian.verify.user import Credentials, SignInIncomplete, User, prepare_user, sign_in

LONGEST_SECONDS = 300.0
"""So long a drill waits for each state; then it ends and puts the region back."""
LOOK_SECONDS = 0.5
SHARED = "shared name"

FaultOption = Annotated[
    str,
    typer.Option(
        "--fault",
        metavar="|".join(FAULTS),
        help=" ".join(
            f"{name}: {one.effect} ({'local AWS' if one.not_on_aws else 'local and real AWS'})."
            for name, one in FAULTS.items()
        ),
    ),
]


@report.with_report("drill")
def drill(
    environment: EnvironmentArgument = "",
    region: Annotated[
        str, typer.Option("--region", metavar="REGION", show_default=False, help="The region; none for --fault edge.")
    ] = "",
    root: RootOption = HERE,
    target: TargetOption = "aws",
    fault: FaultOption = "",
    rate: Annotated[int, typer.Option("--rate", help=f"Calls a second, at most {HIGHEST_RATE}.")] = 5,
    through_edge: Annotated[
        bool, typer.Option("--through-edge", help="Call through the edge, as clients do, not past it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Begin without asking.")] = False,
    confirm: ConfirmOption = "",
    as_json: JsonOption = False,
) -> int:
    """Take one region or the edge away while real calls run, put it back, and print how long it took and what was lost.

    It is always put back, also after Ctrl-C or a kill. Exits with 1 if a target of `recovery` in the inventory
    is missed, or if the calls did not recover. Writes a page, a picture and the figures to out/drills/.

    Example: meridian drill dev --region eu-west-1 --target local
    """
    fault = fault or ("region" if target == "local" else "dns")
    _check_options(target, fault, rate, through_edge=through_edge)
    where = resolve(root, environment, target)
    _check_region(where.environment, region, fault)
    where.require_account()
    run, place = _prepare(where, region, through_edge=through_edge)
    _require_others(run, region)
    named, others = FAULTS[fault].name_of(region), FAULTS[fault].others
    doing = f"{where.arguments}: {named} answers no call for some minutes; clients have to use {others}."
    if where.environment.protected:
        require_name(where.environment.name, confirm, doing)
    else:
        require_yes(doing, yes)
    hold_run_file(where, f"drill {where.environment.name}")
    result = _drill(run, place, fault, rate, through_edge=through_edge)
    paths = write_files(where.root, result)
    report.write_report(where.root, "drill", result.code, result.facts(), as_json=as_json)
    if not as_json:
        print(result.text())
        say(f"the page, the picture and the figures: {', '.join(str(path.relative_to(where.root)) for path in paths)}")
    return int(result.code)


def _check_options(kind: str, fault: str, rate: int, *, through_edge: bool = False) -> None:
    if fault not in FAULTS:
        raise UserError(f"There is no fault {fault!r}.", f"Use --fault with one of: {', '.join(FAULTS)}.")
    if kind == "aws" and FAULTS[fault].not_on_aws:
        raise UserError(
            FAULTS[fault].not_on_aws, "Use --fault dns --region REGION: it takes a region out of the records."
        )
    if FAULTS[fault].of_edge and through_edge:
        raise UserError("Calls go through the edge until it is taken away.", f"Use --fault {fault} alone.")
    if not 1 <= rate <= HIGHEST_RATE:
        raise UserError(f"--rate {rate} is not from 1 to {HIGHEST_RATE}.", "Use --rate 5.")


def _check_region(environment: Environment, region: str, fault: str) -> None:
    regions = environment.lasting_region_names
    if FAULTS[fault].of_edge:
        if region:
            raise UserError("The edge is one for all regions.", f"Use --fault {fault} without --region.")
    elif region not in regions:
        what = f"{environment.name} has no region {region!r}." if region else "Which region?"
        raise UserError(what, f"Use --region with one of: {', '.join(regions)}.")
    elif len(regions) < 2:
        raise UserError(
            f"{environment.name} has one region: nothing could take over.",
            f"Run `meridian add-region {environment.name} REGION` and apply first.",
        )


def _prepare(target: Target, region: str, *, through_edge: bool = False) -> tuple[Run, Regional]:
    """Return a run on what is deployed, and a region; without one that of the edge.

    Raises CouldNotTell unless something could take over: for a region another one that shares its name, for the edge
    that name.
    """
    found = outputs.read_outputs(target)
    deployment = read_deployment(target, found, target.environment.lasting_region_names)
    named = [place for place in deployment.regions if place.names]
    run = Run(target, replace(deployment, regions=tuple(named)), make_clients(target), Reporter(quiet=True))
    if not region:
        return run, _find_edge(target, named)
    chosen = [place for place in named if place.region == region]
    if not chosen or len(named) < 2 or len({place.names.shared for place in named if place.names}) != 1:
        raise CouldNotTell(
            f"{target.environment.name}: {region} shares no name with another region, so nothing could take over.",
            f"Switch `{ROUTING}` on (docs/routing.md), run `meridian apply {target.arguments}`, then drill.",
        )
    if through_edge and chosen[0].edge is None:
        raise UserError(f"{target.environment.name} has no edge.", "Drill without --through-edge, or see docs/edge.md.")
    return run, chosen[0]


def _find_edge(target: Target, named: Collection[Regional]) -> Regional:
    edged = [place for place in named if place.edge]
    if not edged:
        raise UserError(f"{target.environment.name} has no edge.", "Use another --fault, or see docs/edge.md.")
    if any(place.edge.only for place in edged if place.edge):
        raise CouldNotTell(
            f"{target.environment.name}: its regions refuse calls that pass by the edge, so nothing could take over.",
            f"Set `api: {{accept_direct: true}}` (docs/edge.md), run `meridian apply {target.arguments}`, then drill.",
        )
    primary = target.environment.primary_region
    return next((place for place in edged if place.region == primary), edged[0])


def _require_others(run: Run, region: str) -> None:
    """Raise CouldNotTell unless every other region is well: else the drill would take the last good one away.

    A lever that a drill on another machine has pulled shows as an alarm.
    """
    for other in run.deployment.regions:
        if other.region != region:
            with run.session(other.region) as caller:
                status, sentence = check_status(other, wait_for_status(run, other, caller))
            alarms = find_alarms(run.target, other.region) if status is Status.PASS else []
            if alarms:
                status, sentence = Status.FAIL, f"in ALARM: {', '.join(alarms)}."
            if status is not Status.PASS:
                raise CouldNotTell(
                    f"{other.region} would have to take over, and is not well: {sentence}",
                    f"Run `meridian verify {run.target.arguments}`, fix it or wait for its alarms to end, then drill.",
                )


def _drill(run: Run, place: Regional, fault: str, rate: int, *, through_edge: bool = False) -> Result:
    """Run the drill and remove what it made; raises KeyboardInterrupt after a signal, with the region put back."""
    with stopped_by_signals(run):
        try:
            with step("sign a user in"):
                user = prepare_user(run)
            if user is None:
                failed = next(one for one in run.reporter.findings if one.status is not Status.PASS)
                raise CouldNotTell(failed.sentence, f"Run `meridian verify {run.target.arguments}`: it says more.")
            queues = {one.region: observe.open_queue(run, one) for one in run.deployment.regions}
            load, moments = _run_load(run, place, user, fault, rate, through_edge=through_edge)
            if run.signals:
                raise KeyboardInterrupt
            with step("look for what was stored and sent"):
                return measure(run, place, user, load, moments, queues, fault)
        except Stopped:
            raise KeyboardInterrupt from None
        finally:
            remove_created(run)
            for finding in run.reporter.findings:
                if finding.rule == "clean-up" and finding.status is not Status.PASS:
                    say(f"note: {finding.region}: {finding.sentence}")


def _run_load(
    run: Run, place: Regional, user: User, fault: str, rate: int, *, through_edge: bool = False
) -> tuple[Load, Moments]:
    """Make calls before, during and after the fault."""
    ways = _find_ways(run, place, of_edge=FAULTS[fault].of_edge, through_edge=through_edge)
    load = Load(ways, user.tokens.id)
    called, taken = ways[0].url, ways[0].name or place.region
    named = FAULTS[fault].name_of(taken)
    regions = {one.region for one in run.deployment.regions}
    others = {way.name for way in ways[1:]} or regions - {taken}
    routing = run.deployment.outputs[f"{place.region}/{ROUTING}"]
    lag = Lag(load, sorted(regions), partial(_is_stored, run, user))
    with load.running(rate), lag.running() if place.replicates else nullcontext():
        with step(f"call {called}, until {named} answers"):
            if not _wait(run, load, {taken}, 3 * STEADY_SECONDS):
                if run.signals:
                    raise KeyboardInterrupt
                raise CouldNotTell(
                    f"{named} does not answer the calls of {called} that are made here, or not all of them.",
                    f"{FAULTS[fault].unanswered} `meridian verify {run.target.arguments}` says whether it is well.",
                )
        with step(f"take {named} away, and wait for {FAULTS[fault].others} to answer every call"):
            with FAULTS[fault].pull(run.target, place.region, routing):
                begun = load.now
                # First: later it would take the time of calls that succeed again.
                meanwhile = _try_sign_in(run, user)
                recovered = _wait(run, load, others, LONGEST_SECONDS)
            put_back = load.now
        ends = FAULTS[fault].ends_sign_in and place.region == run.deployment.identity.region
        with step(f"put {named} back, and wait until it answers"):
            _wait(run, load, {taken}, LONGEST_SECONDS)
    afterwards = _try_sign_in(run, user)
    copied = tuple(lag.found) if place.replicates else None
    return load, Moments(begun, put_back, recovered, SignIns(meanwhile, afterwards, ends), copied)


def _find_ways(run: Run, place: Regional, *, of_edge: bool, through_edge: bool) -> tuple[Way, ...]:
    """Return what is called: the shared name near a region, or the edge; a client that loses the edge has both."""
    shared = place.names.shared if place.names else ""
    edge = place.edge.url if place.edge else ""
    if of_edge:
        return Way(edge, run.session, EDGE), Way(shared, run.session, SHARED)
    if through_edge:
        return (Way(edge, run.session),)
    # Its firewall would count these calls; every region accepts the same secret.
    if shut := open_lock(run, place):
        raise CouldNotTell(f"{place.region}: {shut[1]}", "Drill with --through-edge, or store the secret.")
    return (Way(shared, partial(run.session, place.region, address(place.region))),)


def _is_stored(run: Run, user: User, region: str, key: str) -> bool:
    table = run.deployment.tables[region]
    return bool(observe.query(run.client("dynamodb", region), table, {"subject": user.subject, "greeting_id": key}))


def _try_sign_in(run: Run, user: User) -> str:
    """Return why a sign-in fails; empty if it does not, or after a signal."""
    if run.signals:
        return ""
    try:
        sign_in(run, run.deployment.identity.client_id, Credentials(user.address, user.password))
    except (*AWS_ERRORS, SignInIncomplete) as error:
        return describe_error(error)
    return ""


def _wait(run: Run, load: Load, regions: Collection[str], longest: float) -> bool:
    """Wait until every call is answered by these regions; False after the time, or after a signal."""
    since = load.now
    while not run.signals and load.now - since < longest:
        if is_steady(load.calls, load.now, regions, since):
            return True
        time.sleep(LOOK_SECONDS)
    return False
