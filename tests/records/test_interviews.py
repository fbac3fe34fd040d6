"""Interviews and what they leave: events, answers, transcripts, scorecards, recordings."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from interviewer.records import answers, events, interviews, recordings, scorecards, transcripts
from interviewer.records.answers import NewAnswer
from interviewer.records.database import Database
from tests.records.rows import an_interview, an_invitation


@pytest.fixture
async def interview_id(database: Database) -> str:
    async with database.session() as session:
        return (await an_interview(session)).id


async def test_an_invitation_has_one_interview_with_its_first_script(database: Database) -> None:
    async with database.session() as session:
        invitation, _ = await an_invitation(session)

    async def create(script: dict[str, str]) -> str:
        async with database.session() as session:
            return (await interviews.create_interview(session, invitation.id, script)).id

    ids = await asyncio.gather(*(create({"n": str(n)}) for n in range(4)))
    assert len(set(ids)) == 1
    assert await create({"n": "late"}) == ids[0]
    async with database.session() as session:
        found = await interviews.interview_for_invitation(session, invitation.id)
    assert found is not None
    assert found.script["n"] in "0123"
    assert (found.status, found.invitation.candidate.name, found.invitation.plan.title) == ("created", "An Le", "Plan")


async def test_a_guarded_step_is_taken_once(database: Database, interview_id: str) -> None:
    now = datetime.now(UTC)
    async with database.session() as session:
        assert await interviews.set_status(session, interview_id, "live", only_from=("created",), started_at=now)
        assert not await interviews.set_status(session, interview_id, "paused", only_from=("created",))
        with pytest.raises(ValueError, match="it must be one of"):
            await interviews.set_status(session, interview_id, "done")
    async with database.session() as session:
        found = await interviews.interview(session, interview_id)
        assert found is not None
        assert (found.status, found.started_at) == ("live", now)
        assert await interviews.status_of(session, interview_id) == "live"


async def test_lists_are_filtered_by_status(database: Database, interview_id: str) -> None:
    async with database.session() as session:
        other = (await an_interview(session)).id
        await interviews.set_status(session, other, "scored")
    async with database.session() as session:
        scored, more = await interviews.list_interviews(session, status="scored")
        both, _ = await interviews.list_interviews(session)
    assert ([i.id for i in scored], more) == ([other], False)
    assert [i.id for i in both] == [other, interview_id]
    assert scored[0].invitation.candidate.name == "An Le"


async def test_who_is_being_interviewed_on_this_machine_is_known(database: Database, interview_id: str) -> None:
    async with database.session() as session:
        assert not await interviews.live_on(session, "local", but="")
        await interviews.set_status(session, interview_id, "live", node="local")
        assert await interviews.live_on(session, "local", but="")
        assert not await interviews.live_on(session, "local", but=interview_id)
        assert not await interviews.live_on(session, "other", but="")


async def test_interviews_left_unchecked_are_found_by_their_end(database: Database, interview_id: str) -> None:
    now = datetime.now(UTC)
    async with database.session() as session:
        await interviews.set_status(session, interview_id, "checking", ended_at=now - timedelta(hours=25))
        day = timedelta(hours=24)
        assert await interviews.ended_before(session, now - day, status="checking") == [interview_id]
        assert await interviews.ended_before(session, now - 2 * day, status="checking") == []


async def test_events_are_stored_once_and_read_in_order(database: Database, interview_id: str) -> None:
    async with database.session() as session:
        await events.append_events(session, interview_id, [(2, 20, "tick", {}), (1, 10, "tick", {"a": 1})])
        await events.append_events(session, interview_id, [(1, 99, "other", {}), (3, 30, "tick", {})])
        await events.append_events(session, interview_id, [])
        assert await events.last_seq(session, interview_id) == 3
        assert await events.last_seq(session, "int_none") == 0
    async with database.session() as session:
        rows = await events.read_events(session, interview_id)
    assert [(r.seq, r.at, r.body) for r in rows] == [(1, 10, {"a": 1}), (2, 20, {}), (3, 30, {})]


async def test_an_answer_keeps_its_id_when_it_is_put_again(database: Database, interview_id: str) -> None:
    async with database.session() as session:
        first = [NewAnswer("b", 1, "spoken", "skipped"), NewAnswer("a", 0, "written", "answered")]
        await answers.put_answers(session, interview_id, first)
        before = {a.question_id: a.id for a in await answers.answers_of(session, interview_id)}
        await answers.put_answers(session, interview_id, [NewAnswer("b", 1, "spoken", "answered")])
    async with database.session() as session:
        rows = await answers.answers_of(session, interview_id)
    assert [(a.question_id, a.status) for a in rows] == [("a", "answered"), ("b", "answered")]
    assert {a.question_id: a.id for a in rows} == before


async def test_versions_of_a_transcript_are_counted_whoever_writes_at_once(
    database: Database, interview_id: str
) -> None:
    async def add(text: str) -> int:
        async with database.session() as session:
            return await transcripts.add_transcript(session, interview_id, "candidate", {"text": text})

    assert sorted(await asyncio.gather(*(add(str(n)) for n in range(5)))) == [1, 2, 3, 4, 5]


async def test_the_same_transcript_made_twice_is_one_version(database: Database, interview_id: str) -> None:
    async def add() -> int:
        async with database.session() as session:
            return await transcripts.add_transcript(session, interview_id, "record", {"n": 1}, made_from="model sound")

    assert await asyncio.gather(add(), add()) == [1, 1]
    async with database.session() as session:
        assert len(await transcripts.transcripts_of(session, interview_id)) == 1
        assert await transcripts.made_from_known(session, interview_id, "model sound") == 1
        assert await transcripts.made_from_known(session, interview_id, "other") is None


async def test_a_correction_stands_over_a_later_record_transcript(database: Database, interview_id: str) -> None:
    async with database.session() as session:
        assert await transcripts.best_transcript(session, interview_id) is None
        for source, best in (("live", "live"), ("record", "record"), ("live", "record"), ("candidate", "candidate"),
                             ("record", "candidate")):  # fmt: skip
            await transcripts.add_transcript(session, interview_id, source, {})  # type: ignore[arg-type]
            found = await transcripts.best_transcript(session, interview_id)
            assert found is not None
            assert found.source == best
        latest = await transcripts.latest_transcript(session, interview_id)
        assert latest is not None
        assert (latest.source, latest.version) == ("record", 5)


async def test_a_scorecard_is_stored_once_and_never_changed(database: Database, interview_id: str) -> None:
    async with database.session() as session:
        new = [NewAnswer("b", 1, "spoken", "answered"), NewAnswer("a", 0, "spoken", "answered")]
        await answers.put_answers(session, interview_id, new)
        first, second = await answers.answers_of(session, interview_id)

    async def put(answer_id: str, version: int, n: int) -> bool:
        async with database.session() as session:
            return await scorecards.put_scorecard(
                session, answer_id=answer_id, transcript_version=version, rubric_hash="r", judge="j",
                judge_version="1", body={"n": n},
            )  # fmt: skip

    assert await put(second.id, 1, 1)
    assert not await put(second.id, 1, 2)
    assert await put(second.id, 2, 3)
    assert await put(first.id, 1, 4)
    async with database.session() as session:
        latest = await scorecards.scorecards_of(session, interview_id)
        every = await scorecards.all_scorecards_of(session, interview_id)
    assert [(s.answer.question_id, s.body["n"]) for s in latest] == [("a", 4), ("b", 3)]
    assert [s.body["n"] for s in every] == [1, 3, 4]


async def test_a_list_is_told_the_latest_levels_and_the_questions_titles(database: Database, interview_id: str) -> None:
    async with database.session() as session:
        await interviews.update_interview(session, interview_id, script={"questions": [{"id": "a", "title": "Ana's"}]})
        new = [NewAnswer("b", 1, "spoken", "answered"), NewAnswer("a", 0, "spoken", "answered")]
        await answers.put_answers(session, interview_id, new)
        for answer in await answers.answers_of(session, interview_id):
            for version, levels in ((1, [1, 1]), (2, [4, None])):
                body = {"criteria": [{"level": n} for n in levels], "provenance": {"calibration": "uncalibrated"}}
                await scorecards.put_scorecard(
                    session, answer_id=answer.id, transcript_version=version, rubric_hash="r", judge="j",
                    judge_version="1", body=body,
                )  # fmt: skip
        found = await scorecards.latest_levels(session, [interview_id, "int_unknown"])
        assert await scorecards.latest_levels(session, []) == []
    assert found == [
        scorecards.LatestLevels(interview_id, 0, "a", "Ana's", (4, None), "uncalibrated"),
        scorecards.LatestLevels(interview_id, 1, "b", None, (4, None), "uncalibrated"),
    ]


async def test_a_side_has_one_recording(database: Database, interview_id: str) -> None:
    async with database.session() as session:
        for sha in ("one", "two"):
            await recordings.put_recording(
                session, interview_id=interview_id, side="mix", object_key="k", sha256=sha, rate=16_000, samples=1,
                media_type="audio/flac",
            )  # fmt: skip
    async with database.session() as session:
        (row,) = await recordings.recordings_of(session, interview_id)
    assert row.sha256 == "two"
