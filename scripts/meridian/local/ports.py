"""The port of a local AWS: choose it once, and name the process that holds it."""

import errno
import random
import socket
from collections.abc import Collection

import psutil

from meridian.errors import OperationFailed

LOOPBACK = "127.0.0.1"
# Below the ephemeral ports of Linux (from 32768) and macOS (from 49152): no outgoing
# connection of another program can take a stored port while its owner is stopped.
CANDIDATES = range(20000, 30000)


def choose_port(taken: Collection[int]) -> int:
    """Return a free port that is not in `taken`.

    Raises OperationFailed after a hundred tries.
    """
    for port in random.sample(CANDIDATES, 100):
        if port not in taken and is_free(port):
            return port
    raise OperationFailed(
        f"No free port was found between {CANDIDATES.start} and {CANDIDATES.stop}.",
        "Stop some of the programs that listen there: `ss -ltnp` lists them.",
    )


def is_free(port: int) -> bool:
    """Return whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.settimeout(1)
        # macOS allows a bind where another program listens on every address; a connect finds it.
        if probe.connect_ex((LOOPBACK, port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}:
                return False
            raise
    return True


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
