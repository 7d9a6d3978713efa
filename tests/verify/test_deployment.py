"""From the units' outputs to what is called."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from meridian.errors import CouldNotTell
from meridian.verify.deployment import Api, Deployment, Edge, Names, read_deployment
from tests.verify.fakes import REGIONS, target


def outputs(api_url: str = "http://a.execute-api.localhost:4566/") -> dict[str, dict[str, Any]]:
    """Return what every unit puts out; `api_url` is that of each region."""
    found: dict[str, dict[str, Any]] = {
        "us-east-1/identity": {"issuer": "https://issuer", "client_id": "app", "user_pool_id": "us-east-1_p"}
    }
    for region in ("us-east-1", "eu-west-1"):
        found[f"{region}/data"] = {"table_name": f"t-{region}", "topic_arn": f"arn-{region}", "table_arn": "x"}
        found[f"{region}/compute"] = {"api_url": api_url, "function_name": "f", "api_id": "a"}
    return found


def test_outputs_become_a_deployment(tmp_path: Path) -> None:
    """Identity comes from the primary region, the rest from each region, in the inventory's order."""
    found: Deployment = read_deployment(target(tmp_path), outputs(), REGIONS)
    assert (found.identity.region, found.identity.client_id) == ("us-east-1", "app")
    assert [place.region for place in found.regions] == ["us-east-1", "eu-west-1"]
    assert found.regions[1].api_url == "http://a.execute-api.localhost:4566"
    assert found.tables == {"us-east-1": "t-us-east-1", "eu-west-1": "t-eu-west-1"}


def test_the_tables_are_one_where_data_says_so(tmp_path: Path) -> None:
    """A version of data that says nothing cannot replicate."""
    found = outputs()
    found["us-east-1/data"]["replication"], found["eu-west-1/data"]["replication"] = "global", "none"
    assert [one.replicates for one in read_deployment(target(tmp_path), found, REGIONS).regions] == [True, False]
    assert not any(one.replicates for one in read_deployment(target(tmp_path), outputs(), REGIONS).regions)


def test_a_module_with_an_api_of_its_own_is_called_there(tmp_path: Path) -> None:
    """Every other module's calls go to the API of compute."""
    found = outputs()
    found["eu-west-1/shop"] = {"api_id": "s", "api_url": "http://s.execute-api.localhost:4566/"}
    east, west = read_deployment(target(tmp_path), found, REGIONS).regions
    assert (east.api_of("shop"), west.api_of("shop")) == (east.api_of("compute"), west.apis[1])
    assert west.apis[1] == Api("shop", "s", "http://s.execute-api.localhost:4566")
    assert west.api_of("orders") == west.api_of("compute") == west.apis[0]


def with_names() -> dict[str, dict[str, Any]]:
    """Return the outputs of an environment whose second region has names."""
    found = outputs()
    names = {"domain_name": "api.example.com", "regional_domain_name": "eu-west-1.api.example.com"}
    found["eu-west-1/routing"] = names
    return found


def test_a_region_with_names_is_called_by_its_own(tmp_path: Path) -> None:
    """Its own address may be off; protocol and port are those of the API."""
    east, west = read_deployment(target(tmp_path), with_names(), REGIONS).regions
    assert (east.names, east.api_url) == (None, "http://a.execute-api.localhost:4566")
    assert west.api_url == "http://eu-west-1.api.example.com:4566"
    assert west.api_of("compute") == Api("compute", "a", west.api_url)
    assert west.names == Names("http://api.example.com:4566", "http://a.execute-api.localhost:4566")


@pytest.mark.parametrize(("value", "keeps"), [(True, True), (False, False), (None, False)])
def test_an_own_address_is_kept_only_where_the_output_says_so(tmp_path: Path, value: Any, keeps: bool) -> None:
    """An output that is missing makes the check stricter."""
    found = with_names()
    found["eu-west-1/compute"]["own_address"] = value
    _, west = read_deployment(target(tmp_path), found, REGIONS).regions
    assert west.names is not None
    assert west.names.keeps_own is keeps


def test_a_name_that_is_missing_leaves_its_region_out(tmp_path: Path) -> None:
    """It is not called at an address that may be off."""
    found = with_names()
    del found["eu-west-1/routing"]["domain_name"]
    deployed = read_deployment(target(tmp_path), found, REGIONS)
    assert deployed.absent == {"eu-west-1": "eu-west-1/routing: output 'domain_name' is missing"}


