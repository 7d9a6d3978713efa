"""A listener at the address of each region; it is closed while a drill has taken the region away."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from meridian.local.lost import lost_region
from meridian.local.ports import LOOPBACK
from meridian.local.regions import addresses

CHUNK = 65536


class Listener:
    """Passes connections on to the local AWS, so that they come from the address to which they were made."""

    def __init__(self, address: str, port: int) -> None:
        self.address, self._port = address, port
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen; raises OSError if the address cannot be used."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, self.address, self._port)

    def close(self) -> None:
        """Refuse connections, and cut those that are open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._passing:
            task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass_on(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            answers, calls = await asyncio.open_connection(LOOPBACK, self._port, local_addr=(self.address, 0))
            ends.append(calls)
            await asyncio.gather(_copy(reader, calls), _copy(answers, writer))
            for end in ends:
                end.close()
        except OSError:
            pass
        finally:
            for end in ends:
                # One that was closed still sends what it holds.
                if not end.is_closing():
                    end.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()


class Listeners:
    """The listeners of all regions that this machine can have."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._by_region = {region: Listener(address, port) for address, region in addresses().items()}

    async def open(self) -> None:
        """Open every listener; the log names the addresses that this machine does not have."""
        without: dict[str, OSError] = {}
        for region, listener in self._by_region.items():
            try:
                await listener.open()
            except OSError as error:
                without[region] = error
        if without:
            region, reason = next(iter(without.items()))
            logging.getLogger("meridian").warning(
                "Calls by name do not reach %d of %d regions, e.g. %s: %s. On macOS: sudo ifconfig lo0 alias %s",
                *(len(without), len(self._by_region), region, reason.strerror, self._by_region[region].address),
            )
        self._by_region = {region: one for region, one in self._by_region.items() if region not in without}

    async def follow(self) -> None:
        """Close the listener of the region that is taken away now, and open all others."""
        lost = lost_region(self._folder)
        for region, listener in self._by_region.items():
            if region == lost:
                listener.close()
            else:
                await listener.open()
