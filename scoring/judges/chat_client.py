"""The HTTP client below the openai SDK: every reply is bounded in size and in the time that it takes altogether.

The SDK's own timeout begins anew with each packet, so an endpoint that drips would hold a slot for ever.
"""

from __future__ import annotations

import importlib
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from scoring.judges.chat_options import ChatOptions

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["TooMuch", "TooSlow", "client", "response_type", "security"]


class TooMuch(Exception):
    """The reply is larger than allowed."""


class TooSlow(Exception):
    """The reply did not end in time."""


def client(options: ChatOptions, security: Any = None) -> OpenAI:
    """Holds one connection, made at the first request; for one thread at a time. ``security`` as of ``security()``.

    A pool of connections that threads share looks through all of them at each request, with a system call for each that
    rests: with 64 that costs more than the request. Importing the SDK takes a second or two.
    """
    import openai

    class Bounded(openai.DefaultHttpxClient):
        def send(self, request: Any, **given: Any) -> Any:
            started = time.monotonic()
            limit = request.extensions["timeout"]["read"]
            response = super().send(request, **(given | {"stream": True}))
            try:
                if int(response.headers.get("content-length") or 0) > options.most_bytes:
                    raise TooMuch
                body = bytearray()
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > options.most_bytes:
                        raise TooMuch
                    if time.monotonic() - started > limit:
                        raise TooSlow
            finally:
                response.close()
            return type(response)(response.status_code, headers=response.headers, content=bytes(body), request=request)

    return openai.OpenAI(
        base_url=options.base_url,
        api_key=options.api_key or "none",
        max_retries=0,
        timeout=options.timeout_s,
        # Uncompressed, so that the bytes counted are the bytes read.
        default_headers={"Accept-Encoding": "identity"},
        http_client=Bounded(timeout=options.timeout_s, follow_redirects=False, verify=security or False),
    )


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


def _library() -> Any:
    """The SDK's HTTP library, which is another one from its third version on; both have what is used here."""
    import openai

    name = next(c.__module__.partition(".")[0] for c in openai.DefaultHttpxClient.__mro__ if "httpx" in c.__module__)
    return importlib.import_module(name)
