"""Request bodies: of the expected type and size, or refused before they are read to the end."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from interviewer.http.problems import Problem

__all__ = ["media_type_of", "read_bytes", "read_form", "read_json", "read_text", "read_to_file"]

Model = TypeVar("Model", bound=BaseModel)

PIECE = 1 << 20
"""Bytes that are written at once."""
FIELDS = 1000
"""Of a form; an interview with more turns than this does not exist."""


def media_type_of(request: Request) -> str:
    """Without its parameters; '' where none is named."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_text(request: Request, media_type: str, limit: int) -> str:
    """The body as UTF-8 text. ``limit`` in bytes. Raises :class:`Problem` 415, 413 or 400."""
    given = media_type_of(request)
    if given != media_type:
        raise Problem(
            415,
            "media-type",
            "This address takes another kind of content",
            f"Content-Type must be {media_type}, not {given or 'missing'}.",
            expected=media_type,
        )
    try:
        return (await read_bytes(request, limit)).decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(400, "not-utf-8", "The request is not readable text", "It must be UTF-8.") from None


async def read_bytes(request: Request, limit: int) -> bytes:
    """The body, whatever it is. ``limit`` in bytes. Raises :class:`Problem` 413, or 400 where the sender is gone."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise Problem(
                    413, "too-large", "That is too much at once", f"At most {limit:,} bytes are taken.", limit=limit
                )
    except ClientDisconnect:  # on a bad network: nobody reads the reply, and it is no fault of ours to log
        raise Problem(400, "cut-off", "The request ended before its body did") from None
    return bytes(body)


async def read_to_file(request: Request, path: Path, limit: int, head: int) -> tuple[bytes, str]:
    """Write the body to a new file, and return its first ``head`` bytes and its SHA-256 in hex. ``limit`` in bytes;
    raises as :func:`read_bytes`. It is in memory a piece at a time, and what blocks is done on a thread of its own."""
    digest, size, first = hashlib.sha256(), 0, b""
    piece = bytearray()
    loop = asyncio.get_running_loop()
    with path.open("xb") as file, ThreadPoolExecutor(1, "upload") as thread:

        async def write(data: bytes) -> None:
            await loop.run_in_executor(thread, _writing(file, digest.update, data))

        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise Problem(
                        413, "too-large", "That is too much at once", f"At most {limit:,} bytes are taken.", limit=limit
                    )
                first += chunk[: head - len(first)]
                piece += chunk
                if len(piece) >= PIECE:
                    await write(bytes(piece))
                    piece.clear()
        except ClientDisconnect:
            raise Problem(400, "cut-off", "The request ended before its body did") from None
        await write(bytes(piece))
    return first, digest.hexdigest()


def _writing(file: BinaryIO, digest: Callable[[bytes], None], data: bytes) -> Callable[[], None]:
    def write() -> None:
        digest(data)
        file.write(data)

    return write


async def read_json(request: Request, model: type[Model], limit: int) -> Model:
    """The body as ``model``. Raises :class:`Problem` 415, 413, 400 or 422 (with ``errors``)."""
    text = await read_text(request, "application/json", limit)
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        if any(e["type"] == "json_invalid" for e in error.errors(include_url=False)):
            raise Problem(400, "not-json", "The request is not JSON") from None
        errors = [{"param": ".".join(map(str, e["loc"])), "reason": e["msg"]} for e in error.errors(include_url=False)]
        detail = "; ".join(f"{e['param']}: {e['reason']}" for e in errors)
        raise Problem(422, "invalid", "The request is not as expected", detail, errors=errors) from None


async def read_form(request: Request, limit: int) -> dict[str, str]:
    """The fields of a plain HTML form; the last one of a name counts. Files are not taken (415)."""
    text = await read_text(request, "application/x-www-form-urlencoded", limit)
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS, errors="strict"))
    except ValueError:
        raise Problem(400, "not-a-form", "The form could not be read") from None
