"""The end of a process that is told to stop: its interviews go over to the next one, none of them in mid-sentence.

told to stop  |  Melvin asks ▆▆▆▆  candidate answers ▆▆▆▆▆▆▆▁▁▁|
                                                          ^ handed over, once nobody has spoken for 1.5 s
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from interviewer.live.opening import Running

__all__ = ["drain"]

LOOK_S = 0.1
SILENT_LOOKS = 15
"""How often in a row both sides must be found silent: who looks for a word may be silent for a second."""
SILENT_LOOKS_LATE = 5
"""The same once most of the time is over: between two sentences of Melvin's there is a moment as well."""
LATE = 0.7
"""Of the time that is given."""


async def drain(
    entries: Mapping[str, Running],
    hand_over: Callable[[str], Awaitable[None]],
    within_s: float,
    hurry: asyncio.Event,
) -> None:
    """Until no interview is left; after ``within_s``, or where there is a ``hurry``, those that have not fallen silent
    are handed over as they are."""
    deadline = time.monotonic() + within_s

    def due() -> bool:
        return hurry.is_set() or time.monotonic() >= deadline

    def looks() -> int:
        late = time.monotonic() >= deadline - (1 - LATE) * within_s
        return SILENT_LOOKS_LATE if late else SILENT_LOOKS

    handing: dict[str, asyncio.Task[None]] = {}

    async def one(interview_id: str, entry: Running) -> None:
        await _silent(entry, due, looks)
        await hand_over(interview_id)

    while entries or not all(task.done() for task in handing.values()):
        for interview_id, entry in list(entries.items()):  # those too that were on their way in
            if interview_id not in handing:
                handing[interview_id] = asyncio.create_task(one(interview_id, entry), name=f"hand over {interview_id}")
        await asyncio.sleep(LOOK_S)
    await asyncio.gather(*handing.values())


async def _silent(entry: Running, due: Callable[[], bool], enough: Callable[[], int]) -> None:
    """Whoever has just finished is let finish: answers and transcript are written first."""
    session, looks = entry.session, 0
    while looks < enough() and not due():
        finishing = session.finishing is not None and not session.finishing.done()
        looks = looks + 1 if not finishing and (session.quiet or not session.connected) else 0
        await asyncio.sleep(LOOK_S)
