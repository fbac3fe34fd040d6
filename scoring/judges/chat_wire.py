"""What comes back from an OpenAI-compatible endpoint, or from something that is none, read with suspicion."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scoring.judges.chat_options import ChatOptions

__all__ = ["Failure", "count", "is_completion", "refusal", "storable", "text_of"]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Failure:
    """``reason`` is for people. ``again``: another try may help, after ``wait`` seconds where the endpoint says so.

    ``refused``: the request itself was not liked (400, 413 or 422), so another one may be; ``said``: what came with it.
    """

    reason: str
    again: bool
    wait: float | None = None
    refused: bool = False
    said: str = ""


def is_completion(reply: Any) -> bool:
    choices = reply.get("choices") if isinstance(reply, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return isinstance(first, dict) and isinstance(first.get("message"), dict)


def text_of(reply: Any) -> str:
    """The first choice's text; empty where there is none."""
    content = reply["choices"][0]["message"].get("content") if is_completion(reply) else None
    return storable(content) if isinstance(content, str) else ""


def storable(text: str) -> str:
    """The text without what JSON may escape but neither UTF-8 nor a database takes: halves of characters, and zero."""
    return _UNSTORABLE.sub("\ufffd", text)


def count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def refusal(options: ChatOptions, status: int, headers: Mapping[str, str], said: str) -> Failure:
    """What a status that is not 200 means."""
    asked = _seconds(headers.get("retry-after"))
    if status == 429:
        wait = "" if asked is None else f" and asks to wait {asked:g} s"
        return Failure(f"The language model's endpoint takes no more requests now (429){wait}.", True, asked)
    if status in (401, 403):
        return Failure(f"The language model's endpoint refuses the API key ({status}).", again=False)
    if status in (408, 409) or status >= 500:
        return Failure(f"The language model's endpoint failed ({status}).", True, asked)
    if status < 400 or "html" in headers.get("content-type", ""):
        return Failure(f"What answers at {options.place} is not an OpenAI-compatible endpoint ({status}).", again=False)
    if status == 404:
        known = f"no chat completions or no model {options.model!r}"
        return Failure(f"The endpoint at {options.place} knows {known} (404).", again=False)
    words = _message(said)
    words = words.replace(options.api_key, "[key]") if options.api_key else words
    reason = f"The language model's endpoint refuses the request ({status}): {words}"
    return Failure(reason, again=False, refused=status in (400, 413, 422), said=said)


def _message(said: str) -> str:
    """The endpoint's own words for an error, shortened."""
    try:
        held = json.loads(said)
    except (ValueError, RecursionError):
        held = said
    inner = held.get("error", held) if isinstance(held, dict) else held
    message = inner.get("message", said) if isinstance(inner, dict) else inner
    return " ".join(str(message).split())[:200]


def _seconds(value: str | None) -> float | None:
    """Retry-After in seconds; the form with a date is rare and answered with our own wait."""
    try:
        seconds = float(value) if value else None
    except ValueError:
        return None
    return seconds if seconds is not None and 0 <= seconds < 86_400 else None
