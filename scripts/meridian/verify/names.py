"""The names that `routing` gives an API: the shared one answers, and nobody goes round them."""

import requests

from meridian.local.regions import address
from meridian.verify import http
from meridian.verify.checks import probable_cause
from meridian.verify.deployment import Names, Regional
from meridian.verify.findings import Result, Status
from meridian.verify.http import Answer, NoAnswer
from meridian.verify.run import Run

OWN, SHARED = "own-address", "shared-name"


def check_names(run: Run, place: Regional, caller: requests.Session) -> None:
    """Call a region's API at its own address and at the shared name, and report both; nothing without `routing`."""
    if place.names is None:
        return
    own = http.send_get(caller, f"{place.names.own}/status")
    run.report(place.region, OWN, *check_own_address(place.names, own))
    with http.session(run.target.kind, lambda name: run.resolve(name, address(place.region))) as near:
        shared = http.send_get(near, f"{place.names.shared}/status")
    served = {one.region for one in run.deployment.regions} | run.deployment.absent.keys()
    run.report(place.region, SHARED, *check_shared_name(place, place.names, shared, served))


def check_own_address(names: Names, answer: Answer | NoAnswer) -> Result:
    """Check that an API whose own address is off answers nobody there."""
    if names.keeps_own:
        return Status.SKIP, "The API answers at its own address, too: the inventory keeps it."
    if isinstance(answer, NoAnswer):
        return Status.UNKNOWN, f"The API's own address got no answer ({answer.reason})."
    if answer.status != 404:
        return Status.FAIL, f"The API's own address is off, but answered {answer.status}, wanted 404."
    return Status.PASS, "The API's own address answered 404: the names are the only way."


def check_shared_name(place: Regional, names: Names, answer: Answer | NoAnswer, regions: set[str]) -> Result:
    """Check that the shared name answers from a region of the environment."""
    call = f"GET {names.shared}/status"
    if isinstance(answer, NoAnswer):
        return (
            Status.FAIL,
            f"{call} got no answer ({answer.reason}): the name, its records or its certificate is wrong.",
        )
    if answer.status != 200:
        return Status.FAIL, f"{call} answered {answer.status}, wanted 200: {probable_cause(place, answer)}."
    if (ran := answer.body.get("region")) not in regions:
        return Status.FAIL, f"{call} answered from {ran!r}, which is no region of the environment."
    return Status.PASS, f"{call} answered from {ran}."
