"""After an interview: FLAC in the object store, and a transcript of the recording with word times on its clock."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
import soundfile

from interviewer.conversation.history import turns
from interviewer.conversation.script import RATE
from interviewer.jobs import finalise as finalise_module
from interviewer.jobs.failures import PlainError
from interviewer.jobs.finalise import finalise
from interviewer.records.database import Database
from interviewer.records.events import append_events
from interviewer.records.interviews import interview as find_interview
from interviewer.records.interviews import set_status
from interviewer.records.recordings import recordings_of
from interviewer.records.tables import Interview, TranscriptRow
from interviewer.records.transcripts import transcripts_of
from interviewer.speech.recognition import RecognitionOptions, RecordRecogniser
from scoring.transcript import Mode, Side, Transcript, Turn
from tests.clips import clips, word_error_rate
from tests.conversation.scripted import Candidate
from tests.jobs.interviews import Bench, a_bench, recorded, script, spoken_then_ended, stored, typed_through

NOISE = np.random.default_rng(1)


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return a_bench(database, tmp_path)


def noise(seconds: float) -> np.ndarray:
    return NOISE.integers(-900, 900, round(seconds * RATE)).astype(np.int16)


def spoken_turns(candidate: Candidate) -> list[tuple[int, int]]:
    return [(t.start, t.end) for t in turns(script(), candidate.log) if t.side == "candidate" and t.mode == "spoken"]


async def versions(database: Database, interview_id: str) -> list[TranscriptRow]:
    async with database.session() as session:
        return await transcripts_of(session, interview_id)


async def now(database: Database, interview_id: str) -> Interview:
    async with database.session() as session:
        found = await find_interview(session, interview_id)
    assert found is not None
    return found


def candidate_turns(row: TranscriptRow) -> list[Turn]:
    return [t for t in Transcript.from_dict(row.body).turns if t.side is Side.CANDIDATE]


async def test_words_are_placed_on_the_interview_s_clock(database: Database, bench: Bench, tmp_path: Path) -> None:
    candidate = spoken_then_ended([("heard live one", 3.0), ("heard live two", 5.0)])
    interview_id = await stored(database, candidate)
    places = spoken_turns(candidate)
    recorded(tmp_path, interview_id, [(0, noise(candidate.seconds))])
    await finalise(bench.work, interview_id)

    live, record = await versions(database, interview_id)
    assert (live.source, record.source) == ("live", "record")
    spoken = candidate_turns(record)
    assert len(spoken) == 2
    for turn, (start, end) in zip(spoken, places, strict=True):
        assert turn.mode is Mode.SPOKEN
        assert turn.text == " ".join(w.text for w in turn.words)
        assert turn.words[0].start == pytest.approx(start / RATE - 0.3, abs=0.001)
        assert turn.words[0].confidence == 0.9
        assert turn.start <= turn.words[0].start
        assert turn.end >= end / RATE
    assert [t.text for t in Transcript.from_dict(record.body).turns if t.side is Side.MELVIN] == [
        t.text for t in Transcript.from_dict(live.body).turns if t.side is Side.MELVIN
    ]
    progress = (await now(database, interview_id)).progress
    assert progress == {"stage": "transcribed", "done": 2, "total": 2, "kept_live": 0}


async def test_what_was_not_recorded_keeps_the_words_heard_live(
    database: Database, bench: Bench, tmp_path: Path
) -> None:
    candidate = spoken_then_ended([("heard live one", 3.0), ("heard live two", 5.0)])
    interview_id = await stored(database, candidate)
    _, (start, end) = spoken_turns(candidate)
    recorded(tmp_path, interview_id, [(start - RATE, noise((end - start) / RATE + 2))])
    await finalise(bench.work, interview_id)
    _, record = await versions(database, interview_id)
    first, second = candidate_turns(record)
    assert (first.text, first.words) == ("heard live one", ())
    assert second.text.startswith("word0")
    assert len(bench.recogniser.heard) == 1
    progress = (await now(database, interview_id)).progress
    assert progress is not None
    assert progress["kept_live"] == 1


async def test_the_recording_is_stored_with_its_hash_and_all_sides_are_equally_long(
    database: Database, bench: Bench, tmp_path: Path
) -> None:
    candidate = spoken_then_ended([("one", 3.0)])
    interview_id = await stored(database, candidate)
    sound = noise(4)
    recorded(tmp_path, interview_id, [(RATE, sound)])
    await finalise(bench.work, interview_id)
    async with database.session() as session:
        rows = {r.side: r for r in await recordings_of(session, interview_id)}
    assert set(rows) == {"candidate", "melvin", "mix"}
    assert {r.samples for r in rows.values()} == {5 * RATE}
    read, rate = await asyncio.to_thread(
        soundfile.read, tmp_path / "objects" / rows["candidate"].object_key, dtype="int16"
    )
    assert rate == RATE
    assert np.array_equal(read, np.concatenate([np.zeros(RATE, np.int16), sound]))


async def test_running_twice_stores_everything_once(database: Database, bench: Bench, tmp_path: Path) -> None:
    candidate = spoken_then_ended([("one", 3.0)])
    interview_id = await stored(database, candidate)
    recorded(tmp_path, interview_id, [(0, noise(candidate.seconds))])
    await finalise(bench.work, interview_id)
    before = [(r.version, r.made_from) for r in await versions(database, interview_id)]
    await finalise(bench.work, interview_id)
    assert [(r.version, r.made_from) for r in await versions(database, interview_id)] == before
    assert len(bench.recogniser.heard) == 1


async def test_a_typed_interview_needs_no_recording_and_no_model(database: Database, bench: Bench) -> None:
    interview_id = await stored(database, typed_through())
    await finalise(bench.work, interview_id)
    (live,) = await versions(database, interview_id)
    assert {t.mode for t in candidate_turns(live)} == {Mode.TYPED}
    assert bench.recogniser.heard == []
    assert (await now(database, interview_id)).progress == {
        "stage": "transcribed", "done": 0, "total": 0, "kept_live": 0,
    }  # fmt: skip


async def test_an_interview_whose_last_events_are_under_way_is_waited_for(
    database: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = typed_through()
    last = candidate.log.pop()
    interview_id = await stored(database, candidate)
    with monkeypatch.context() as patch:
        patch.setattr(finalise_module, "_LOG_WAIT_S", 0.1)
        with pytest.raises(PlainError, match="event log"):
            await finalise(bench.work, interview_id)
    waiting = asyncio.create_task(finalise(bench.work, interview_id))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    candidate.log.append(last)
    async with database.session() as session:
        from interviewer.conversation.events import event_to_dict

        body = event_to_dict(last)
        await append_events(session, interview_id, [(len(candidate.log), body.pop("at"), body.pop("kind"), body)])
    await waiting


async def test_it_rests_while_somebody_else_is_interviewed_here(
    database: Database, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = spoken_then_ended([("one", 3.0)])
    interview_id, other = await stored(database, candidate), await stored(database, typed_through())
    recorded(tmp_path, interview_id, [(0, noise(candidate.seconds))])
    async with database.session() as session:
        await set_status(session, other, "live", node="local")
    from interviewer.jobs import transcribe

    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    monkeypatch.setattr(transcribe.asyncio, "sleep", rest)
    await finalise(bench.work, interview_id)
    assert len(rested) == 1


@pytest.mark.slow
async def test_real_speech_is_written_out_with_its_times(
    database: Database, bench: Bench, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, second = clips()["jfk"], clips()["librivox_0870"]
    pcm = [first.pcm, second.pcm]
    candidate = spoken_then_ended([("what", len(pcm[0]) / RATE), ("was", len(pcm[1]) / RATE)])
    interview_id = await stored(database, candidate)
    places = spoken_turns(candidate)
    recorded(tmp_path, interview_id, [(p[0], s) for p, s in zip(places, pcm, strict=True)])
    cache = tmp_path_factory.getbasetemp() / "models"
    bench.work.recogniser = RecordRecogniser(RecognitionOptions(cache=cache))
    await finalise(bench.work, interview_id)
    _, record = await versions(database, interview_id)
    for turn, clip, place in zip(candidate_turns(record), (first, second), places, strict=True):
        assert word_error_rate(clip.text, turn.text) < 0.15
        assert all(place[0] / RATE - 0.3 <= w.start < w.end <= place[1] / RATE + 0.3 for w in turn.words)
        assert all(w.confidence is not None and 0 < w.confidence <= 1 for w in turn.words)
