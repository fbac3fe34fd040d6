"""The record transcript: the whole recording, written out with care once the interview is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from interviewer.conversation.history import HistoryTurn
from interviewer.conversation.script import RATE, Script
from interviewer.jobs.spans import Span, received_share, spoken_spans
from interviewer.jobs.work import Work
from interviewer.media.recording import length, read_span, received
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.variables import filled
from interviewer.records.interviews import live_on, update_interview
from interviewer.records.tables import Interview
from interviewer.records.transcripts import add_transcript, made_from_known
from interviewer.speech.whisper import Recognition
from scoring.transcript import Mode, Side, Transcript, Turn, Word

__all__ = ["heard_turn", "record_transcript", "yield_to_live"]

ENOUGH_RECEIVED = 0.5
"""A turn of which less than this share was recorded keeps the words that were heard live."""
LONGEST_YIELD_S = 20.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Sound:
    """The candidate's side of the recording in ``folder``. ``fingerprint`` names it in what is made from it."""

    folder: Path
    fingerprint: str
    length: int
    received: Sequence[tuple[int, int]]


async def record_transcript(
    work: Work,
    interview: Interview,
    script: Script,
    turns: Sequence[HistoryTurn],
    fingerprint: str | None,
    folder: Path,
) -> bool:
    """Stored once for each model and recording; whether it was now. Nothing is made where nothing was spoken: what was
    typed stands in the live transcript already."""
    if fingerprint is None or not any(t.side == "candidate" and t.mode == "spoken" for t in turns):
        await _progress(work, interview.id, 0, 0, 0)
        return False
    sound = _Sound(
        folder,
        fingerprint,
        *await work.thread.run(lambda: (length(folder, "candidate"), received(folder, "candidate"))),
    )
    await work.thread.run(work.recogniser.load)
    made_from = f"record {work.recogniser.model} {sound.fingerprint[:16]}"
    async with work.database.session() as session:
        if await made_from_known(session, interview.id, made_from):
            return False
    written = await _write_out(work, interview, script, turns, sound)
    body = Transcript(script.language, tuple(t for t in written if t.text)).to_dict()
    async with work.database.session() as session:
        version = await add_transcript(session, interview.id, "record", body, made_from=made_from)
    log.info("transcript.stored", interview=interview.id, version=version, model=work.recogniser.model)
    return True


async def _write_out(
    work: Work, interview: Interview, script: Script, turns: Sequence[HistoryTurn], sound: _Sound
) -> list[Turn]:
    plan = interview.invitation.plan
    words = filled(PlanBundle.from_dict(plan.body), interview.invitation.variables).plan.vocabulary
    written = [heard_turn(turn, None, 0) for turn in turns]
    spans = spoken_spans(turns, sound.length)
    kept = 0
    for done, span in enumerate(spans):
        await _progress(work, interview.id, done, len(spans), kept)
        if received_share(span, sound.received) < ENOUGH_RECEIVED:
            kept += 1
            continue
        began = time.monotonic()
        pcm = await work.thread.run(_reader(sound.folder, span))
        heard = await work.thread.run(_listener(work, pcm, script.language, words))
        written[span.index] = heard_turn(turns[span.index], heard, span.start)
        await yield_to_live(work, interview.id, time.monotonic() - began)
    await _progress(work, interview.id, len(spans), len(spans), kept)
    return written


def heard_turn(turn: HistoryTurn, heard: Recognition | None, start: int) -> Turn:
    """The turn with the words of ``heard``, whose times count from sample ``start``.

    Where nothing was recognised, or nothing was recorded, the text heard live stays, without words or confidence.
    """
    side, mode = Side(turn.side), Mode(turn.mode)
    began, ended = turn.start / RATE, turn.end / RATE
    if heard is None or not heard.text.strip():
        return Turn(side, mode, turn.text, began, ended, turn.question_id, request=turn.request)
    shift = start / RATE
    words = tuple(
        Word(w.text, round(w.start + shift, 3), round(w.end + shift, 3), w.confidence) for w in heard.words
    )  # fmt: skip
    if words:
        began, ended = min(began, words[0].start), max(ended, words[-1].end)
    return Turn(side, mode, heard.text.strip(), began, ended, turn.question_id, words, turn.request)


def _reader(folder: Path, span: Span) -> Callable[[], npt.NDArray[np.int16]]:
    return lambda: read_span(folder, "candidate", span.start, span.end)


def _listener(work: Work, pcm: npt.NDArray[np.int16], language: str, words: Sequence[str]) -> Callable[[], Recognition]:
    return lambda: work.recogniser.recognise(pcm, language=language, hotwords=words)


async def _progress(work: Work, interview_id: str, done: int, total: int, kept: int) -> None:
    stage = "transcribed" if done == total else "transcribing"
    async with work.database.session() as session:
        await update_interview(
            session, interview_id, progress={"stage": stage, "done": done, "total": total, "kept_live": kept}
        )


async def yield_to_live(work: Work, interview_id: str, took_s: float) -> None:
    """While somebody else is being interviewed on this machine, rest as long as the last stretch took: half the machine
    is theirs even where the system's own priorities do nothing."""
    async with work.database.session() as session:
        busy = await live_on(session, work.node, but=interview_id)
    if busy:
        await asyncio.sleep(min(took_s, LONGEST_YIELD_S))
