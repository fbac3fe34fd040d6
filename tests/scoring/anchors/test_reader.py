"""The anchors measure on texts of our own, for a trade that the model was not fitted on: bakers and bus drivers."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pytest

from scoring.anchors.manner import COUNTS, LEVEL_RATES, counts, rates
from scoring.anchors.stretches import LONGEST, stretches
from scoring.content import content
from scoring.embeddings import Embedder
from scoring.judges.embedded import EmbeddedJudge
from scoring.rubric import Rubric
from scoring.score import score
from scoring.scorecard import CriterionScore, ScoreStatus
from scoring.transcript import Answer, Mode, Side, Turn

pytestmark = pytest.mark.slow

BAKERY = {
    "dough-control": (
        "Mixes and proofs dough by feel, without weighing, thermometers or notes. Batches differ, nobody can say why.",
        "Weighs ingredients, checks dough temperature and keeps to usual proofing times. Changes of flour or weather "
        "are handled case by case, and notes are partial.",
        "Controls dough with defined targets for temperature, hydration and proofing, measures each batch against "
        "them, and documents corrections. Adjusts the schedule when flour or weather change, and verifies the result.",
    ),
    "oven-safety": (
        "Works at the oven without a fixed routine for guards, cleaning or burns. Problems are dealt with when "
        "somebody is hurt.",
        "Follows the usual safety rules at the oven and cleans it when needed. Checks are not written down.",
        "Runs documented safety checks of ovens before every shift, defines who stops the line and when, and reviews "
        "each incident for its cause.",
    ),
    "customer-service": (
        "Serves whoever comes without listening to complaints. Regular customers are not known.",
        "Is friendly to customers and passes complaints on. What was learnt from them is not kept.",
        "Listens to each complaint, records it with its cause, and agrees with the customer on a remedy that is "
        "followed up on.",
    ),
}  # fmt: skip
LOW = (
    "I usually just throw the flour and water together until the dough feels okay. I don't really weigh much, and if "
    "it looks a bit off I just let it sit a bit longer or whatever, and mostly it turns out fine."
)
HIGH = (
    "I set a target of 24 degrees for the dough and 68 percent hydration, measure every batch against both, and "
    "document each correction. When the flour changes, I run a test batch first, compare its proofing curve with the "
    "baseline and only then adjust the schedule."
)
NOTHING = "At the weekend I went to the lake with my sister and her kids, and we watched the boats for hours."


@cache
def bakery() -> Rubric:
    return Rubric.model_validate(
        {
            "rubric": "bakery",
            "version": 1,
            "title": "Bakery",
            "job_analysis": "A rubric of ours for a trade that nothing was fitted on.",
            "criteria": [
                {
                    "id": name,
                    "title": name.replace("-", " "),
                    "description": name.replace("-", " "),
                    "measures": ["anchors"],
                    "anchors": {
                        "1": low,
                        "2": "Between level 1 and level 3.",
                        "3": medium,
                        "4": "Between level 3 and level 5.",
                        "5": high,
                    },
                    "key_points": [{"id": f"{name}-done", "text": high}],
                }
                for name, (low, medium, high) in BAKERY.items()
            ],
        }
    )


@pytest.fixture(scope="module")
def judge(embedder: Embedder) -> EmbeddedJudge:
    return EmbeddedJudge(embedder)


def judged(judge: EmbeddedJudge, *turns: str) -> dict[str, CriterionScore]:
    spoken = [Turn(Side.CANDIDATE, Mode.TYPED, text, float(i), float(i), "q") for i, text in enumerate(turns)]
    card = score(
        Answer.from_turns("q", spoken, "en"),
        bakery(),
        judge,
        question_text="How do you work with dough?",
        now=datetime(2026, 11, 22, tzinfo=UTC),
    )
    return {c.criterion_id: c for c in card.criteria}


def expected(judge: EmbeddedJudge, *turns: str) -> float:
    return judged(judge, *turns)["dough-control"].expected or 3.0


def test_vague_and_exact_accounts_of_a_trade_never_seen_are_told_apart(judge: EmbeddedJudge) -> None:
    assert expected(judge, LOW) < 2.5 < 3.5 < expected(judge, HIGH)


def test_every_level_has_quotes_that_hold(judge: EmbeddedJudge) -> None:
    found = judged(judge, HIGH)["dough-control"]
    assert found.status is ScoreStatus.SCORED
    assert found.evidence
    assert all(HIGH[e.start : e.end] == e.quote for e in found.evidence)


def test_where_nothing_was_said_there_is_no_level(judge: EmbeddedJudge) -> None:
    found = judged(judge, NOTHING)
    assert {c.status for c in found.values()} == {ScoreStatus.INSUFFICIENT_EVIDENCE}


@pytest.mark.parametrize(
    "added",
    [NOTHING, HIGH, "What a wonderful question, I am so happy to be here and I really am the very best for this job."],
    ids=["irrelevance", "repetition", "praise"],
)
def test_what_adds_nothing_moves_nothing(judge: EmbeddedJudge, added: str) -> None:
    before, after = judged(judge, HIGH), judged(judge, HIGH, added)
    for name in before:
        assert (after[name].expected or 3.0) == pytest.approx(before[name].expected or 3.0, abs=0.4)


def test_taking_it_back_lowers_the_level(judge: EmbeddedJudge) -> None:
    after = expected(
        judge,
        HIGH,
        "Honestly, that was only once, when the manager wrote it down for us. Most of the time we didn't really "
        "measure the dough, it was more of a rough idea.",
    )
    assert after < expected(judge, HIGH) - 0.4


def test_a_long_turn_is_cut_into_even_stretches_and_a_short_one_is_not(embedder: Embedder) -> None:
    text = " ".join(
        f"On day {i} we weighed the flour of mill number {i} and wrote it into our book." for i in range(14)
    )
    varied = content(text + "\n\n" + LOW)
    rows = embedder.encode([s.text for s in varied.sentences])
    found = stretches(varied.sentences, rows, (0, len(text) + 2))
    assert [s.turn for s in found if s.turn == 1] == [1]
    assert all(s.words <= LONGEST + 20 for s in found)
    assert sum(len(s.sentences) for s in found) == len(varied.sentences)


def test_rates_do_not_grow_with_length_and_short_words_of_a_plain_speaker_are_counted() -> None:
    vague = LEVEL_RATES.index("vague")
    once, twice = counts(LOW), counts(LOW) + counts(LOW)
    assert rates(once, LEVEL_RATES) == pytest.approx(rates(twice, LEVEL_RATES))
    assert rates(once, LEVEL_RATES)[vague] > rates(counts(HIGH), LEVEL_RATES)[vague]
    assert counts("")[COUNTS.index("words")] == 0
