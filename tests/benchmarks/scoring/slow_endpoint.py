"""An endpoint that answers every question after the same time, in a process of its own; it counts what is in flight.

``python -m tests.benchmarks.scoring.slow_endpoint SECONDS`` reads the reply's text from standard input, prints its
port, and serves until its standard input closes. GET /events gives [time, +1 or -1] of each request since the start,
by the machine's monotonic clock, which all processes share.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

REPLY_SCHEMA_PROBE = b'"ok"'


class Protocol(asyncio.Protocol):
    """HTTP/1.1 with Content-Length and keep-alive, which is what the openai SDK speaks; no more."""

    events: list[tuple[float, int]] = []  # noqa: RUF012 - one list for all connections
    seconds = 0.0
    reply = probe = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.held = b""

    def data_received(self, data: bytes) -> None:
        self.held += data
        head, found, body = self.held.partition(b"\r\n\r\n")
        if not found:
            return
        if head.startswith(b"GET"):
            self.held = b""
            self.transport.write(_http(json.dumps(Protocol.events).encode()))
            return
        at = head.lower().index(b"content-length:") + 15
        length = int(head[at:].split(b"\r", 1)[0])
        if len(body) < length:
            return
        self.held = body[length:]
        reply = self.probe if REPLY_SCHEMA_PROBE in body[:length] and length < 1500 else self.reply
        self.events.append((time.monotonic(), 1))
        asyncio.get_running_loop().call_later(self.seconds, self._answer, reply)

    def _answer(self, reply: bytes) -> None:
        self.events.append((time.monotonic(), -1))
        self.transport.write(reply)


def _http(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def _completion(content: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 2000, "completion_tokens": 600, "total_tokens": 2600}
    return _http(json.dumps({"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}).encode())


async def _serve() -> None:
    Protocol.seconds = float(sys.argv[1])
    Protocol.reply = _completion(json.loads(sys.stdin.readline()))
    Protocol.probe = _completion('{"ok": true}')
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Protocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
