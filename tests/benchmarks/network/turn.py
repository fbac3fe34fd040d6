"""Two peers that meet through a real coturn alone, with the configuration that ``interviewer coturn`` prints."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from aiortc import RTCConfiguration, RTCIceServer
from aiortc.rtcconfiguration import RTCIceTransportPolicy

from interviewer.media.audio_in import AudioBlock
from interviewer.media.coturn import coturn_configuration
from interviewer.media.ice import LASTS_S, IceServer, PeerOptions
from interviewer.media.peer import Peer, PeerHandlers
from tests.benchmarks.report import DataMissing
from tests.media.page import Page

__all__ = ["Relayed", "relayed"]

SECRET = "benchmark-secret-of-no-worth"
UP_S = 10.0
SOUND_S = 5.0
REFUSED_S = 8.0
"""Without a relay address nothing connects; it is waited for as long."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """``sound_after_s``: from the offer to the first sound; infinite where none came. ``relays_only``: whether the
    answer names relay addresses alone. ``gaps``: in the sound of some seconds."""

    sound_after_s: float
    relays_only: bool
    gaps: int


def relayed() -> dict[str, Relayed]:
    """``good``, with credentials of a wrong ``secret``, and with ``expired`` ones. Raises ``DataMissing``."""
    program = shutil.which("turnserver")
    if program is None:
        raise DataMissing("coturn is not installed (Debian: apt-get install coturn)")
    with _coturn(program) as url:
        now = time.time()
        tries = {
            "good": (SECRET, now),
            "wrong secret": ("another", now),
            "expired": (SECRET, now - LASTS_S - 60),
        }
        return {name: asyncio.run(_call(url, secret, at)) for name, (secret, at) in tries.items()}


@contextmanager
def _coturn(program: str) -> Iterator[str]:
    """Its URL. It listens at this machine's own address: it relays to no loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; says which address is used
        own = str(probe.getsockname()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((own, 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="melvin-coturn-") as folder:
        text = coturn_configuration("turn.example.com", SECRET, [own])
        text = text.replace("listening-port=3478", f"listening-port={port}\nlistening-ip={own}\nrelay-ip={own}")
        configuration = Path(folder) / "turnserver.conf"
        configuration.write_text(f"{text}pidfile={folder}/pid\nuserdb={folder}/db\nlog-file=stdout\n", "utf-8")
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen([program, "-c", str(configuration)], stdout=log, stderr=log, cwd=folder)
            try:
                _wait_for(own, port)
                yield f"turn:{own}:{port}"
            finally:
                process.terminate()
                process.wait(10)


def _wait_for(host: str, port: int) -> None:
    """Until it takes connections: it listens by TCP as well."""
    deadline = time.monotonic() + UP_S
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


async def _call(url: str, secret: str, at: float) -> Relayed:
    server = IceServer(url, secret=secret)
    shown = server.for_page(at)
    configuration = RTCConfiguration(
        iceServers=[RTCIceServer(shown["urls"], shown["username"], shown["credential"])],
        iceTransportPolicy=RTCIceTransportPolicy.RELAY,
    )
    blocks: list[AudioBlock] = []
    tone = (8000 * np.sin(np.arange(30 * 48_000) / 20)).astype(np.int16)
    began = time.monotonic()
    first = float("inf")
    async with Page(tone, configuration=configuration) as page:
        options = PeerOptions((server,), relay_only=True, clock=lambda: at)
        peer = await Peer.answer(await page.offer(), options, PeerHandlers(blocks.append))
        try:
            candidates = [line for line in peer.local_sdp.splitlines() if line.startswith("a=candidate:")]
            if candidates:
                await page.accept(peer.local_sdp)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFUSED_S):
                    while not blocks:  # noqa: ASYNC110 - the handler is a plain callable
                        await asyncio.sleep(0.02)
            if blocks:
                first = time.monotonic() - began
                await asyncio.sleep(SOUND_S)
        finally:
            await peer.close()
    gaps = sum(b.start != a.start + len(a.samples) for a, b in itertools.pairwise(blocks))
    return Relayed(first, bool(candidates) and all(" typ relay" in line for line in candidates), gaps)
