"""The candidate's place in the lobby, for the page that waits there."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from interviewer.http.body import read_json
from interviewer.http.nodes import Here
from interviewer.http.rate_limits import RateLimits
from interviewer.http.refusals import refusals, told
from interviewer.live.lobby import Place

__all__ = ["router"]

router = APIRouter(prefix="/i/{token}", include_in_schema=False)

BODY = 1_000  # bytes
LOOK_S = 1.0
"""How often it is looked whether the page that asked is still there."""


class Known(BaseModel):
    """A place as this page was told it."""

    model_config = ConfigDict(extra="forbid")

    place: int = Field(ge=1)
    minutes: int | None
    typing: bool


class Question(BaseModel):
    """``sound``: whether the candidate wants to speak. ``knows``: what the page shows; null at first."""

    model_config = ConfigDict(extra="forbid")

    sound: bool
    knows: Known | None = None


@router.post("/lobby")
async def lobby(request: Request, talk: Here) -> dict[str, Any]:
    """Whether the candidate may ``enter``, or their place in line. The reply comes as soon as it is another than what
    the page ``knows``, and at the latest after 20 s. While a question is open, its page counts as there."""
    limits: RateLimits = request.app.state.rate_limits
    limits.use("lobby", talk.interview_id)
    question = await read_json(request, Question, BODY)
    known = question.knows
    knows = Place(known.place, known.minutes, known.typing) if known is not None else None
    asked = asyncio.create_task(
        talk.visit.rooms.live.place(talk.interview_id, sound=question.sound, knows=knows), name="wait in the lobby"
    )
    try:
        while not (await asyncio.wait({asked}, timeout=LOOK_S))[0] and not await request.is_disconnected():
            pass
    finally:
        if not asked.done():
            asked.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asked
    if asked.cancelled():
        return {}  # nobody reads it
    with refusals(talk.visit):
        place = asked.result()
    return {"enter": True} if place is None else {"enter": False, **told(place)}
