"""A listener at a region's address: passes connections on, and is really closed when the region is taken away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from meridian.local import listeners, lost, ports
from meridian.local.listeners import Listener, Listeners
from meridian.local.regions import address

EU, US = address("eu-west-1"), address("us-east-1")
LARGE = b"x" * 3_000_000
Work = Callable[[int], Awaitable[None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with the address of the caller, then with all that it sends."""
    writer.write(f"{writer.get_extra_info('peername')[0]}\n".encode())
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


def beside_a_server(work: Work) -> None:
    """Run `work` with the port of a server on this machine that echoes."""

    async def run() -> None:
        # An ephemeral port may be the one of an outgoing connection from a region's address.
        port = ports.choose_port(())
        server = await asyncio.start_server(echo, ports.LOOPBACK, port)
        async with server:
            await asyncio.wait_for(work(port), 30)

    asyncio.run(run())


def test_a_connection_comes_from_the_address_that_was_called() -> None:
    """All bytes arrive, in both directions, also after the caller has sent its last."""

    async def work(port: int) -> None:
        await Listener(EU, port).open()
        reader, writer = await asyncio.open_connection(EU, port)
        writer.write(LARGE)
        writer.write_eof()
        assert await reader.readline() == f"{EU}\n".encode()
        assert await reader.read() == LARGE

    beside_a_server(work)


def test_a_closed_listener_refuses_and_cuts() -> None:
    async def work(port: int) -> None:
        listener = Listener(EU, port)
        await listener.open()
        reader, writer = await asyncio.open_connection(EU, port)
        await reader.readline()
        listener.close()
        writer.write(b"still there?")
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(EU, port)
        await listener.open()
        reader, _ = await asyncio.open_connection(EU, port)
        assert await reader.readline() == f"{EU}\n".encode()

    beside_a_server(work)


def test_a_region_is_closed_while_it_is_taken_away(tmp_path: Path) -> None:
    """All others stay open; a region that does not exist closes none."""

    async def refused(port: int) -> set[str]:
        found = set()
        for place in (EU, US):
            try:
                await asyncio.open_connection(place, port)
            except ConnectionRefusedError:
                found.add(place)
        return found

    async def work(port: int) -> None:
        everywhere = Listeners(tmp_path, port)
        await everywhere.open()
        for region, wanted in (("eu-west-1", {EU}), ("us-east-1", {US}), ("eu-nowhere-1", set())):
            with lost.take_away(tmp_path, region):
                await everywhere.follow()
                assert await refused(port) == wanted
        await everywhere.follow()
        assert await refused(port) == set()

    beside_a_server(work)


def test_a_machine_without_the_addresses_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As macOS: everything else works, and nothing tries again."""
    monkeypatch.setattr(listeners, "addresses", lambda: {"192.0.2.1": "eu-west-1", US: "us-east-1"})

    async def work(port: int) -> None:
        everywhere = Listeners(tmp_path, port)
        await everywhere.open()
        await everywhere.follow()
        reader, _ = await asyncio.open_connection(US, port)
        assert await reader.readline() == f"{US}\n".encode()

    with caplog.at_level(logging.WARNING):
        beside_a_server(work)
    (line,) = (record.getMessage() for record in caplog.records if record.name == "meridian")
    assert line.startswith("Calls by name do not reach 1 of 2 regions, e.g. eu-west-1: ")
    assert line.endswith("sudo ifconfig lo0 alias 192.0.2.1")
