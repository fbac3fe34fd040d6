"""The service's end with aiortc as it comes: its receive buffer, no lost packet asked for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiortc import MediaStreamTrack, RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError
from av import AudioFrame

from interviewer.media.audio_in import AudioPlacer
from interviewer.media.offer import read_offer
from interviewer.media.peer import PeerHandlers

__all__ = ["StockPeer"]


class StockPeer:
    """As much of a Peer as the benchmark needs."""

    def __init__(self, handlers: PeerHandlers) -> None:
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._placer = AudioPlacer(handlers.on_audio)
        self._handlers = handlers
        self._channel: RTCDataChannel | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.local_sdp = ""

    @classmethod
    async def answer(cls, sdp: str, handlers: PeerHandlers) -> StockPeer:
        peer = cls(handlers)
        connection = peer._connection
        connection.on("datachannel", peer._attach)
        connection.on("track", lambda track: peer._tasks.append(asyncio.create_task(peer._listen(track))))
        connection.on("connectionstatechange", peer._on_connection)
        connection.addTrack(AudioStreamTrack())
        await connection.setRemoteDescription(RTCSessionDescription(read_offer(sdp).sdp, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        peer.local_sdp = str(connection.localDescription.sdp)
        return peer

    def send(self, message: dict[str, Any]) -> None:
        if self._channel is not None and self._channel.readyState == "open":
            self._channel.send(json.dumps(message))

    async def close(self) -> None:
        await self._connection.close()
        for task in self._tasks:
            task.cancel()

    def _on_connection(self) -> None:
        if self._connection.connectionState == "connected":
            self._handlers.on_state("connected")

    def _attach(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        channel.on("message", lambda text: self._handlers.on_message(json.loads(text)))

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, AudioFrame)
            self._placer.place(frame)
