"""What was asked of a language model for one scorecard, and what it answered, kept so that a score can be traced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CallRecord"]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call. ``raw`` is the reply as it came, None where none came; ``problem`` says why it, or what of it, was not
    used.

    ``prompt_hash`` is the hash of the prompt's template and version, not of the candidate's words; ``seconds`` is the
    time from sending to the reply or the failure.
    """

    model: str
    prompt_hash: str
    seed: int | None
    input_tokens: int | None
    output_tokens: int | None
    seconds: float
    raw: str | None
    problem: str | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CallRecord:
        return cls(**data)
