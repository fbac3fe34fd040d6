"""What a model at an OpenAI-compatible endpoint takes and gives. Servers differ; some ignore what they do not know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scoring.judges.chat_wire import text_of

__all__ = ["PROBE", "PROBE_SCHEMA", "Capabilities", "shown_by", "without_one"]

PROBE = 'Reply with this JSON object and nothing else: {"ok": true}'
PROBE_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """As its answer to one small question showed; all is tried first."""

    schema: bool = True
    logprobs: bool = True
    seed: bool = True
    temperature: bool = True
    limit: str = "max_tokens"
    """The name by which it takes the most tokens of a reply."""


def shown_by(reply: Any, able: Capabilities) -> Capabilities:
    """What of ``able`` the reply to PROBE bears out: JSON by the schema, and log probabilities beside it."""
    try:
        held = json.loads(text_of(reply))
    except ValueError:
        held = None
    listed = reply["choices"][0].get("logprobs")
    return replace(
        able,
        schema=able.schema and isinstance(held, dict) and isinstance(held.get("ok"), bool),
        logprobs=able.logprobs and isinstance(listed, dict) and bool(listed.get("content")),
    )


def without_one(able: Capabilities, said: str) -> Capabilities | None:
    """The capabilities without that which a refusal names, else without the one that is most often missing."""
    have: list[tuple[str, Capabilities]] = []
    if able.logprobs:
        have.append(("logprob", replace(able, logprobs=False)))
    if able.seed:
        have.append(("seed", replace(able, seed=False)))
    if able.limit == "max_tokens":
        have.append(("max_tokens", replace(able, limit="max_completion_tokens")))
    if able.temperature:
        have.append(("temperature", replace(able, temperature=False)))
    if able.schema:
        have.append(("response_format", replace(able, schema=False)))
    named = [fewer for word, fewer in have if word in said]
    return named[0] if named else have[0][1] if have else None
