"""What the browser recorded where the service heard nothing: waited for, put in its place, written out, kept."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from obstore.exceptions import GenericError
from sqlalchemy import text

from interviewer.conversation.history import turns
from interviewer.conversation.script import RATE
from interviewer.jobs.finalise import finalise
from interviewer.records import browser
from interviewer.records.answers import answers_of
from interviewer.records.database import Database
from interviewer.records.interviews import interview as find_interview
from interviewer.records.interviews import set_status, update_interview
from interviewer.records.recordings import recordings_of
from interviewer.records.transcripts import add_transcript, best_transcript, correction_of, transcripts_of
from scoring.correction import corrected
from scoring.transcript import Side, Transcript
from tests.clips import clips
from tests.conversation.scripted import Candidate
from tests.jobs.interviews import Bench, a_bench, recorded, script, spoken_then_ended, stored
from tests.media.test_browser_sound import webm

Samples = npt.NDArray[np.int16]
STRETCH = "0lx9k2m1a-0123456789ab"


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return a_bench(database, tmp_path)


def placed(candidate: Candidate) -> tuple[int, Samples]:
    """Where the candidate's one answer begins, and real speech of its length."""
    start, end = next(
        (t.start, t.end) for t in turns(script(), candidate.log) if t.mode == "spoken" and t.side == "candidate"
    )
    return start, np.resize(clips()["nasa_spacewalk"].pcm, end - start)


async def sent(
    bench: Bench, interview_id: str, data: bytes, at: int, *, but_last: int = 0, manifest: bool = True
) -> list[bytes]:
    """The chunks of one stretch, but for the last few."""
    size = len(data) // 6 + 1
    chunks = [data[i : i + size] for i in range(0, len(data), size)]
    hashes = [hashlib.sha256(c).hexdigest() for c in chunks]
    about = (STRETCH, "microphone", "audio/webm", at)
    async with bench.work.database.session() as session:
        await browser.add_stretch(session, interview_id, STRETCH, kind="microphone", media_type="audio/webm", at=at)
        if manifest:
            await browser.put_manifest(session, interview_id, [(*about, len(chunks), browser.digest(hashes))])
    for number in range(len(chunks) - but_last):
        await put(bench, interview_id, number, chunks[number])
    return chunks


async def put(bench: Bench, interview_id: str, number: int, chunk: bytes) -> None:
    await bench.work.objects.put_bytes(browser.chunk_key(interview_id, STRETCH, number), chunk)
    async with bench.work.database.session() as session:
        sha256 = hashlib.sha256(chunk).hexdigest()
        await browser.add_chunk(session, interview_id, STRETCH, number, sha256=sha256, size=len(chunk))


async def waiting_jobs(database: Database, interview_id: str) -> int:
    async with database.session() as session:
        count = text("SELECT count(*) FROM procrastinate_jobs WHERE lock = :id AND status = 'todo'")
        return int((await session.execute(count, {"id": interview_id})).scalar_one())


async def spoken_with_a_gap(bench: Bench, folder: Path, gap_s: float = 5.0) -> tuple[str, int, Samples]:
    """An interview whose service lost the middle of the answer: its id, where the answer begins, what was said."""
    candidate = spoken_then_ended([("heard in part", 18.0)])
    interview_id = await stored(bench.work.database, candidate)
    start, said = placed(candidate)
    lost = len(said) // 2
    after = lost + round(gap_s * RATE)
    recorded(folder, interview_id, [(start, said[:lost]), (start + after, said[after:])])
    return interview_id, start, said


def alike(one: Samples, other: Samples) -> float:
    x, y = one.astype(float), other.astype(float)
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


