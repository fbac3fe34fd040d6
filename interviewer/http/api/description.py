"""The OpenAPI document of /api/v1."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

__all__ = ["describe"]

_ABOUT = """Invite candidates to spoken interviews, and collect transcripts and scorecards.

Send `Authorization: Bearer <key>`. Refusals are `application/problem+json` (RFC 9457) with a stable `code`. Lists come
newest first, a page at a time: `limit` and `starting_after`. Every reply carries `X-Request-Id`, and `RateLimit` tells
how many requests the key has left. New fields may appear within v1; none is taken away.

A POST with an `Idempotency-Key` is done once: the same request with the same key gets the first reply again (with
`Idempotent-Replayed: true`) for 24 hours. Refusals and errors change nothing and are not kept, so the same key may be
used again."""


def describe(site: FastAPI) -> dict[str, Any]:
    """The document, made once. FastAPI files every model under application/json; refusals are problem+json here."""
    if site.openapi_schema is None:
        document = get_openapi(title="Melvin", version=site.version, description=_ABOUT, routes=site.routes)
        for item in document["paths"].values():
            for operation in item.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400:
                        response["content"] = {"application/problem+json": response["content"]["application/json"]}
        site.openapi_schema = document
    return site.openapi_schema
