"""Sound lies in the object store in parts: any worker puts the recording together, whichever disks are gone."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from interviewer.conversation.history import turns
from interviewer.conversation.script import RATE
from interviewer.jobs.assembly import recorded_sound
from interviewer.jobs.erase import erase_files
from interviewer.jobs.failures import PlainError
from interviewer.jobs.finalise import finalise
from interviewer.jobs.work import Work
from interviewer.live.sound_parts import KEPT_HERE, SoundParts
from interviewer.media.recording import CANDIDATE, length, read_span, received
from interviewer.records.database import Database
from interviewer.records.interviews import set_status
from interviewer.records.objects import ObjectStore
from interviewer.records.recording_parts import parts_of, put_part
from interviewer.records.recordings import recordings_of
from interviewer.records.transcripts import transcripts_of
from interviewer.speech.whisper import Recognition
from tests.jobs.interviews import Bench, ScriptedRecogniser, a_bench, recorded, script, spoken_then_ended, stored

Samples = npt.NDArray[np.int16]
NOISE = np.random.default_rng(5)


def noise(seconds: float) -> Samples:
    return NOISE.integers(-900, 900, round(seconds * RATE)).astype(np.int16)


@pytest.fixture
def elsewhere(database: Database, tmp_path: Path) -> Bench:
    """A worker on a machine that recorded nothing, with the same object store."""
    bench = a_bench(database, tmp_path / "elsewhere")
    bench.work.objects = ObjectStore(tmp_path / "objects")
    return bench


async def nobody_asks(interview_id: str) -> None:
    raise AssertionError(f"{interview_id} needs no other finalise")


async def kept(database: Database, folder: Path, interview_id: str, lease: int, objects: Path) -> SoundParts:
    parts = SoundParts(folder / "recordings", ObjectStore(objects), database, nobody_asks)
    await parts.keep(interview_id, lease)
    return parts


async def test_two_nodes_recorded_and_a_third_machine_has_it_whole(
    database: Database, elsewhere: Bench, tmp_path: Path
) -> None:
    interview_id = await stored(database, spoken_then_ended([("one", 3.0)]))
    first, second = noise(23), noise(12)
    recorded(tmp_path / "a", interview_id, [(0, first)])
    recorded(tmp_path / "b", interview_id, [(30 * RATE, second)])
    await kept(database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    await kept(database, tmp_path / "b", interview_id, 2, tmp_path / "objects")
    async with database.session() as session:
        parts = await parts_of(session, interview_id)
    assert max(p.end - p.start for p in parts) <= 10 * RATE
    async with recorded_sound(elsewhere.work, interview_id) as whole:
        assert received(whole.folder, CANDIDATE) == [(0, 23 * RATE), (30 * RATE, 42 * RATE)]
        assert np.array_equal(read_span(whole.folder, CANDIDATE, 0, 23 * RATE), first)
        assert np.array_equal(read_span(whole.folder, CANDIDATE, 30 * RATE, 42 * RATE), second)


async def test_a_machine_that_recorded_all_of_it_reads_its_own_files(database: Database, tmp_path: Path) -> None:
    bench = a_bench(database, tmp_path)
    interview_id = await stored(database, spoken_then_ended([("one", 3.0)]))
    recorded(tmp_path, interview_id, [(0, noise(5))])
    await kept(database, tmp_path, interview_id, 1, tmp_path / "objects")
    async with recorded_sound(bench.work, interview_id) as whole:
        assert whole.folder == tmp_path / "recordings" / interview_id


async def test_only_what_is_new_goes_to_the_store_and_what_a_crash_left_follows(
    database: Database, elsewhere: Bench, tmp_path: Path
) -> None:
    interview_id = await stored(database, spoken_then_ended([("one", 3.0)]))
    sound = noise(9)
    recorded(tmp_path / "a", interview_id, [(0, sound[: 4 * RATE])])
    parts = await kept(database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    recorded(tmp_path / "a", interview_id, [(4 * RATE, sound[4 * RATE :])])
    await parts.keep(interview_id, 1)
    recorded(tmp_path / "a", interview_id, [(9 * RATE, sound[:RATE])])
    again = SoundParts(tmp_path / "a" / "recordings", ObjectStore(tmp_path / "objects"), database, nobody_asks)
    await again.keep_leftovers({interview_id})
    async with database.session() as session:
        assert len(await parts_of(session, interview_id)) == 2, "who runs it brings it"
    await again.keep_leftovers(recent=True)  # as the next process of a killed one does
    async with database.session() as session:
        spans = [span for p in await parts_of(session, interview_id) for span in p.spans]
    assert sorted(map(tuple, spans)) == [(0, 4 * RATE), (4 * RATE, 9 * RATE), (9 * RATE, 10 * RATE)]
    async with recorded_sound(elsewhere.work, interview_id) as whole:
        assert length(whole.folder, CANDIDATE) == 10 * RATE


async def test_where_two_leases_overlap_the_later_holder_s_sound_counts(
    database: Database, elsewhere: Bench, tmp_path: Path
) -> None:
    interview_id = await stored(database, spoken_then_ended([("one", 3.0)]))
    late, present = noise(6), noise(6)
    recorded(tmp_path / "b", interview_id, [(4 * RATE, present)])
    await kept(database, tmp_path / "b", interview_id, 2, tmp_path / "objects")
    recorded(tmp_path / "a", interview_id, [(0, late)])
    await kept(database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    async with recorded_sound(elsewhere.work, interview_id) as whole:
        heard = read_span(whole.folder, CANDIDATE, 0, 10 * RATE)
    assert np.array_equal(heard, np.concatenate([late[: 4 * RATE], present]))


async def test_a_damaged_part_is_left_out_and_the_rest_is_whole(
    database: Database, elsewhere: Bench, tmp_path: Path
) -> None:
    interview_id = await stored(database, spoken_then_ended([("one", 3.0)]))
    recorded(tmp_path / "a", interview_id, [(0, noise(25))])
    await kept(database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    async with database.session() as session:
        broken = (await parts_of(session, interview_id))[1]
    (tmp_path / "objects" / str(broken.object_key)).write_bytes(b"x" * 320_000)
    async with recorded_sound(elsewhere.work, interview_id) as whole:
        assert received(whole.folder, CANDIDATE) == [(0, 10 * RATE), (20 * RATE, 25 * RATE)]


async def test_the_finished_recording_takes_the_parts_place_and_can_be_written_out_again(
    database: Database, elsewhere: Bench, tmp_path: Path
) -> None:
    candidate = spoken_then_ended([("one", 3.0), ("two", 4.0)])
    interview_id = await stored(database, candidate)
    sound = noise(candidate.seconds)
    recorded(tmp_path / "a", interview_id, [(0, sound)])
    await kept(database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    await finalise(elsewhere.work, interview_id)
    objects = ObjectStore(tmp_path / "objects")
    assert await objects.keys_under(f"recordings/{interview_id}/parts") == []
    heard = [h.copy() for h in elsewhere.recogniser.heard]
    assert len(heard) == 2
    elsewhere.recogniser.heard.clear()
    elsewhere.recogniser.model = "another"
    await finalise(elsewhere.work, interview_id)
    assert all(np.array_equal(a, b) for a, b in zip(elsewhere.recogniser.heard, heard, strict=True))
    async with database.session() as session:
        made = [t.made_from or "" for t in await transcripts_of(session, interview_id)]
    assert [m.split(" ")[:2] for m in made[1:]] == [["record", "scripted"], ["record", "another"]]


class Meanwhile(ScriptedRecogniser):
    """While the record transcript is made, something else happens."""

    def __init__(self, loop: asyncio.AbstractEventLoop, what: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._loop = loop
        self._what: Callable[[], Awaitable[object]] | None = what

    def recognise(self, pcm: Samples, *, language: str = "en", hotwords: Iterable[str] = ()) -> Recognition:
        if self._what is not None:
            asyncio.run_coroutine_threadsafe(_awaited(self._what()), self._loop).result(30)
            self._what = None
        return super().recognise(pcm, language=language, hotwords=hotwords)


async def _awaited(what: Awaitable[object]) -> None:
    await what


async def test_sound_that_comes_while_the_recording_is_finished_is_kept_and_belongs_to_it(
    database: Database, elsewhere: Bench, tmp_path: Path
) -> None:
    candidate = spoken_then_ended([("one", 3.0), ("two", 4.0)])
    interview_id = await stored(database, candidate)
    (one_start, one_end), (two_start, two_end) = [
        (t.start, t.end) for t in turns(script(), candidate.log) if t.side == "candidate" and t.mode == "spoken"
    ]
    one, two = noise((one_end - one_start) / RATE), noise((two_end - two_start) / RATE)
    recorded(tmp_path / "a", interview_id, [(one_start, one)])
    await kept(database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    recorded(tmp_path / "b", interview_id, [(two_start, two)])
    elsewhere.work.recogniser = Meanwhile(
        asyncio.get_running_loop(), lambda: kept(database, tmp_path / "b", interview_id, 2, tmp_path / "objects")
    )
    await finalise(elsewhere.work, interview_id)
    objects = ObjectStore(tmp_path / "objects")
    async with database.session() as session:
        left = {str(p.object_key) for p in await parts_of(session, interview_id) if p.object_key is not None}
    assert len(left) == 1
    assert set(await objects.keys_under(f"recordings/{interview_id}/parts")) == left, "what was not read stays"

    await finalise(elsewhere.work, interview_id)
    assert await objects.keys_under(f"recordings/{interview_id}/parts") == []
    async with database.session() as session:
        (side,) = [r for r in await recordings_of(session, interview_id) if r.side == "candidate"]
        versions = await transcripts_of(session, interview_id)
    with io.BytesIO(await objects.get(side.object_key)) as file:
        whole, _ = soundfile.read(file, dtype="int16")
    assert np.array_equal(whole[one_start:one_end], one)
    assert np.array_equal(whole[two_start:two_end], two)
    assert [v.source for v in versions] == ["live", "record", "record"]
    await finalise(elsewhere.work, interview_id)
    async with database.session() as session:
        assert len(await transcripts_of(session, interview_id)) == 3, "nothing new came, and nothing is made anew"


async def test_what_a_killed_process_did_not_bring_is_put_into_the_finished_recording(
    database: Database, elsewhere: Bench, tmp_path: Path
) -> None:
    interview_id = await stored(database, spoken_then_ended([("one", 3.0), ("two", 4.0)]))
    recorded(tmp_path / "a", interview_id, [(0, noise(5))])
    await kept(database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    await finalise(elsewhere.work, interview_id)
    late = noise(2)
    recorded(tmp_path / "a", interview_id, [(5 * RATE, late)])  # before the end, and it went down before it was brought
    asked: list[str] = []

    async def defer(interview: str) -> None:
        asked.append(interview)

    again = SoundParts(tmp_path / "a" / "recordings", ObjectStore(tmp_path / "objects"), database, defer)
    await again.keep_leftovers()
    await again.keep_leftovers()  # killed before the job was deferred, for all it knows
    assert asked == [interview_id, interview_id]
    await finalise(elsewhere.work, interview_id)
    await again.keep_leftovers()
    assert asked == [interview_id, interview_id], "all of it is in the recording"
    async with recorded_sound(elsewhere.work, interview_id) as whole:
        assert received(whole.folder, CANDIDATE) == [(0, 7 * RATE)]
        assert np.array_equal(read_span(whole.folder, CANDIDATE, 5 * RATE, 7 * RATE), late)


class Interrupted(ObjectStore):
    """Before the first recording is put there, something else happens."""

    def __init__(self, where: Path, what: Callable[[], Awaitable[object]]) -> None:
        super().__init__(where)
        self._what: Callable[[], Awaitable[object]] | None = what

    async def put_named(self, name: Callable[[str], str], path: Path) -> tuple[str, str]:
        what, self._what = self._what, None
        if what is not None:
            await what()
        return await super().put_named(name, path)


async def candidate_side(bench: Bench, interview_id: str) -> Samples:
    async with bench.work.database.session() as session:
        (side,) = [r for r in await recordings_of(session, interview_id) if r.side == "candidate"]
    with io.BytesIO(await bench.work.objects.get(side.object_key)) as file:
        return np.asarray(soundfile.read(file, dtype="int16")[0])


async def test_a_worker_that_was_slow_does_not_replace_what_another_made_of_more(
    database: Database, elsewhere: Bench, tmp_path: Path
) -> None:
    interview_id = await stored(database, spoken_then_ended([("one", 3.0), ("two", 4.0)]))
    sound = noise(9)
    recorded(tmp_path / "a", interview_id, [(0, sound[: 6 * RATE])])
    await kept(database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    slow = a_bench(database, tmp_path / "slow")

    async def meanwhile() -> None:
        recorded(tmp_path / "b", interview_id, [(6 * RATE, sound[6 * RATE :])])
        await kept(database, tmp_path / "b", interview_id, 2, tmp_path / "objects")
        await finalise(elsewhere.work, interview_id)

    slow.work.objects = Interrupted(tmp_path / "objects", meanwhile)
    with pytest.raises(PlainError, match="another worker"):
        await finalise(slow.work, interview_id)
    assert np.array_equal(await candidate_side(elsewhere, interview_id), sound)
    await finalise(slow.work, interview_id)
    assert np.array_equal(await candidate_side(elsewhere, interview_id), sound)


async def test_a_part_that_is_gone_is_taken_from_the_finished_recording(
    database: Database, elsewhere: Bench, tmp_path: Path
) -> None:
    interview_id = await stored(database, spoken_then_ended([("one", 3.0), ("two", 4.0)]))
    sound = noise(9)
    recorded(tmp_path / "a", interview_id, [(0, sound)])
    await kept(database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    await finalise(elsewhere.work, interview_id)
    async with database.session() as session:  # as a backup has it that was made between two steps of the job
        (part,) = await parts_of(session, interview_id)
        await put_part(
            session, interview_id=interview_id, side=part.side, spans=part.spans, lease=part.lease, sha256=part.sha256
        )
    await finalise(elsewhere.work, interview_id)
    assert np.array_equal(await candidate_side(elsewhere, interview_id), sound)


async def test_sound_that_is_stored_leaves_the_disk_some_days_after_the_interview(
    database: Database, elsewhere: Bench, tmp_path: Path
) -> None:
    interview_id = await stored(database, spoken_then_ended([("one", 3.0), ("two", 4.0)]))
    sound = noise(9)
    recorded(tmp_path / "a", interview_id, [(0, sound)])
    parts = await kept(database, tmp_path / "a", interview_id, 1, tmp_path / "objects")
    here = tmp_path / "a" / "recordings" / interview_id
    later = datetime.now(UTC) + KEPT_HERE + timedelta(hours=1)

    await parts.remove_stored(later)
    assert here.exists(), "it is not finished"
    await finalise(elsewhere.work, interview_id)
    await parts.remove_stored(later)
    assert here.exists(), "its candidate may still correct what was heard"
    async with database.session() as session:
        await set_status(session, interview_id, "submitted")
    await parts.remove_stored(datetime.now(UTC))
    assert here.exists(), "it was over just now"
    recorded(tmp_path / "a", interview_id, [(9 * RATE, sound[:RATE])])
    await parts.remove_stored(later)
    assert here.exists(), "not all of it was brought"
    await parts.keep(interview_id, 1)
    await finalise(elsewhere.work, interview_id)
    async with database.session() as session:
        finished = await recordings_of(session, interview_id)
    mix = next(r.object_key for r in finished if r.side == "mix")
    (tmp_path / "objects" / mix).rename(tmp_path / "away")
    await parts.remove_stored(later)
    assert here.exists(), "the store has not all of it"
    (tmp_path / "away").rename(tmp_path / "objects" / mix)
    await parts.remove_stored(later)
    assert not here.exists()
    elsewhere.recogniser.model = "another"
    await finalise(a_bench_of(elsewhere, tmp_path / "a"), interview_id)
    assert np.array_equal((await candidate_side(elsewhere, interview_id))[: 9 * RATE], sound)


def a_bench_of(bench: Bench, folder: Path) -> Work:
    """The same worker, on the machine that recorded."""
    return replace(bench.work, recordings=folder / "recordings")


async def test_deleting_removes_the_parts(database: Database, tmp_path: Path) -> None:
    interview_id = await stored(database, spoken_then_ended([("one", 3.0)]))
    recorded(tmp_path, interview_id, [(0, noise(5))])
    await kept(database, tmp_path, interview_id, 1, tmp_path / "objects")
    objects = ObjectStore(tmp_path / "objects")
    assert await objects.keys_under(f"recordings/{interview_id}") != []
    await erase_files(objects, tmp_path / "recordings", tmp_path / "journals", interview_id)
    assert await objects.keys_under(f"recordings/{interview_id}") == []
    assert not (tmp_path / "objects" / "recordings" / interview_id).exists()
