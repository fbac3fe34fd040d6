"""The HTTP client below the openai SDK: every reply is bounded in size and in the time that it takes altogether.

The SDK's own timeout begins anew with each packet, so an endpoint that drips would hold a slot for ever.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from scoring.judges.chat_options import ChatOptions

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["TooMuch", "TooSlow", "client"]


class TooMuch(Exception):
    """The reply is larger than allowed."""


class TooSlow(Exception):
    """The reply did not end in time."""


def client(options: ChatOptions) -> OpenAI:
    """Connects at the first request. Importing the SDK takes a second or two."""
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
            return type(response)(
                response.status_code, headers=response.headers, content=bytes(body), request=request
            )  # fmt: skip

    return openai.OpenAI(
        base_url=options.base_url,
        api_key=options.api_key or "none",
        max_retries=0,
        timeout=options.timeout_s,
        # Uncompressed, so that the bytes counted are the bytes read.
        default_headers={"Accept-Encoding": "identity"},
        http_client=Bounded(
            timeout=options.timeout_s,
            follow_redirects=False,
            limits=_limits(options.slots),
        ),
    )


def _limits(slots: int) -> Any:
    from openai._constants import DEFAULT_CONNECTION_LIMITS

    return type(DEFAULT_CONNECTION_LIMITS)(max_connections=slots, max_keepalive_connections=slots, keepalive_expiry=60)
