"""Scorecards: one for each answered question, from the best transcript, once, and never with a name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from interviewer.jobs.failures import JudgeAway
from interviewer.jobs.score import score
from interviewer.records.answers import answers_of
from interviewer.records.database import Database
from interviewer.records.interviews import interview as find_interview
from interviewer.records.interviews import set_status, update_interview
from interviewer.records.scorecards import all_scorecards_of, scorecards_of
from interviewer.records.transcripts import add_transcript, latest_transcript
from scoring.embeddings import Embedder
from scoring.judges.base import JudgeFailed, Judgement
from scoring.judges.embedded import EmbeddedJudge
from scoring.rubric import Rubric
from scoring.scorecard import Scorecard, ScoreStatus
from scoring.transcript import Answer
from tests.jobs.interviews import SAID, Bench, a_bench, bundle, spoken_then_ended, stored, typed_through


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return a_bench(database, tmp_path)


async def submit(database: Database, interview_id: str) -> None:
    async with database.session() as session:
        await set_status(session, interview_id, "submitted", submitted_at=datetime.now(UTC))


async def test_every_answered_question_gets_one_scorecard_however_often_it_runs(
    database: Database, bench: Bench
) -> None:
    interview_id = await stored(database, typed_through())
    await submit(database, interview_id)
    await score(bench.work, interview_id)
    await score(bench.work, interview_id)
    async with database.session() as session:
        cards = await all_scorecards_of(session, interview_id)
        found = await find_interview(session, interview_id)
    assert sorted(c.answer.question_id for c in cards) == sorted(q.id for q in bundle().plan.questions)
    assert found is not None
    assert found.status == "scored"
    assert found.scored_at is not None
    card = Scorecard.from_dict(cards[0].body)
    assert (card.provenance.judge, card.provenance.rubric_hash) == ("scripted", cards[0].rubric_hash)


async def test_questions_without_an_answer_get_none(database: Database, bench: Bench) -> None:
    interview_id = await stored(database, spoken_then_ended([("I checked facts for six years.", 3.0)]))
    await submit(database, interview_id)
    await score(bench.work, interview_id)
    async with database.session() as session:
        cards = await scorecards_of(session, interview_id)
        answered = [a.id for a in await answers_of(session, interview_id) if a.status == "answered"]
    assert [c.answer_id for c in cards] == answered
    assert len(answered) == 1


async def test_the_candidate_s_correction_is_what_is_judged(database: Database, bench: Bench) -> None:
    interview_id = await stored(database, typed_through())
    async with database.session() as session:
        row = await latest_transcript(session, interview_id)
        assert row is not None
        turns = [{**t, "text": t["text"].replace("fact checker", "proof reader")} for t in row.body["turns"]]
        version = await add_transcript(session, interview_id, "candidate", {**row.body, "turns": turns})
    await submit(database, interview_id)
    await score(bench.work, interview_id)
    assert all("proof reader" in answer.text for answer in bench.judge.read)
    async with database.session() as session:
        assert {c.transcript_version for c in await scorecards_of(session, interview_id)} == {version}


async def test_no_name_reaches_the_judge(database: Database, bench: Bench) -> None:
    interview_id = await stored(database, typed_through(), name="Zebulon Quartermaine")
    await submit(database, interview_id)
    await score(bench.work, interview_id)
    assert bench.judge.read
    assert all("Zebulon" not in repr(answer) for answer in bench.judge.read)


async def test_nothing_is_scored_before_the_candidate_has_checked(database: Database, bench: Bench) -> None:
    interview_id = await stored(database, typed_through())
    await score(bench.work, interview_id)
    async with database.session() as session:
        assert await scorecards_of(session, interview_id) == []


async def test_a_judge_that_is_away_leaves_a_scorecard_that_says_so_and_gives_way_to_the_next(
    database: Database, bench: Bench
) -> None:
    interview_id = await stored(database, typed_through())
    await submit(database, interview_id)
    bench.judge.failure = JudgeFailed("The endpoint cannot be reached.", passing=True)
    with pytest.raises(JudgeAway, match=r"have no scorecard yet\. The endpoint cannot be reached$"):
        await score(bench.work, interview_id)
    async with database.session() as session:
        failed = [Scorecard.from_dict(c.body) for c in await all_scorecards_of(session, interview_id)]
        found = await find_interview(session, interview_id)
    assert {c.status for card in failed for c in card.criteria} == {ScoreStatus.JUDGE_FAILED}
    assert found is not None
    assert found.status == "submitted"
    bench.judge.failure = None
    await score(bench.work, interview_id)
    async with database.session() as session:
        again = [Scorecard.from_dict(c.body) for c in await all_scorecards_of(session, interview_id)]
    assert len(again) == len(failed)
    assert {c.status for card in again for c in card.criteria} == {ScoreStatus.INSUFFICIENT_EVIDENCE}


async def test_what_the_judge_fails_at_among_others_is_tried_for_a_day(
    database: Database, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    interview_id = await stored(database, typed_through())
    await submit(database, interview_id)
    judged = bench.judge.judge
    failing: list[Answer] = []

    def mostly(answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        if not failing or answer == failing[0]:
            failing[:] = [answer]
            raise JudgeFailed("The endpoint failed (500).", passing=True)
        return judged(answer, rubric, question_text)

    monkeypatch.setattr(bench.judge, "judge", mostly)
    for _ in range(7):
        with pytest.raises(JudgeAway, match=r"^1 of "):
            await score(bench.work, interview_id)
    async with database.session() as session:
        past = datetime.now(UTC) - timedelta(hours=25)
        await session.execute(text("UPDATE transcripts SET created_at = :past"), {"past": past})
        await update_interview(session, interview_id, submitted_at=past)
    await score(bench.work, interview_id)
    async with database.session() as session:
        found = await find_interview(session, interview_id)
    assert found is not None
    assert found.status == "scored"
    assert "given up after a day" in (found.failure or "")


async def test_answers_that_have_a_scorecard_are_not_judged_again(database: Database, bench: Bench) -> None:
    interview_id = await stored(database, typed_through())
    await submit(database, interview_id)
    await score(bench.work, interview_id)
    read = len(bench.judge.read)
    await score(bench.work, interview_id)
    assert read == len(bench.judge.read) > 0


async def test_a_failure_that_will_not_pass_is_kept_and_the_interview_counts_as_scored(
    database: Database, bench: Bench
) -> None:
    interview_id = await stored(database, typed_through())
    await submit(database, interview_id)
    bench.judge.failure = JudgeFailed("This judge reads English only.")
    await score(bench.work, interview_id)
    async with database.session() as session:
        cards = [Scorecard.from_dict(c.body) for c in await scorecards_of(session, interview_id)]
        found = await find_interview(session, interview_id)
    assert {c.reason for card in cards for c in card.criteria} == {"This judge reads English only."}
    assert found is not None
    assert found.status == "scored"


@pytest.mark.slow
async def test_the_embedded_judge_s_quotes_are_in_the_answer(database: Database, bench: Bench) -> None:
    interview_id = await stored(database, typed_through())
    await submit(database, interview_id)
    bench.work.make_judge = lambda: EmbeddedJudge(Embedder())
    await score(bench.work, interview_id)
    async with database.session() as session:
        cards = [Scorecard.from_dict(c.body) for c in await scorecards_of(session, interview_id)]
    assert len(cards) == len(bundle().plan.questions)
    quotes = [e.quote for card in cards for criterion in card.criteria for e in criterion.evidence]
    assert quotes
    sentences = [*SAID.split(". "), "That was in year"]
    assert all(any(s.rstrip(".") in quote for s in sentences) for quote in quotes)
    assert {card.provenance.calibration for card in cards} == {"uncalibrated"}
