"""The verification can fail: each fault in one region is found, named, and hides nothing in the other.

That all passes again without the faults, and that each was undone, the second `up` in test_lifecycle.py shows.
"""

import pytest

from tests.e2e import faults
from tests.e2e.checkout import Checkout, verdicts
from tests.e2e.faults import Fault

OTHER = {"us-east-1": "eu-west-1", "eu-west-1": "us-east-1"}
FAULTS = [
    pytest.param(
        faults.route_without_authorizer,
        "us-east-1",
        "refuse-no-token",
        "wanted 401: it reached the function: the route has no authorizer, or one that accepts this.",
        id="a route without its authorizer",
    ),
    pytest.param(
        faults.route_of_no_check,
        "eu-west-1",
        "routes",
        "or to that of the module that makes the route (docs/verify.md).",
        id="a route that no check calls",
    ),
    pytest.param(
        faults.wrong_audience,
        "eu-west-1",
        "greet",
        "the authorizer refused the user's own ID token: its issuer or audience is not this pool and client.",
        id="an authorizer of another client",
    ),
    pytest.param(
        faults.wrong_table,
        "eu-west-1",
        "item",
        "Table greeter-dev-greetings lacks the item: the function wrote nothing, or to another table.",
        id="a function that writes to the wrong table",
    ),
    pytest.param(
        faults.region_down,
        "eu-west-1",
        "status",
        "or no stage.",
        id="a region that is down",
    ),
    pytest.param(
        faults.refused_subscription,
        "us-east-1",
        "message",
        "its policy, or the role that verifies, probably lacks sns:Subscribe.",
        id="a topic without subscribers' permission",
    ),
]


@pytest.mark.parametrize(("fault", "region", "rule", "named"), FAULTS)
def test_a_fault_is_named_with_its_region(first: Checkout, fault: Fault, region: str, rule: str, named: str) -> None:
    with fault(first.target("dev"), region):
        done = first.meridian("verify", "dev", "--target", "local").expect(1)
    report = first.report("verify")
    assert (report["verdict"], report["exit_code"]) == ("findings", 1)
    failed = [finding for finding in report["findings"] if finding["status"] == "FAIL"]
    assert {finding["region"] for finding in failed} == {region}, failed
    assert [f["sentence"] for f in failed if f["rule"] == rule and f["sentence"].endswith(named)], failed
    assert [line for line in done.stdout.splitlines() if line.startswith("FAIL") and line.endswith(named)]
    assert verdicts(report)[OTHER[region]] == {"PASS"}
    assert [line for line in done.stdout.splitlines() if line.startswith("PASS") and "clean-up" in line]
