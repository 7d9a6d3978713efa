"""Asks the DNS of the local AWS, which answers from its Route 53 records."""

import socket

import dnslib

from meridian.local.ports import LOOPBACK

SECONDS = 3.0


def look_up(name: str, port: int, near: str = LOOPBACK) -> str | None:
    """Return the address of a name, None if it has none or nothing answers.

    The DNS listens beside the local AWS at its port. A resolver at the address of a region (`near`) is told the record
    that is nearest to that region.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.settimeout(SECONDS)
        try:
            asked.bind((near, 0))
            asked.connect((LOOPBACK, port))
            asked.send(dnslib.DNSRecord.question(name).pack())
            found = dnslib.DNSRecord.parse(asked.recv(4096)).rr
        except (OSError, dnslib.DNSError):
            return None
    return next((str(one.rdata) for one in found if one.rtype == dnslib.QTYPE.A), None)