async def test_what_the_service_lost_is_written_out_from_the_browser_s_recording(
    database: Database, bench: Bench, tmp_path: Path
) -> None:
    interview_id, start, said = await spoken_with_a_gap(bench, tmp_path)
    await sent(bench, interview_id, webm(said), start + 4000)  # the page is wrong by a quarter of a second
    await finalise(bench.work, interview_id)

    (heard,) = bench.recogniser.heard
    margin = round(0.3 * RATE)
    lost = slice(len(said) // 2, len(said) // 2 + 5 * RATE)
    assert alike(heard[margin:][lost], said[lost]) > 0.9
    async with database.session() as session:
        rows = {r.side: r for r in await recordings_of(session, interview_id)}
        versions = await transcripts_of(session, interview_id)
    assert set(rows) == {"candidate", "melvin", "mix", "received"}
    assert rows["candidate"].sha256 != rows["received"].sha256
    assert rows["candidate"].made_from is not None
    assert [v.source for v in versions] == ["live", "record"]
    await finalise(bench.work, interview_id)
    assert len(bench.recogniser.heard) == 1


async def test_sound_that_came_late_is_not_written_twice_and_what_was_lost_after_it_is_found(
    database: Database, bench: Bench, tmp_path: Path
) -> None:
    """Packets were held up for 1.1 s and for 2.7 s, so all that came after lies later; then 4 s were lost."""
    candidate = spoken_then_ended([("heard late", 30.0)])
    interview_id = await stored(database, candidate)
    start, said = placed(candidate)
    said[22 * RATE :] = 0  # so that all of it has its place though it came late
    one, two, lost, back = (round(s * RATE) for s in (6.0, 12.0, 15.0, 19.0))
    first, second = round(1.1 * RATE), round(2.7 * RATE)
    recorded(tmp_path, interview_id, [
        (start, said[:one]),
        (start + one + first, said[one:two]),
        (start + two + first + second, said[two:lost]),
        (start + back + first + second, said[back : 25 * RATE]),
    ])  # fmt: skip
    await sent(bench, interview_id, webm(said), start)
    await finalise(bench.work, interview_id)

    (heard,) = bench.recogniser.heard
    heard = heard[round(0.3 * RATE) :]
    assert not np.any(heard[one + RATE // 4 : one + first - RATE // 4]), "nothing was said in that second"
    late = first + second
    assert alike(heard[lost + late : back + late], said[lost:back]) > 0.9


async def test_sound_that_came_late_once_moves_nothing_that_did_not(
    database: Database, bench: Bench, tmp_path: Path
) -> None:
    """Packets were held up for 2.7 s; much later two seconds of speech were lost, with silence around that says nothing
    of where."""
    candidate = spoken_then_ended([("heard late", 34.0)])
    interview_id = await stored(database, candidate)
    start, said = placed(candidate)
    said[14 * RATE :] = 0
    said[26 * RATE : 28 * RATE] = said[2 * RATE : 4 * RATE]
    late = round(2.7 * RATE)
    held_up, on_time = 6 * RATE, 17 * RATE
    recorded(tmp_path, interview_id, [
        (start, said[:held_up]),
        (start + held_up + late, said[held_up : on_time - late]),
        (start + on_time, said[on_time : 26 * RATE]),
        (start + 28 * RATE, said[28 * RATE : 33 * RATE]),
    ])  # fmt: skip
    await sent(bench, interview_id, webm(said), start)
    await finalise(bench.work, interview_id)

    async with database.session() as session:
        kept = {r.side: r for r in await recordings_of(session, interview_id)}["candidate"]
    whole, _ = await asyncio.to_thread(soundfile.read, tmp_path / "objects" / kept.object_key, dtype="int16")
    assert alike(whole[start + 26 * RATE : start + 28 * RATE], said[26 * RATE : 28 * RATE]) > 0.8


async def test_a_missing_manifest_is_waited_for_and_what_comes_later_makes_a_new_version(
    database: Database, bench: Bench, tmp_path: Path
) -> None:
    interview_id, start, said = await spoken_with_a_gap(bench, tmp_path)
    chunks = await sent(bench, interview_id, webm(said), start, but_last=4)
    await finalise(bench.work, interview_id)
    assert bench.recogniser.heard == []
    assert await waiting_jobs(database, interview_id) == 1
    async with database.session() as session:
        found = await find_interview(session, interview_id)
        assert found is not None
        assert found.progress == {"stage": "receiving", "done": 0, "total": 0}
        await update_interview(session, interview_id, ended_at=datetime.now(UTC) - timedelta(minutes=31))
    await finalise(bench.work, interview_id)
    async with database.session() as session:
        await set_status(session, interview_id, "submitted")
        before = await transcripts_of(session, interview_id)
    assert [v.source for v in before] == ["live", "record"]
    read = Transcript.from_dict(before[-1].body)
    mended = replace(read, turns=tuple(
        corrected(t, t.text.replace("word3", "flew")) if t.side is Side.CANDIDATE else t for t in read.turns
    ))  # fmt: skip
    async with database.session() as session:
        await add_transcript(session, interview_id, "candidate", mended.to_dict(), made_from=correction_of(2))
        first = (await answers_of(session, interview_id))[0]
        await session.execute(text("UPDATE answers SET status = 'no-answer' WHERE id = :id"), {"id": first.id})

    for number in range(len(chunks) - 4, len(chunks)):
        await put(bench, interview_id, number, chunks[number])
    await finalise(bench.work, interview_id)
    async with database.session() as session:
        after = await transcripts_of(session, interview_id)
        best = await best_transcript(session, interview_id)
        statuses = {a.id: a.status for a in await answers_of(session, interview_id)}
    assert [v.source for v in after] == ["live", "record", "candidate", "record", "candidate"]
    assert best is not None
    assert best.version == 5
    assert "flew" in str(best.body), "what the candidate mended stands in the newer words too"
    assert statuses[first.id] == "answered", "what came late is an answer, and is scored"
    assert len(bench.recogniser.heard) == 2
    assert np.count_nonzero(bench.recogniser.heard[1]) > np.count_nonzero(bench.recogniser.heard[0])


async def test_words_that_came_late_count_though_the_first_try_ended_after_their_transcript(
    database: Database, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interview_id, start, said = await spoken_with_a_gap(bench, tmp_path)
    await sent(bench, interview_id, webm(said), start)
    async with database.session() as session:
        await set_status(session, interview_id, "submitted")
        await session.execute(text("UPDATE answers SET status = 'no-answer'"))

    async def away(*_: object) -> None:
        raise GenericError("503")

    with monkeypatch.context() as store:
        store.setattr("interviewer.jobs.finalise.count_recovered", away)
        with pytest.raises(GenericError):
            await finalise(bench.work, interview_id)
    async with database.session() as session:
        assert [v.source for v in await transcripts_of(session, interview_id)] == ["live", "record"]
    assert await waiting_jobs(database, interview_id) == 0
    await finalise(bench.work, interview_id)
    async with database.session() as session:
        assert (await answers_of(session, interview_id))[0].status == "answered"
    assert await waiting_jobs(database, interview_id) == 1, "it is scored"


async def test_a_whole_recording_waits_for_no_browser(database: Database, bench: Bench, tmp_path: Path) -> None:
    candidate = spoken_then_ended([("heard", 18.0)])
    interview_id = await stored(database, candidate)
    start, said = placed(candidate)
    recorded(tmp_path, interview_id, [(start, said)])
    await sent(bench, interview_id, webm(said[: 8 * RATE]), start, manifest=False)
    await finalise(bench.work, interview_id)
    assert len(bench.recogniser.heard) == 1
    async with database.session() as session:
        rows = {r.side: r for r in await recordings_of(session, interview_id)}
    assert set(rows) == {"candidate", "melvin", "mix"}


async def test_a_damaged_chunk_ends_what_is_read_and_nothing_else(
    database: Database, bench: Bench, tmp_path: Path
) -> None:
    interview_id, start, said = await spoken_with_a_gap(bench, tmp_path)
    await sent(bench, interview_id, webm(said), start)
    await bench.work.objects.put_bytes(browser.chunk_key(interview_id, STRETCH, 4), b"damaged")
    await finalise(bench.work, interview_id)
    async with database.session() as session:
        assert [v.source for v in await transcripts_of(session, interview_id)] == ["live", "record"]
