"""The openai SDK over a connection of our own, which bounds every reply in size and in the time it takes altogether."""

from __future__ import annotations

import importlib
import time
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scoring.judges.chat_connection import Connection, TooMuch, TooSlow
from scoring.judges.chat_options import ChatOptions

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["client", "ready", "response_type", "security"]

ENCODED = ("content-encoding", "content-length", "transfer-encoding")
"""What is no longer true of a body that has been read."""


def client(options: ChatOptions, security: Any = None) -> OpenAI:
    """Holds one connection, made at the first request; for one thread at a time. ``security`` as of ``security()``.

    A pool of connections that threads share looks through all of them at each request, with a system call for each that
    rests: with 64 that costs more than the request. Importing the SDK takes a second or two.
    """
    import openai

    connection = None if _behind_proxy(options) else Connection(options.base_url, security, options.most_bytes)

    class Bounded(openai.DefaultHttpxClient):
        def send(self, request: Any, **given: Any) -> Any:
            limit = request.extensions["timeout"]["read"]
            if connection is None:
                return self._by_proxy(request, limit, given)
            target = request.url.raw_path.decode("ascii")
            answered = connection.send(request.method, target, request.headers, request.content, limit)
            headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in answered.headers]
            return _response(answered.status, headers, answered.body, request)

        def _by_proxy(self, request: Any, limit: float, given: dict[str, Any]) -> Any:
            """The SDK's HTTP library knows the kinds of proxies that there are."""
            started = time.monotonic()
            response = super().send(request, **(given | {"stream": True}))
            try:
                body = bytearray()
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > options.most_bytes:
                        raise TooMuch
                    if time.monotonic() - started > limit:
                        raise TooSlow
            finally:
                response.close()
            return _response(response.status_code, response.headers.raw, bytes(body), request)

        def close(self) -> None:
            if connection is not None:
                connection.close()
            super().close()

    return openai.OpenAI(
        base_url=options.base_url,
        api_key=options.api_key or "none",
        max_retries=0,
        timeout=options.timeout_s,
        # Uncompressed, so that the bytes counted are the bytes read.
        default_headers={"Accept-Encoding": "identity"},
        http_client=Bounded(timeout=options.timeout_s, follow_redirects=False, verify=security or False),
    )


def ready() -> None:
    """Imports what the first request needs: that takes this machine's time, not the endpoint's."""
    response_type()


def security(options: ChatOptions) -> Any:
    """What checks the endpoint's certificate, made once for all connections; None where there is none to check."""
    if not options.base_url.lower().startswith("https:"):
        return None
    return _library().create_ssl_context()


@cache
def response_type() -> type[Any]:
    """Of an HTTP response as it comes; a request that names it is given no other."""
    response: type[Any] = _library().Response
    return response


def _response(status: int, headers: list[tuple[bytes, bytes]], body: bytes, request: Any) -> Any:
    kept = [(n, v) for n, v in headers if n.decode("latin-1").lower() not in ENCODED]
    return response_type()(status, headers=kept, content=body, request=request)


def _behind_proxy(options: ChatOptions) -> bool:
    """By the environment or the system's settings; whether this host is an exception to them, the library knows."""
    proxies = getproxies()
    return bool(proxies.get(urlsplit(options.base_url).scheme) or proxies.get("all"))


@cache
def _library() -> Any:
    """The SDK's HTTP library, which is another one from its third version on; both have what is used here."""
    import openai

    name = next(c.__module__.partition(".")[0] for c in openai.DefaultHttpxClient.__mro__ if "httpx" in c.__module__)
    return importlib.import_module(name)
