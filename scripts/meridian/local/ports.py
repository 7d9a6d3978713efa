"""The port of a local AWS: choose it once, and name the process that holds it."""

import random
import socket
from collections.abc import Collection

import psutil

LOOPBACK = "127.0.0.1"
# Below the ephemeral ports of Linux (from 32768) and macOS (from 49152): no outgoing
# connection of another program can take a stored port while its owner is stopped.
CANDIDATES = range(20000, 30000)


def choose_port(taken: Collection[int]) -> int:
    """Return a free port that is not in `taken`."""
    return next(
        port for port in random.sample(CANDIDATES, len(CANDIDATES)) if port not in taken and not is_in_use(port)
    )


def is_in_use(port: int) -> bool:
    """Return whether a program listens on this port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def find_owner(port: int) -> str:
    """Return a description of the process that listens on a port, if this user may see it."""
    for process in psutil.process_iter():
        try:
            if any(
                c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in process.net_connections(kind="tcp")
            ):
                return f"process {process.pid} ({' '.join(process.cmdline())[:120] or process.name()})"
        except (psutil.Error, PermissionError):
            continue
    return "a process that this user cannot see"