ARN = "arn:aws:secretsmanager:eu-west-1:100000000001:secret:greeter-dev-edge-a1B2c3"


@pytest.mark.parametrize(
    ("said", "secret", "only"),
    [
        ([ARN, True], ARN, True),
        ([ARN, False], ARN, False),
        (["", False], "", False),
        ([], "", True),
    ],
)
def test_an_edge_stands_before_every_region(tmp_path: Path, said: list[Any], secret: str, only: bool) -> None:
    """A version of compute that says nothing makes the check stricter; without the unit there is no edge."""
    found = with_names()
    assert read_deployment(target(tmp_path), found, REGIONS).regions[1].edge is None
    found["us-east-1/edge"] = {"domain_name": "edge.api.example.com"}
    found["eu-west-1/compute"].update(zip(("edge_secret_arn", "edge_only"), said, strict=False))
    east, west = read_deployment(target(tmp_path), found, REGIONS).regions
    assert east.edge is not None
    assert west.edge == Edge("http://edge.api.example.com:4566", secret, only)


def test_an_output_comes_from_the_region_or_from_the_primary_one(tmp_path: Path) -> None:
    """A module that exists once per environment has its table in the primary region."""
    deployed = read_deployment(target(tmp_path), outputs(), REGIONS)
    assert deployed.output_of("data", "table_name", "eu-west-1") == ("eu-west-1", "t-eu-west-1")
    assert deployed.output_of("identity", "client_id", "eu-west-1") == ("us-east-1", "app")
    with pytest.raises(CouldNotTell, match="us-east-1/shop: output 'table' is missing"):
        deployed.output_of("shop", "table", "eu-west-1")


@pytest.mark.parametrize("value", [None, "", 7])
def test_without_identity_the_result_is_unknown(tmp_path: Path, value: Any) -> None:
    """The message names the missing output."""
    found = outputs()
    found["us-east-1/identity"]["client_id"] = value
    with pytest.raises(CouldNotTell, match="us-east-1/identity: output 'client_id' is missing"):
        read_deployment(target(tmp_path), found, REGIONS)


@pytest.mark.parametrize(("unit", "name"), [("data", "topic_arn"), ("compute", "api_url"), ("compute", "api_id")])
def test_a_region_without_an_output_is_named_and_hides_no_other(tmp_path: Path, unit: str, name: str) -> None:
    """It is not left out in silence."""
    found = outputs()
    del found[f"eu-west-1/{unit}"][name]
    deployed = read_deployment(target(tmp_path), found, REGIONS)
    assert [place.region for place in deployed.regions] == ["us-east-1"]
    assert deployed.absent == {"eu-west-1": f"eu-west-1/{unit}: output '{name}' is missing"}


def test_only_the_regions_asked_for_are_read(tmp_path: Path) -> None:
    """Another may be destroyed already, or have no unit of compute."""
    found = outputs()
    del found["eu-west-1/compute"]
    assert [place.region for place in read_deployment(target(tmp_path), found, ["us-east-1"]).regions] == ["us-east-1"]
    with pytest.raises(CouldNotTell, match="no region is left to verify"):
        read_deployment(target(tmp_path), found, [])


def test_without_any_region_the_result_is_unknown(tmp_path: Path) -> None:
    """Then nothing was ever applied."""
    found = outputs()
    del found["eu-west-1/compute"], found["us-east-1/data"]
    with pytest.raises(CouldNotTell, match="us-east-1/data: output"):
        read_deployment(target(tmp_path), found, REGIONS)


@pytest.mark.parametrize(
    "api_url", ["https://a.execute-api.us-east-1.amazonaws.com", "http://127.0.0.1.example.com", "http://notlocalhost"]
)
def test_the_local_target_calls_nothing_but_this_machine(tmp_path: Path, api_url: str) -> None:
    """An address of a real deployment among local outputs is refused."""
    with pytest.raises(CouldNotTell, match="is not on this machine"):
        read_deployment(target(tmp_path), outputs(api_url), REGIONS)


def test_a_real_api_is_called_over_tls_only(tmp_path: Path) -> None:
    """A token is never sent unencrypted."""
    real = replace(target(tmp_path), kind="aws", endpoint=None)
    with pytest.raises(CouldNotTell, match="is not https"):
        read_deployment(real, outputs("http://a.execute-api.us-east-1.amazonaws.com"), REGIONS)
    assert len(read_deployment(real, outputs("https://a.execute-api.us-east-1.amazonaws.com"), REGIONS).regions) == 2
