"""DNS answers: each policy of Route 53, with health, and what is no question."""

from collections.abc import Collection
from typing import Any

import dnslib
import pytest

from meridian.local.names import Found, Names, Record, reply
from meridian.local.regions import address

SHARED = "api.example.com."
ZONE: list[Record] = [
    {"Name": "example.com.", "Type": "NS", "TTL": "172800", "ResourceRecords": ["ns-1.awsdns-1.com."]},
    {
        "Name": "example.com.",
        "Type": "SOA",
        "TTL": "900",
        "ResourceRecords": ["ns-1.awsdns-1.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"],
    },
    {"Name": "text.example.com.", "Type": "TXT", "TTL": "300", "ResourceRecords": ['"v=1 a"', '"b"']},
    {"Name": "www.example.com.", "Type": "CNAME", "TTL": "300", "ResourceRecords": ["one.example.com."]},
    {"Name": "one.example.com.", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1", "192.0.2.2"]},
]


def record(value: str, name: str = SHARED, **policy: Any) -> Record:
    """Return a record with one address, and a policy."""
    return {"Name": name, "Type": "A", "TTL": "60", "ResourceRecords": [value]} | policy


def alias(target: str, name: str = SHARED, evaluate: bool = False, **policy: Any) -> Record:
    """Return an alias record."""
    target_of = {"HostedZoneId": "Z1", "DNSName": target, "EvaluateTargetHealth": evaluate}
    return {"Name": name, "Type": "A", "AliasTarget": target_of} | policy


def names(*records: Record, sick: Collection[str] = (), near: str | None = None) -> Names:
    """Return a zone with more records and some health checks that are not healthy."""
    return Names([*ZONE, *records], lambda check: check not in sick, near)


def values(found: Names, name: str = SHARED, kind: str = "A") -> list[str] | None:
    """Return the values of an answer."""
    answer = found.find(name, kind)
    return None if answer is None else [one.value for one in answer]


def test_a_record_has_all_its_values() -> None:
    assert values(names(), "one.example.com") == ["192.0.2.1", "192.0.2.2"]
    assert values(names(), "ONE.Example.com.") == ["192.0.2.1", "192.0.2.2"]


def test_a_name_without_the_kind_is_not_a_missing_name() -> None:
    assert values(names(), "one.example.com", "AAAA") == []
    assert values(names(), "two.example.com") is None


def test_a_cname_comes_with_what_it_names() -> None:
    """Python's resolver takes the address from the same answer."""
    addresses = [Found("one.example.com.", "A", 60, value) for value in ("192.0.2.1", "192.0.2.2")]
    cname = Found("www.example.com.", "CNAME", 300, "one.example.com.")
    assert names().find("www.example.com", "A") == [cname, *addresses]
    assert names().find("www.example.com", "CNAME") == [cname]


def test_an_alias_is_answered_by_its_own_name() -> None:
    (found,) = names(alias("d-a1b2.execute-api.eu-west-1.amazonaws.com.")).find(SHARED, "A") or ()
    assert found == Found(SHARED, "A", 60, address("eu-west-1"))


def test_an_alias_of_itself_ends() -> None:
    assert values(names(alias(SHARED))) == []


@pytest.mark.parametrize(
    ("region", "wanted"), [("us-east-1", [address("us-east-1")]), ("eu-nowhere-1", [])], ids=["known", "unknown"]
)
def test_an_api_has_the_address_of_its_region(region: str, wanted: list[str]) -> None:
    """Both the own name of an API, and that of the endpoint of a custom domain."""
    for name in (f"a1b2c3d4.execute-api.{region}.amazonaws.com", f"d-a1b2.execute-api.{region}.amazonaws.com."):
        assert values(names(), name) == wanted
        assert values(names(), name, "AAAA") == []


LATENCY = [
    record(region, Region=region, SetIdentifier=region, HealthCheckId=region)
    for region in ("us-west-2", "us-east-1", "eu-west-1")
]


@pytest.mark.parametrize(
    ("near", "sick", "wanted"),
    [
        (None, [], "eu-west-1"),
        (None, ["eu-west-1"], "us-east-1"),
        ("us-west-2", [], "us-west-2"),
        ("us-west-2", ["us-west-2"], "us-east-1"),
        ("eu-central-1", [], "eu-west-1"),
        ("us-west-2", ["us-east-1", "us-west-2"], "eu-west-1"),
        ("us-west-2", ["us-east-1", "us-west-2", "eu-west-1"], "us-west-2"),
    ],
)
def test_latency_records_answer_with_the_nearest_healthy_region(near: str | None, sick: list[str], wanted: str) -> None:
    """If none is healthy, all count as healthy."""
    assert values(names(*LATENCY, sick=sick, near=near)) == [wanted]


@pytest.mark.parametrize(
    ("sick", "wanted"), [([], "first"), (["first"], "second"), (["first", "second"], "first"), (["second"], "first")]
)
def test_failover_records_answer_with_the_primary_while_it_is_healthy(sick: list[str], wanted: str) -> None:
    second = record("second", Failover="SECONDARY", SetIdentifier="b", HealthCheckId="second")
    first = record("first", Failover="PRIMARY", SetIdentifier="a", HealthCheckId="first")
    assert values(names(second, first, sick=sick)) == [wanted]


@pytest.mark.parametrize(
    ("weights", "sick", "wanted"),
    [
        ((1, 0), [], {"a"}),
        ((1, 1), ["a"], {"b"}),
        ((1, 0), ["a"], {"b"}),
        ((0, 0), [], {"a", "b"}),
        ((1, 1), [], {"a", "b"}),
    ],
)
def test_weighted_records_answer_by_weight(weights: tuple[int, int], sick: list[str], wanted: set[str]) -> None:
    """Those of weight 0 only if no other is healthy."""
    pair = [
        record(name, Weight=weight, SetIdentifier=name, HealthCheckId=name)
        for name, weight in zip("ab", weights, strict=True)
    ]
    assert {value for _ in range(64) for value in values(names(*pair, sick=sick)) or ()} == wanted


@pytest.mark.parametrize(("evaluate", "wanted"), [(True, "192.0.2.9"), (False, "192.0.2.7")])
def test_an_alias_has_the_health_of_its_target_where_it_says_so(evaluate: bool, wanted: str) -> None:
    inner = record("192.0.2.7", "inner.example.com.", HealthCheckId="inner")
    first = alias("inner.example.com.", evaluate=evaluate, Failover="PRIMARY", SetIdentifier="a")
    second = record("192.0.2.9", Failover="SECONDARY", SetIdentifier="b")
    assert values(names(inner, first, second, sick=["inner"])) == [wanted]


def test_an_alias_of_an_api_has_no_health_of_its_own() -> None:
    """Only its health check takes a region out."""
    pair = [
        alias(f"d-a1.execute-api.{region}.amazonaws.com.", evaluate=True, Region=region, SetIdentifier=region)
        for region in ("us-east-1", "eu-west-1")
    ]
    assert values(names(*pair, near="us-east-1")) == [address("us-east-1")]


def asked(name: str, kind: str = "A") -> dnslib.DNSRecord:
    """Return the parsed answer to a question."""
    packet = reply(dnslib.DNSRecord.question(name, kind).pack(), names())
    assert packet is not None
    return dnslib.DNSRecord.parse(packet)


@pytest.mark.parametrize(
    ("kind", "name", "ttl", "wanted"),
    [
        ("NS", "example.com", 172800, ["ns-1.awsdns-1.com."]),
        (
            "SOA",
            "example.com",
            900,
            ["ns-1.awsdns-1.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"],
        ),
        ("TXT", "text.example.com", 300, ['"v=1 a"', '"b"']),
        ("CNAME", "www.example.com", 300, ["one.example.com."]),
    ],
)
def test_every_kind_of_record_can_be_sent(kind: str, name: str, ttl: int, wanted: list[str]) -> None:
    answer = asked(name, kind)
    assert [(str(one.rname), dnslib.QTYPE[one.rtype], one.ttl) for one in answer.rr] == [(f"{name}.", kind, ttl)] * len(
        wanted
    )
    assert [str(one.rdata) for one in answer.rr] == wanted


def test_an_answer_repeats_the_name_of_its_question() -> None:
    assert {str(one.rname) for one in asked("One.EXAMPLE.com").rr} == {"One.EXAMPLE.com."}


def test_a_missing_name_is_named_so() -> None:
    assert asked("two.example.com").header.rcode == dnslib.RCODE.NXDOMAIN
    assert asked("one.example.com", "AAAA").header.rcode == dnslib.RCODE.NOERROR


QUESTION = bytes(dnslib.DNSRecord.question("one.example.com").pack())


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"hello",
        QUESTION[:20],
        bytes(dnslib.DNSRecord.question("a").reply().pack()),
        bytes(dnslib.DNSRecord().pack()),
    ],
    ids=["empty", "text", "cut", "an answer", "without a question"],
)
def test_what_is_no_question_gets_no_answer(packet: bytes) -> None:
    assert reply(packet, names()) is None


def test_a_question_of_any_bytes_breaks_nothing() -> None:
    """Every single byte of a question, replaced by others."""
    for place in range(len(QUESTION)):
        for byte in (0, 1, 63, 64, 192, 255):
            reply(QUESTION[:place] + bytes([byte]) + QUESTION[place + 1 :], names())
