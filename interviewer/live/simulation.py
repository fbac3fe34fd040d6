"""A simulated interview, stored as a live one is: event log, live transcript, answers, statuses and their webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.conversation.casting import script_for
from interviewer.conversation.events import event_from_dict
from interviewer.conversation.history import turns
from interviewer.live.outcome import live_transcript
from interviewer.live.simulated import SimulatedCandidate
from interviewer.plans.bundle import PlanBundle
from interviewer.records.answers import NewAnswer, put_answers
from interviewer.records.events import append_events
from interviewer.records.interviews import create_interview, set_status
from interviewer.records.interviews import interview as find_interview
from interviewer.records.tables import Interview, Invitation
from interviewer.records.transcripts import add_transcript

__all__ = ["simulate"]


async def simulate(
    session: AsyncSession, invitation: Invitation, answers: Mapping[str, str], now: datetime
) -> Interview:
    """The interview of a test invitation from beginning to end, submitted at ``now``. ``answers`` has a text for every
    question. Raises :class:`~interviewer.live.simulated.NeverEnded`."""
    if invitation.livemode:
        raise ValueError("only test invitations are simulated")
    bundle = PlanBundle.from_dict(invitation.plan.body)
    script = script_for(bundle, invitation.variables, invitation.accommodation)
    candidate = SimulatedCandidate(script, answers)
    for _ in candidate.talk():
        await asyncio.sleep(0)  # it runs beside interviews of people, who must not hear it
    made = await create_interview(session, invitation.id, script.to_dict())
    interview_id = made.id
    began = now - timedelta(seconds=candidate.seconds)
    await set_status(session, interview_id, "live", only_from=("created",), started_at=began)
    await append_events(session, interview_id, [_row(entry) for entry in candidate.entries])
    said = turns(script, [event_from_dict(entry) for entry in candidate.entries])
    heard = live_transcript(script.language, said).to_dict()
    statuses = candidate.conversation.statuses()
    await put_answers(
        session,
        interview_id,
        [NewAnswer(q.id, position, q.kind, statuses[q.id]) for position, q in enumerate(script.questions)],
    )
    await add_transcript(session, interview_id, "live", heard, made_from="live")
    ending = candidate.conversation.ending
    await set_status(session, interview_id, "checking", only_from=("live",), ended_at=now, end_reason=ending)
    await set_status(session, interview_id, "submitted", only_from=("checking",), submitted_at=now)
    session.expire(made)
    found = await find_interview(session, interview_id)
    if found is None:
        raise RuntimeError("the interview is gone")
    return found


def _row(entry: dict[str, object]) -> tuple[int, int, str, dict[str, object]]:
    body = {key: value for key, value in entry.items() if key not in ("seq", "at", "kind")}
    return int(str(entry["seq"])), int(str(entry["at"])), str(entry["kind"]), body
