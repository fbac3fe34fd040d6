"""Levels from probabilities by code, no level without a quote that holds, no low level for a failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from scoring.judges.base import Citation, CriterionJudgement, JudgeFailed, Judgement
from scoring.masking import MASKING, reading
from scoring.rubric import Rubric
from scoring.score import level_of, score
from scoring.scorecard import CriterionScore, Scorecard, ScoreStatus
from scoring.transcript import Answer, Mode, Side, Turn, Word

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TEXT = "They flew up. They landed there. They walked around."
SURE = (0.0, 0.1, 0.2, 0.4, 0.3)
QUOTE = Citation(0, 13, TEXT[:13])


class Scripted:
    """A judge that says what the test wants to see handled."""

    name, version, model, calibration = "scripted", "1", "none", "uncalibrated"

    def __init__(self, judgement: Mapping[str, CriterionJudgement] | JudgeFailed) -> None:
        self.judgement = judgement

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        if isinstance(self.judgement, JudgeFailed):
            raise self.judgement
        return Judgement(self.judgement)


def judged(moon: Rubric, judgement: CriterionJudgement, confidence: float | None = 0.9) -> CriterionScore:
    words = tuple(Word(w, float(i), i + 0.8, confidence) for i, w in enumerate(TEXT.split()))
    answer = Answer.from_turns("moon", [Turn(Side.CANDIDATE, Mode.SPOKEN, TEXT, 0.0, 9.0, "moon", words)], "en")
    return score(answer, moon, Scripted({"accuracy": judgement}), question_text="?", now=NOW).criteria[0]


def test_level_expected_and_confidence_come_from_the_probabilities() -> None:
    assert level_of(SURE) == (4, 3.9, 0.4)
    assert level_of((0.4, 0.4, 0.2, 0.0, 0.0))[0] == 1


def test_a_scored_criterion(moon: Rubric) -> None:
    result = judged(moon, CriterionJudgement(SURE, "Good.", (QUOTE,), ("no-air", "not-in-the-rubric")))
    assert (result.status, result.level, result.expected, result.confidence) == (ScoreStatus.SCORED, 4, 3.9, 0.4)
    assert [e.quote for e in result.evidence] == ["They flew up."]
    assert result.missing == ("no-air",)


def test_what_was_not_heard_is_not_held_against_anybody(moon: Rubric) -> None:
    """The quote is clear, but most of the answer was not made out: what is missing may have been said there."""
    said = f"{TEXT} So a would in then have of it lemon and for them with was the barn to so on there at."
    clear = len(TEXT.split())
    words = tuple(Word(w, float(i), i + 0.8, 0.95 if i < clear else 0.12) for i, w in enumerate(said.split()))
    answer = Answer.from_turns("moon", [Turn(Side.CANDIDATE, Mode.SPOKEN, said, 0.0, 30.0, "moon", words)], "en")
    low = {"accuracy": CriterionJudgement((0.6, 0.3, 0.1, 0.0, 0.0), "It covers 1 of 4 points.", (QUOTE,))}
    result = score(answer, moon, Scripted(low), question_text="?", now=NOW).criteria[0]
    assert (result.status, result.level) == (ScoreStatus.UNHEARD, None)
    assert [e.quote for e in result.evidence] == ["They flew up."]


def test_another_masking_is_another_judgement() -> None:
    """So a scoring run after the masking was mended judges again, and does not find what was judged before it."""
    assert MASKING in reading("6")
    assert reading("6") not in {"6", reading("7")}


def test_a_level_without_a_quote_that_holds_is_insufficient_evidence(moon: Rubric) -> None:
    result = judged(moon, CriterionJudgement(SURE, "Good.", (Citation(0, 13, "They flew to"),)))
    assert (result.status, result.level, result.evidence) == (ScoreStatus.INSUFFICIENT_EVIDENCE, None, ())


def test_a_doubtful_quote_is_unheard_not_weak(moon: Rubric) -> None:
    result = judged(moon, CriterionJudgement((0.9, 0.1, 0.0, 0.0, 0.0), "Weak.", (QUOTE,)), confidence=0.3)
    assert (result.status, result.level) == (ScoreStatus.UNHEARD, None)
    assert [e.quote for e in result.evidence] == ["They flew up."]


def test_nothing_found_in_a_doubtful_answer_is_unheard_too(moon: Rubric) -> None:
    nothing = CriterionJudgement(None, "Nothing.")
    assert judged(moon, nothing, confidence=0.3).status is ScoreStatus.UNHEARD
    assert judged(moon, nothing).status is ScoreStatus.INSUFFICIENT_EVIDENCE


@pytest.mark.parametrize(
    "probabilities",
    [(0.5, 0.5, 0.5, 0.0, 0.0), (-0.1, 0.3, 0.3, 0.3, 0.2), (float("nan"), 0.0, 0.0, 0.0, 1.0), (0.5, 0.5)],
)
def test_a_judge_that_lies_has_failed(moon: Rubric, probabilities: tuple[float, ...]) -> None:
    broken = CriterionJudgement(probabilities, "", (QUOTE,))  # type: ignore[arg-type]  # a judge may break its type
    assert judged(moon, broken).status is ScoreStatus.JUDGE_FAILED


def test_a_judge_that_is_away_or_leaves_a_criterion_out_gives_no_level(moon: Rubric) -> None:
    away = score(
        Answer("moon", TEXT, "en"), moon, Scripted(JudgeFailed("The judge is away.")), question_text="?", now=NOW
    )
    assert {(c.status, c.reason, c.level) for c in away.criteria} == {
        (ScoreStatus.JUDGE_FAILED, "The judge is away.", None)
    }
    silent = score(Answer("moon", TEXT, "en"), moon, Scripted({}), question_text="?", now=NOW)
    assert {c.status for c in silent.criteria} == {ScoreStatus.JUDGE_FAILED}


def test_provenance_says_what_was_scored_with_what_and_survives_json(moon: Rubric) -> None:
    answer = Answer("moon", TEXT, "en")
    card = score(answer, moon, Scripted({}), question_text="?", now=NOW)
    made = card.provenance
    assert (made.rubric_hash, made.answer_hash, made.judge) == (moon.hash, answer.hash, "scripted")
    assert (made.calibration, made.created_at) == ("uncalibrated", "2026-11-22T12:00:00+00:00")
    assert Scorecard.from_dict(card.to_dict()) == card
    assert card.provenance.to_dict() == asdict(card.provenance)


def test_the_judge_reads_no_name_and_the_scorecard_quotes_what_was_said(moon: Rubric) -> None:
    said = "I am Ana Pop from Cluj. She said Ngozi flew up. They walked around there."

    class Reader(Scripted):
        def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
            self.read = answer.text
            quote = "They said [name] flew up."
            at = answer.text.index(quote)
            cited = (Citation(at, at + len(quote), quote), Citation(0, 15, "I am Ana Pop fro"))
            return Judgement({"accuracy": CriterionJudgement(SURE, "Good.", cited)})

    judge = Reader({})
    card = score(Answer("moon", said, "en"), moon, judge, question_text="?", now=NOW, names=("Ngozi Okafor",))
    assert judge.read == "I am [name] from Cluj. They said [name] flew up. They walked around there."
    assert [(e.quote, said[e.start : e.end]) for e in card.criteria[0].evidence] == [("She said Ngozi flew up.",) * 2]
    assert card.provenance.answer_hash == Answer("moon", said, "en").hash
    assert card.provenance.masking == MASKING


def test_a_scorecard_from_before_masking_is_still_read(moon: Rubric) -> None:
    old = score(Answer("moon", TEXT, "en"), moon, Scripted({}), question_text="?", now=NOW).to_dict()
    del old["provenance"]["masking"]
    assert Scorecard.from_dict(old).provenance.masking == ""
