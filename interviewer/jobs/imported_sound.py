"""An imported file of sound: read, written out as the recordings of interviews are, and stored as an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from interviewer.jobs.importing import SCORED_BY, answered_in
from interviewer.jobs.transcribe import yield_to_live
from interviewer.jobs.work import Work
from interviewer.jobs.work_folders import work_folder
from interviewer.media.recording import CANDIDATE, Recorder, encode_flac
from interviewer.media.sound_file import SoundUnreadable, decoded
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.variables import filled
from interviewer.records import imported_sound, imports
from interviewer.records.objects import DamagedObject
from interviewer.records.plan_versions import plan_version
from interviewer.records.removals import may_remove
from interviewer.records.tables import AnswerImport, AnswerImportRow
from interviewer.speech.recognition import RECORD_WINDOW_S, joined
from interviewer.speech.whisper import Recognition
from interviewer.speech.windows import windows
from scoring.transcript import Mode, Side, Transcript, Turn

__all__ = ["tidy_sound", "write_out_row"]

RATE = 16_000
BLOCK = 60 * RATE
GONE = "The file is gone. Please send it again, in another import."
SILENT = "Nobody is heard to speak in the file."
NEVER_CAME = f"Its file did not come within {imported_sound.WAITS_FOR.days} days."

Samples = npt.NDArray[np.int16]

log = structlog.get_logger(__name__)


async def write_out_row(work: Work, subject: str) -> None:
    """Idempotent. What is wrong with the file ends in the row; what is not its fault is raised."""
    import_id, number = imported_sound.row_of(subject)
    async with work.database.session() as session:
        begun = await imported_sound.begin_row(session, import_id, number)
    if begun is not None:
        made, row = begun
        try:
            async with work.database.session() as session:
                known = await imported_sound.known_row(session, made, row, datetime.now(UTC))
            if not known:
                await _write_out(work, made, row)
        except SoundUnreadable as error:
            await _failed(work, import_id, number, str(error))
    await _forget(work, import_id, number)


async def _write_out(work: Work, made: AnswerImport, row: AnswerImportRow) -> None:
    async with work.database.session() as session:
        plan = await plan_version(session, made.plan_id)
    if plan is None:
        raise RuntimeError("the import's plan is gone")
    bundle, answered = answered_in(plan, made.question_id)
    with work_folder("import") as temporary:
        folder = Path(temporary)
        pcm = await _samples(work, row, folder)
        heard = await _recognised(work, pcm, bundle)
        if not heard.words:
            raise SoundUnreadable(SILENT)
        flac = folder / "candidate.flac"
        samples = await work.thread.run(lambda: _encoded(folder, pcm, flac))
        key = f"recordings/{imported_sound.interview_of(made, row.number)}/{flac.name}"
        sound = imported_sound.Sound(key, await work.objects.put_file(key, flac), samples)
    turn = Turn(
        Side.CANDIDATE, Mode.SPOKEN, heard.text, heard.words[0].start, heard.words[-1].end, made.question_id,
        heard.words,
    )  # fmt: skip
    async with work.database.session() as session:
        stored = await imported_sound.store_row(
            session, made, row, answered=answered, transcript=Transcript(bundle.plan.language, (turn,)).to_dict(),
            made_from=f"record {work.recogniser.model} {sound.sha256[:16]}", sound=sound, now=datetime.now(UTC),
            score=SCORED_BY,
        )  # fmt: skip
    log.info("import.written_out", import_id=made.id, row=row.number, stored=stored, seconds=round(samples / RATE, 1))


async def _samples(work: Work, row: AnswerImportRow, folder: Path) -> Samples:
    """Read off the disk as they are wanted."""
    source, target = folder / "sent", folder / "sent.pcm"
    try:
        await work.objects.fetch(row.object_key or "", source, row.sha256)
    except (FileNotFoundError, DamagedObject):
        raise SoundUnreadable(GONE) from None
    await decoded(source, target)
    pcm: Samples = np.memmap(target, "<i2", "r")
    return pcm


async def _recognised(work: Work, pcm: Samples, bundle: PlanBundle) -> Recognition:
    """As record transcripts are, a window at a time, so that a long file holds nobody up."""
    await work.thread.run(work.recogniser.load)
    language, words = bundle.plan.language, filled(bundle, {}).plan.vocabulary
    pieces: list[tuple[int, Recognition]] = []
    for start, end in await work.thread.run(lambda: list(windows(pcm, RECORD_WINDOW_S))):
        began = time.monotonic()
        pieces.append((start, await work.thread.run(_listener(work, pcm[start:end], language, words))))
        await yield_to_live(work, "", time.monotonic() - began)
    return joined(pieces)


def _listener(work: Work, pcm: Samples, language: str, words: Sequence[str]) -> Callable[[], Recognition]:
    return lambda: work.recogniser.recognise(np.array(pcm), language=language, hotwords=words)


def _encoded(folder: Path, pcm: Samples, flac: Path) -> int:
    recorder = Recorder(folder, CANDIDATE)
    try:
        for start in range(0, len(pcm), BLOCK):
            recorder.write(start, pcm[start : start + BLOCK])
    finally:
        recorder.close()
    return encode_flac(folder, CANDIDATE, flac)


async def _failed(work: Work, import_id: str, number: int, error: str) -> None:
    async with work.database.session() as session:
        await imported_sound.finish_row(session, import_id, number, "failed", datetime.now(UTC), error=error)
    log.info("import.row_failed", import_id=import_id, row=number)


async def _forget(work: Work, import_id: str, number: int) -> None:
    """The row names its file until that is gone. What a try stored that did not become an answer goes with it. While a
    backup is made all of it stays, and a later look removes it."""
    async with work.database.session() as session:
        if not await may_remove(session):
            return
        made = await imports.answer_import(session, import_id)
        row = await imported_sound.import_row(session, import_id, number)
        if made is not None and row is not None and row.status != "stored":
            await work.objects.delete_under(f"recordings/{imported_sound.interview_of(made, number)}")
        await work.objects.delete_under(imported_sound.sound_folder(import_id, number))
        await imported_sound.sound_removed(session, import_id, number)


async def tidy_sound(work: Work) -> None:
    """Files of rows that were given up, or whose worker died before the last step; rows whose file never came."""
    async with work.database.session() as session:
        late = await imported_sound.waited_too_long(session, datetime.now(UTC) - imported_sound.WAITS_FOR)
    for row in late:
        await _failed(work, row.import_id, row.number, NEVER_CAME)
        await _forget(work, row.import_id, row.number)
    async with work.database.session() as session:
        left = await imported_sound.rows_with_sound(session)
    for row in left:
        await _forget(work, row.import_id, row.number)
