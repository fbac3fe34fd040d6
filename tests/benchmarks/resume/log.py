"""What the event log says of an interview that was killed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from interviewer.conversation.actions import Say, SayKind
from interviewer.conversation.casting import script_for
from interviewer.conversation.engine import Conversation
from interviewer.conversation.events import SayingEnded, event_from_dict
from interviewer.plans.library import Library
from interviewer.records.journal import journal_path, parse_lines
from tests.benchmarks.network.interview import PLAN

__all__ = ["asked_twice", "entries"]


def entries(journals: Path, interview_id: str) -> list[dict[str, Any]]:
    return [dict(entry) for entry in parse_lines(journal_path(journals, interview_id).read_bytes())[0]]


def asked_twice(log: Sequence[dict[str, Any]], prompts: Path) -> int:
    """Questions and probes that were said again after they had been said whole."""
    conversation = Conversation(script_for(Library.load(prompts).get(PLAN), {}))
    whole: set[int] = set()
    said: dict[tuple[str | None, str | None], list[int]] = {}
    twice = 0
    for entry in log:
        event = event_from_dict(entry)
        if isinstance(event, SayingEnded) and not event.cut:
            whole.add(event.utterance)
        for action in conversation.handle(event):
            if isinstance(action, Say) and action.kind in (SayKind.QUESTION, SayKind.PROBE):
                before = said.setdefault((action.question_id, action.probe_id), [])
                twice += any(utterance in whole for utterance in before)
                before.append(action.utterance)
    return twice
