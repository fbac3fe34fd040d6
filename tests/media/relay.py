"""A bad network between a page and the service, inside one process: a NAT that loses, delays, bursts and goes away.

    page 192.0.2.7:5000 ──▶ relay :6000 ┄┄┄┄┄ impairment ┄┄┄┄┄ relay :6001 ──▶ service :7000

The relay takes the service's place in the answer (its address stands in every ICE candidate) and the page's place in
the packets, so neither ever sees the other's address. Every address of the page gets a port of its own towards the
service, as behind a NAT. Each direction draws its own chances, from a seed.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from types import TracebackType
from typing import cast

__all__ = ["CLEAN", "Direction", "Impairment", "Relay"]

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Impairment:
    """``loss`` is the share of packets that are dropped one by one. A burst begins with each packet by ``burst_start``
    and ends with each by ``burst_end``; within it everything is lost (Gilbert's model). Packets are held for
    ``delay_s``, give or take ``jitter_s`` (uniform), and overtake each other where that brings it about;
    ``overtaking`` is the share that is not held at all. ``dead``: nothing passes."""

    loss: float = 0.0
    burst_start: float = 0.0
    burst_end: float = 1.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    overtaking: float = 0.0
    dead: bool = False


CLEAN = Impairment()


class Direction:
    """What happens to the packets that go one way."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._in_burst = False
        self.passed = 0
        self.lost = 0

    def held_s(self, impairment: Impairment) -> float | None:
        """How long the next packet is held; None where it is lost."""
        chance = self._random.random
        if impairment.dead:
            self.lost += 1
            return None
        self._in_burst = chance() >= impairment.burst_end if self._in_burst else chance() < impairment.burst_start
        if self._in_burst or chance() < impairment.loss:
            self.lost += 1
            return None
        self.passed += 1
        if chance() < impairment.overtaking:
            return 0.0
        return max(0.0, impairment.delay_s + impairment.jitter_s * (2 * chance() - 1))


class _Port(asyncio.DatagramProtocol):
    """One socket of the relay. Towards ``service`` it stands for ``page``; towards pages it has neither."""

    def __init__(self, relay: Relay, page: Address | None = None, service: Address | None = None) -> None:
        self._relay = relay
        self._page = page
        self.service = service
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: Address) -> None:
        if self._page is None:
            self._relay.from_page(data, address)
        else:
            self._relay.from_service(data, self._page)

    def send(self, data: bytes, address: Address) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(data, address)


class Relay:
    """``async with Relay(seed) as relay``: give the service ``relay.offer(sdp)``, and the page ``await
    relay.answer(sdp)``. ``impairment`` may be changed at any time. A later offer and answer go on through the same
    relay, to the new service address; what came from other addresses before still goes to the old one."""

    def __init__(self, seed: int = 1, impairment: Impairment = CLEAN) -> None:
        self.impairment = impairment
        self.up = Direction(seed)
        self.down = Direction(seed + 1)
        self._service: Address | None = None
        self._services: dict[Address, Address | None] = {}
        self._towards_pages: _Port | None = None
        self._own_host = ""
        self._ports: dict[Address, _Port] = {}
        self._opening: dict[Address, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def offer(self, sdp: str) -> str:
        """Without the page's addresses, which are worth nothing behind a NAT."""
        return "".join(line for line in sdp.splitlines(keepends=True) if not line.startswith("a=candidate:"))

    async def answer(self, sdp: str) -> str:
        """With the relay's address in place of the service's, of which the first over IPv4 is used."""
        lines = sdp.splitlines()
        found = next(parts for line in lines if (parts := _udp4(line)) is not None)
        self._service = (found[4], int(found[5]))
        await self._open(found[4])
        assert self._towards_pages is not None
        assert self._towards_pages.transport is not None
        own = str(self._towards_pages.transport.get_extra_info("sockname")[1])
        written: set[str] = set()
        kept: list[str] = []
        section = ""
        for line in lines:
            section = line if line.startswith("m=") else section
            if line.startswith("a=candidate:"):
                if section in written:
                    continue
                written.add(section)
                line = " ".join([*found[:4], self._own_host, own, "typ", "host"])
            kept.append(line)
        return "\r\n".join(kept) + "\r\n"

    def rebind(self) -> None:
        """The page's address changes, as when a NAT forgets it: what comes to the old one is lost from now on."""
        old, self._ports = self._ports, {}
        for port in old.values():
            if port.transport is not None:
                port.transport.close()

    def from_page(self, data: bytes, page: Address) -> None:
        held = self.up.held_s(self.impairment)
        if held is not None:
            asyncio.get_running_loop().call_later(held, self._to_service, data, page)

    def from_service(self, data: bytes, page: Address) -> None:
        held = self.down.held_s(self.impairment)
        if held is not None and self._towards_pages is not None:
            asyncio.get_running_loop().call_later(held, self._towards_pages.send, data, page)

    def _to_service(self, data: bytes, page: Address) -> None:
        port = self._ports.get(page)
        if port is not None:
            assert port.service is not None
            port.send(data, port.service)
        elif page in self._opening:
            self._opening[page].append(data)
        else:
            self._opening[page] = [data]
            task = asyncio.create_task(self._open_port(page))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _open_port(self, page: Address) -> None:
        service = self._services.setdefault(page, self._service)
        _, port = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Port(self, page, service), (self._own_host, 0)
        )
        self._ports[page] = port
        for data in self._opening.pop(page):
            self._to_service(data, page)

    async def _open(self, host: str) -> None:
        if self._towards_pages is None:
            self._own_host = host  # the service is on this machine
            _, self._towards_pages = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Port(self), (host, 0)
            )

    async def __aenter__(self) -> Relay:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        self.rebind()
        if self._towards_pages is not None and self._towards_pages.transport is not None:
            self._towards_pages.transport.close()


def _udp4(line: str) -> list[str] | None:
    """The parts of an ICE candidate over UDP and IPv4 (RFC 8839 section 5.1), else None."""
    parts = line.split()
    if line.startswith("a=candidate:") and len(parts) > 7 and parts[2].lower() == "udp" and "." in parts[4]:
        return parts
    return None
