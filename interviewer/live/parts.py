"""What one session needs of the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interviewer.live.catching_up import BrowserSound
from interviewer.live.coverage import LiveCoverage
from interviewer.live.outcome import Outcome
from interviewer.live.recogniser import InterviewRecogniser
from interviewer.records.journal import Journal
from interviewer.speech.voice import Voice
from scoring.rubric import KeyPoint

__all__ = ["SessionParts"]


@dataclass(frozen=True, slots=True)
class SessionParts:
    """``key_points``: by question id. ``browser``: what pages recorded themselves. ``heard_to``: where the
    candidate's sound ends that an earlier process recorded, in samples; None where there is none."""

    journal: Journal
    outcome: Outcome
    voice: Voice
    recognise: InterviewRecogniser
    coverage: LiveCoverage
    key_points: Mapping[str, Sequence[KeyPoint]]
    browser: BrowserSound | None = None
    heard_to: int | None = None
