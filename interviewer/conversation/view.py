"""What the candidate's page shows of the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from interviewer.conversation.actions import Phase
from interviewer.conversation.pace import Pace

__all__ = ["QuestionView", "View"]


@dataclass(frozen=True, slots=True)
class QuestionView:
    """``number`` counts from 1; a question that comes back after a skip keeps its number."""

    id: str
    number: int
    count: int
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class View:
    phase: Phase
    question: QuestionView | None
    asked: str
    """Question or probe text that stands open."""
    probe: bool
    typing: bool
    draft: str
    seconds_left: int | None
    """Only near the end of a question's time; None before, so that no clock ticks at the candidate."""
    pace: Pace
    confirm_end: bool
    """The candidate asked aloud to end the interview; the page asks back too."""
    waits: bool = False
    """The candidate fell silent after some words, and Melvin waits longer than usual: were they the last?"""

    def to_message(self) -> dict[str, Any]:
        q = self.question
        return {
            "t": "state",
            "phase": self.phase.value,
            "question": None
            if q is None
            else {"id": q.id, "number": q.number, "count": q.count, "kind": q.kind, "title": q.title},
            "asked": self.asked,
            "probe": self.probe,
            "typing": self.typing,
            "seconds_left": self.seconds_left,
            "pace": self.pace.value,
            "confirm_end": self.confirm_end,
            "waits": self.waits,
        }
