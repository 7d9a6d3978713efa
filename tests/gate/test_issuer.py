"""The issuers that the gate accepts are those that the compute module accepts."""

import re

import pytest

from policies.checks._aws import ISSUER
from tests.conftest import ROOT

WRITTEN = re.search(
    r'regex\("(\^https://cognito-idp[^"]+)", var\.jwt\.issuer', (ROOT / "modules/compute/variables.tf").read_text()
)
HOSTS = {
    **{f"cognito-idp.us-east-1.{domain}": True for domain in ("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu")},
    **{f"cognito-idp.us-east-1.{domain}": False for domain in ("amazonaws.org", "amazonaws.com.example.com", "aws.eu")},
    "cognito-idp.amazonaws.com": False,
    "example.com": False,
}


@pytest.mark.parametrize(("host", "accepted"), HOSTS.items())
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_module_and_gate_accept_the_same_issuers(host: str, accepted: bool, scheme: str) -> None:
    assert WRITTEN is not None
    issuer, pattern = f"{scheme}://{host}/us-east-1_a1B2", WRITTEN[1].replace("\\\\", "\\")
    wanted = accepted and scheme == "https"
    assert (bool(re.search(pattern, issuer)), bool(ISSUER.fullmatch(issuer))) == (wanted, wanted)


def test_the_gate_refuses_a_pool_of_another_region_than_its_host() -> None:
    assert not ISSUER.fullmatch("https://cognito-idp.us-east-1.amazonaws.eu/eu-west-1_a1B2")
