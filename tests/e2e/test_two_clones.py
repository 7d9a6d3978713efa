"""Two clones run the same environment at the same time and know nothing of each other."""

from tests.e2e.checkout import verdicts
from tests.e2e.conftest import Deployed


def test_both_are_verified(both: tuple[Deployed, Deployed]) -> None:
    for clone in both:
        clone.up.expect(0)
        assert verdicts(clone.report) == {"us-east-1": {"PASS"}, "eu-west-1": {"PASS"}}


def test_each_has_its_own_process_port_and_folder(both: tuple[Deployed, Deployed]) -> None:
    first, second = (clone.checkout for clone in both)
    assert first.target("dev").endpoint != second.target("dev").endpoint
    assert first.folder("dev") != second.folder("dev")
    assert first.process("dev") != second.process("dev")


def test_each_has_its_own_users(both: tuple[Deployed, Deployed]) -> None:
    pools = [
        clone.checkout.target("dev").client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"] for clone in both
    ]
    assert [len(found) for found in pools] == [1, 1]
    assert pools[0][0]["Id"] != pools[1][0]["Id"]
