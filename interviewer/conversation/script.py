"""What one interview says: a plan with its variables filled in, its persona's phrases, its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from interviewer.conversation.sentences import spoken_parts

__all__ = ["RATE", "SENT_AGAIN_S", "Limits", "Script", "ScriptProbe", "ScriptQuestion"]

RATE = 16_000
"""Samples a second of the interview's clock."""


SENT_AGAIN_S = 10.0
"""The same typed text twice within this time is a page that sent it again."""


@dataclass(frozen=True, slots=True)
class ScriptProbe:
    id: str
    text: str
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScriptQuestion:
    id: str
    kind: Literal["spoken", "written"]
    title: str
    text: str
    rephrase: str
    time_limit_s: float  # the accommodation factor is already in it
    probes: tuple[ScriptProbe, ...]
    max_probes: int
    key_points: tuple[str, ...]  # ids


@dataclass(frozen=True, slots=True)
class Limits:
    """Patience, in seconds. Everything but the caps is stretched by the accommodation factor."""

    offers_after_s: tuple[float, float, float] = (30.0, 90.0, 150.0)
    """Silence after a question before each gentle offer, counted from the end of Melvin's question."""
    pause_after_s: float = 180.0
    """Silence after which the interview pauses, after all offers."""
    moment_s: float = 120.0
    """How long "I need a moment" holds all offers."""
    warn_before_s: float = 30.0
    """The time limit is announced this long before it ends."""
    sentence_grace_s: float = 30.0
    """At the limit a sentence in progress may still end, for at most this long."""
    decide_wait_s: float = 1.5
    """At the end of a turn: the longest wait for words and coverage before going on without them."""
    opening_wait_s: float = 0.5
    """Quiet between connecting and the greeting."""


@dataclass(frozen=True, slots=True)
class Script:
    """``phrases`` maps a phrase key (``greeting``, ``acknowledge``, ``offer``, ...) to its variants, ``requests`` what
    a candidate may ask for to the ways of saying it (see ``asking``). ``policy`` names the turn policy."""

    title: str
    language: str
    questions: tuple[ScriptQuestion, ...]
    phrases: Mapping[str, tuple[str, ...]]
    accommodation: float = 1.0
    limits: Limits = field(default_factory=Limits)
    requests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policy: str = "weighed"

    def all_texts(self) -> tuple[str, ...]:
        """Every text known in advance, cut as it will be said, in the order of need; for synthesis ahead of it."""
        first = [t for key in ("greeting", "acknowledge") for t in self.phrases.get(key, ())]
        asked = [t for q in self.questions for t in (q.text, *(p.text for p in q.probes), q.rephrase)]
        rest = [t for key, variants in self.phrases.items() for t in variants]
        return tuple(dict.fromkeys(part for text in (*first, *asked, *rest) for part in spoken_parts(text)))

    def to_dict(self) -> dict[str, Any]:
        from dataclasses import asdict

        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Script:
        return cls(
            title=data["title"],
            language=data["language"],
            questions=tuple(
                ScriptQuestion(
                    **{
                        **q,
                        "probes": tuple(ScriptProbe(p["id"], p["text"], tuple(p["covers"])) for p in q["probes"]),
                        "key_points": tuple(q["key_points"]),
                    }
                )
                for q in data["questions"]
            ),
            phrases={k: tuple(v) for k, v in data["phrases"].items()},
            accommodation=data["accommodation"],
            limits=Limits(**{**data["limits"], "offers_after_s": tuple(data["limits"]["offers_after_s"])}),
            requests={k: tuple(v) for k, v in data.get("requests", {}).items()},
            policy=data.get("policy", "tail-aware"),  # what interviews were held with before scripts named it
        )
