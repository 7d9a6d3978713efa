"""The DNS of the local AWS: answers from the records of Route 53, and leaves out what is not healthy."""

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import dnslib

from meridian.inventory.regions import partitions
from meridian.local.ports import LOOPBACK
from meridian.local.regions import address, addresses

Record = Mapping[str, Any]
"""A record set as MiniStack keeps it, with the names of the Route 53 API."""

EXECUTE_API = re.compile(r"[^.]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com\.")
CLOUDFRONT = re.compile(r"[a-z0-9]+\.cloudfront\.net\.")
ALIAS_TTL = 60
"""What Route 53 gives an alias of an API or a distribution."""
DEEPEST = 8


@dataclass(frozen=True)
class Found:
    """One record of an answer."""

    name: str
    kind: str
    ttl: int
    value: str


@dataclass(frozen=True)
class Names:
    """What is known about names at the moment of a question."""

    records: Sequence[Record]
    is_healthy: Callable[[str], bool]
    """Whether the health check with this id is healthy."""
    near: str | None = None
    """The region of the client, if it is known."""

    def find(self, name: str, kind: str, depth: int = 0) -> list[Found] | None:
        """Return the answer to a question, None if there is no such name."""
        name = name.rstrip(".").lower() + "."
        if target := EXECUTE_API.fullmatch(name):
            known = kind == "A" and target[1] in partitions()
            return [Found(name, "A", ALIAS_TTL, address(target[1]))] if known else []
        if CLOUDFRONT.fullmatch(name):
            return [Found(name, "A", ALIAS_TTL, LOOPBACK)] if kind == "A" else []
        here = [record for record in self.records if record["Name"].lower() == name]
        if not here:
            return None
        fitting = _of_kind(here, kind) or _of_kind(here, "CNAME")
        return [one for record in self._choose(fitting) for one in self._read(name, record, kind, depth)]

    def _read(self, name: str, record: Record, kind: str, depth: int) -> list[Found]:
        if depth == DEEPEST:
            return []
        if target := record.get("AliasTarget"):
            found = self.find(target["DNSName"], kind, depth + 1) or []
            # The answer bears the name of the alias, not that of its target.
            return [replace(one, name=name) if one.name == target["DNSName"].lower() else one for one in found]
        found = [Found(name, record["Type"], int(record["TTL"]), value) for value in record["ResourceRecords"]]
        if record["Type"] == "CNAME" != kind:
            found += self.find(found[0].value, kind, depth + 1) or []
        return found

    def _choose(self, records: Sequence[Record]) -> Sequence[Record]:
        """Return the record that the policy of some records chooses; without a policy all of them."""
        # If none is healthy, Route 53 answers as if all were.
        well = [record for record in records if self._is_well(record)] or records
        if not well:
            return []
        if "Region" in well[0]:
            return [min(well, key=lambda record: _distance(record["Region"], self.near))]
        if "Failover" in well[0]:
            return [min(well, key=lambda record: str(record["Failover"]))]
        if "Weight" in well[0]:
            weights = [record["Weight"] for record in well]
            return secrets.SystemRandom().choices(well, weights if any(weights) else None)
        return well

    def _is_well(self, record: Record, depth: int = 0) -> bool:
        check, target = record.get("HealthCheckId"), record.get("AliasTarget")
        if check and not self.is_healthy(check):
            return False
        if not target or not target["EvaluateTargetHealth"] or depth == DEEPEST:
            return True
        # An API has no health of its own.
        behind = [one for one in self.records if one["Name"].lower() == target["DNSName"].lower()]
        fitting = _of_kind(behind, record["Type"])
        return not fitting or any(self._is_well(one, depth + 1) for one in fitting)


def _of_kind(records: Sequence[Record], kind: str) -> list[Record]:
    return [record for record in records if record["Type"] == kind]


def _distance(region: str, near: str | None) -> tuple[bool, bool, str]:
    """Return an order by latency: the region itself, its continent, and then always the same one."""
    continent = near.partition("-")[0] if near else ""
    return region != near, region.partition("-")[0] != continent, region


def reply(packet: bytes, names: Names) -> bytes | None:
    """Return the answer to a packet, None if it is not a question."""
    try:
        asked = dnslib.DNSRecord.parse(packet)
    except dnslib.DNSError:
        return None
    if asked.header.qr or not asked.questions:
        return None
    answer = asked.reply()
    found = names.find(str(asked.q.qname), str(dnslib.QTYPE.get(asked.q.qtype)))
    if found is None:
        answer.header.rcode = dnslib.RCODE.NXDOMAIN
    for one in found or ():
        (record,) = dnslib.RR.fromZone(f". {one.ttl} IN {one.kind} {one.value}")
        # A client may compare the name with its question letter by letter.
        record.rname = asked.q.qname if asked.q.qname == one.name else dnslib.DNSLabel(one.name)
        answer.add_answer(record)
    return bytes(answer.pack())


class Server(asyncio.DatagramProtocol):
    """Answers over UDP; a client at the address of a region is told what is nearest to that region."""

    def __init__(self, names: Callable[[str | None], Names]) -> None:
        self._names = names

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Keep the socket."""
        self._transport = transport

    def datagram_received(self, data: bytes, client: tuple[str, int]) -> None:
        """Answer a question; ignore anything else."""
        answer = reply(data, self._names(addresses().get(client[0])))
        if answer is not None:
            self._transport.sendto(answer, client)
