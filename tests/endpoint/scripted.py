"""An endpoint that does what a test wants to see handled, well or badly, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from scoring.judges.chat_capabilities import PROBE

__all__ = ["Endpoint", "Step", "completion"]


def completion(content: str | None, **more: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"} | more
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return json.dumps({"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


@dataclass(frozen=True)
class Step:
    """One reply. ``wait_s`` before it; ``drip_s`` between its bytes."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    wait_s: float = 0.0
    drip_s: float = 0.0

    @classmethod
    def says(cls, content: str | None, **more: Any) -> Step:
        return cls(completion(content, **more))


Script = Sequence[Step] | Callable[[dict[str, Any]], Step]


class Endpoint:
    """Steps in order, the last one for ever; or a function of the request. Questions about capabilities are answered
    well unless ``probe`` says otherwise."""

    def __init__(self, script: Script, probe: Script | None = None) -> None:
        self.script, self.probe = script, probe
        self.asked: list[dict[str, Any]] = []
        self.probed: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                step = endpoint._step(body, {name.lower(): value for name, value in self.headers.items()})
                endpoint._over.wait(step.wait_s)
                try:
                    self._send(step)
                except OSError:  # the other side has had enough
                    self.close_connection = True
                finally:
                    endpoint._done()

            def _send(self, step: Step) -> None:
                self.send_response(step.status)
                for name, value in step.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(step.body)))
                self.end_headers()
                size = 1 if step.drip_s else 65_536
                for at in range(0, len(step.body), size):
                    self.wfile.write(step.body[at : at + size])
                    if step.drip_s and endpoint._over.wait(step.drip_s):
                        return

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _step(self, body: dict[str, Any], headers: dict[str, str]) -> Step:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.headers.append(headers)
            probing = body["messages"][0]["content"] == PROBE
            seen = self.probed if probing else self.asked
            seen.append(body)
            script = self.probe if probing else self.script
            if script is None:
                listed = {"content": [{"token": "{", "logprob": -0.1}]}
                return Step.says('{"ok": true}', logprobs=listed)
            return script(body) if callable(script) else script[min(len(seen), len(script)) - 1]

    def _done(self) -> None:
        with self._lock:
            self._at_once -= 1
