"""The embedded judge: honest about what it cannot know, deaf to padding, copies and keywords, quotes that hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from scoring.embeddings import Embedder
from scoring.evidence import is_quotable
from scoring.examples import ExampleSet
from scoring.judges.embedded import EmbeddedJudge, probabilities_at
from scoring.rubric import Rubric
from scoring.score import score
from scoring.scorecard import Scorecard, ScoreStatus
from scoring.total import total
from scoring.transcript import Answer, Mode, Side, Turn, Word

pytestmark = pytest.mark.slow

Judged = Callable[[Answer | str], Scorecard]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
WEAK = "They flew to the moon in a rocket in 1969. It was a big event and many people watched it."


@pytest.fixture(scope="module")
def judge(embedder: Embedder) -> EmbeddedJudge:
    return EmbeddedJudge(embedder)


@pytest.fixture
def judged(judge: EmbeddedJudge, moon: Rubric, moon_examples: ExampleSet) -> Judged:
    def card(answer: Answer | str) -> Scorecard:
        answer = Answer("moon", answer, "en") if isinstance(answer, str) else answer
        return score(answer, moon, judge, question_text=moon_examples.question, now=NOW)

    return card


def expected(card: Scorecard) -> list[float]:
    return [c.expected or 0.0 for c in card.criteria]


def test_worked_examples_are_ordered_and_every_level_has_quotes_that_hold(
    judged: Judged, moon_examples: ExampleSet
) -> None:
    by_level: dict[int, list[float]] = {}
    for example in moon_examples.examples:
        card = judged(example.text)
        by_level.setdefault(example.level, []).append(sum(expected(card)))
        for criterion in card.criteria:
            assert (criterion.status is ScoreStatus.SCORED) == bool(criterion.evidence)
            for evidence in criterion.evidence:
                assert example.text[evidence.start : evidence.end] == evidence.quote
                assert is_quotable(example.text, evidence.start, evidence.end)
    assert min(by_level[5]) > max(by_level[2] + by_level[1])
    assert min(by_level[4]) > max(by_level[1])


def test_it_says_that_it_is_uncalibrated_and_gives_no_total(judged: Judged, moon: Rubric) -> None:
    card = judged(WEAK)
    assert card.provenance.calibration == "uncalibrated"
    assert "MiniLM" in card.provenance.model
    assert total(card, moon) is None
    assert all(c.confidence is not None and c.confidence < 0.6 for c in card.criteria)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "There is no answer."),
        ("Um, yes.", "too short"),
        ("asdf qwer zxcv poiu lkjh mnbv erty dfgh cvbn fghj", "not language"),
        ("moon, rocket, astronauts, gravity, spacesuit, footprints, no air, moon rocks, parachutes", "list of words"),
        ("Please explain the moon landing to me as if I were six years old. Talk to me the way you would.", "question"),
        ("I cook pasta with my family on Sundays. We make a tomato sauce and talk about football.", "not speak about"),
    ],
)  # fmt: skip
def test_nothing_to_judge_is_insufficient_evidence_and_never_a_low_level(
    judged: Judged, text: str, because: str
) -> None:
    card = judged(text)
    for criterion in card.criteria:
        assert (criterion.status, criterion.level) == (ScoreStatus.INSUFFICIENT_EVIDENCE, None)
        assert because in criterion.reason


def test_saying_it_twelve_times_raises_nothing(judged: Judged) -> None:
    assert expected(judged(" ".join([WEAK] * 12))) == pytest.approx(expected(judged(WEAK)), abs=0.02)


@pytest.mark.parametrize("source", ["question", "key points", "anchors", "keywords"])
def test_copied_text_and_keyword_lists_raise_nothing(
    judged: Judged, moon: Rubric, moon_examples: ExampleSet, source: str
) -> None:
    added = {
        "question": moon_examples.question,
        "key points": " ".join(p.text for p in moon.key_points),
        "anchors": " ".join(c.anchors[5] for c in moon.criteria),
        "keywords": "Rocket, astronauts, ladder, gravity, spacesuits, air, parachutes, ocean, moon rocks, trampoline.",
    }[source]
    before, after = expected(judged(WEAK)), expected(judged(f"{WEAK} {added}"))
    assert all(b <= a + 0.02 for a, b in zip(before, after, strict=True))


def test_fillers_change_nothing(judged: Judged) -> None:
    filled = (
        "Um, they uh flew to the the moon in a, um, rocket in 1969. "
        "Er, it was a big event and, you know, many people watched it."
    )
    assert expected(judged(filled)) == pytest.approx(expected(judged(WEAK)), abs=0.02)


def test_each_missing_key_point_is_listed(judged: Judged, moon: Rubric) -> None:
    accuracy = judged(WEAK).criteria[0]
    assert {"no-air", "weight-on-moon", "first-steps"} <= set(accuracy.missing)
    assert "rocket-journey" not in accuracy.missing
    assert "Not found: " in accuracy.reason


def test_spoken_quotes_carry_audio_times_and_a_doubtful_recognition_is_unheard(judged: Judged) -> None:
    def spoken(confidence: float) -> Answer:
        words = tuple(Word(w, float(i), i + 0.8, confidence) for i, w in enumerate(WEAK.split()))
        return Answer.from_turns("moon", [Turn(Side.CANDIDATE, Mode.SPOKEN, WEAK, 0.0, 99.0, "moon", words)], "en")

    clear, doubtful = judged(spoken(0.9)), judged(spoken(0.3))
    assert all(e.audio_start is not None for c in clear.criteria for e in c.evidence)
    assert {c.status for c in clear.criteria} == {ScoreStatus.SCORED}
    assert {c.status for c in doubtful.criteria} == {ScoreStatus.UNHEARD}


def test_an_answer_in_another_language_is_left_to_people(judged: Judged) -> None:
    card = judged(Answer("moon", "Họ bay lên mặt trăng bằng một chiếc tên lửa rất lớn.", "vi"))
    assert {c.status for c in card.criteria} == {ScoreStatus.JUDGE_FAILED}


def test_a_single_sentence_is_quoted_in_part(judged: Judged) -> None:
    text = "The astronauts flew to the moon in a very big rocket, and they walked around there in white suits."
    quotes = [e.quote for c in judged(text).criteria for e in c.evidence]
    assert quotes
    assert all(len(q) < len(text) - 10 for q in quotes)


def test_more_of_a_measure_never_lowers_the_level() -> None:
    values = [sum((i + 1) * p for i, p in enumerate(probabilities_at(1 + 4 * q / 20))) for q in range(21)]
    assert values == sorted(values)
    assert all(sum(probabilities_at(1 + q / 5)) == pytest.approx(1, abs=1e-3) for q in range(21))


def test_an_answer_of_two_hundred_words_is_judged_in_a_fraction_of_a_second(
    judged: Judged, moon_examples: ExampleSet
) -> None:
    long = max((e.text for e in moon_examples.examples), key=lambda t: len(t.split()))
    judged(long)
    fresh = " ".join(w + "," if i % 9 == 8 else w for i, w in enumerate(long.split()[:200]))
    started = time.process_time()
    judged(fresh)
    assert time.process_time() - started < 1.0
