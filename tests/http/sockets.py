"""A WebSocket client in the test's own event loop, where the database's connections live."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

__all__ = ["Socket", "open_socket"]


class Socket:
    def __init__(self, app: FastAPI, path: str, query: str) -> None:
        scope = {
            "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": path,
            "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 5000), "server": ("localhost", 80), "subprotocols": [], "state": {},
        }  # fmt: skip
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task = asyncio.create_task(app(scope, self._to_app.get, self._from_app.put))
        self._to_app.put_nowait({"type": "websocket.connect"})

    async def _event(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._from_app.get(), 20)

    async def accepted(self) -> None:
        assert (await self._event())["type"] == "websocket.accept"

    async def message(self) -> Any:
        event = await self._event()
        assert event["type"] == "websocket.send", event
        return json.loads(event["text"])

    async def close_code(self) -> int:
        event = await self._event()
        assert event["type"] == "websocket.close", event
        return int(event["code"])

    def say(self, text: str) -> None:
        self._to_app.put_nowait({"type": "websocket.receive", "text": text})

    def leave(self) -> None:
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1001})


@asynccontextmanager
async def open_socket(app: FastAPI, path: str, query: str = "") -> AsyncIterator[Socket]:
    """Leaves at the end, and waits until the application is through with it."""
    socket = Socket(app, path, query)
    await socket.accepted()
    yield socket
    socket.leave()
    await asyncio.wait_for(socket.task, 20)
