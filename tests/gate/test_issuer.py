"""The issuers that the gate accepts are those that the compute module accepts."""

import re

import pytest

from policies.checks._aws import ISSUER
from tests.conftest import ROOT

VARIABLES = (ROOT / "modules/compute/variables.tf").read_text()
WRITTEN = re.search(r'regex\("(\^https://\(issuer-\)\?cognito-idp[^"]+)", var\.jwt\.issuer', VARIABLES)
ISSUERS = {
    "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2": True,
    "https://cognito-idp.us-east-1.amazonaws.com.cn/us-east-1_a1B2": True,
    "https://cognito-idp.us-east-1.amazonaws.eu/us-east-1_a1B2": True,
    "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2": True,
    "https://other-cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2": False,
    "http://cognito-idp.us-east-1.amazonaws.com/us-east-1_a1B2": False,
    "https://cognito-idp.us-east-1.amazonaws.com.example.com/us-east-1_a1B2": False,
    "https://example.com/us-east-1_a1B2": False,
}


@pytest.mark.parametrize(("issuer", "accepted"), ISSUERS.items())
def test_module_and_gate_accept_the_same_issuers(issuer: str, accepted: bool) -> None:
    assert WRITTEN is not None
    pattern = WRITTEN[1].replace("\\\\", "\\")
    assert (bool(re.search(pattern, issuer)), bool(ISSUER.fullmatch(issuer))) == (accepted, accepted)


def test_the_gate_refuses_a_pool_of_another_region_than_its_host() -> None:
    assert not ISSUER.fullmatch("https://cognito-idp.us-east-1.amazonaws.eu/eu-west-1_a1B2")
