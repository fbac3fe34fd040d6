"""Many answers: in order, as one by one, by threads and by processes, and never all of them in hand at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from scoring.batch import Item, score_apart, score_together
from scoring.embeddings import Embedder
from scoring.judges.base import CriterionJudgement, Judgement
from scoring.judges.choice import JudgeOptions
from scoring.judges.embedded import EmbeddedJudge
from scoring.rubric import Rubric
from scoring.score import score
from scoring.scorecard import Scorecard
from scoring.transcript import Answer

TEXTS = [
    "They flew to the moon in a big rocket. It took three days. Then two of them walked around in the dust.",
    "On the moon you are lighter, so you can jump really high. There is no air, so they wore suits.",
    "",
] * 30


class Waiting:
    """Judges only once all its threads are there."""

    name, version, model, calibration = "waiting", "1", "none", "uncalibrated"

    def __init__(self, threads: int) -> None:
        self.together = threading.Barrier(threads, timeout=20)

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        self.together.wait()
        found: Mapping[str, CriterionJudgement] = {c.id: CriterionJudgement(None, "") for c in rubric.criteria}
        return Judgement(found)


def levels(cards: Iterator[Scorecard]) -> list[list[tuple[str, float | None]]]:
    return [[(c.status.value, c.expected) for c in card.criteria] for card in cards]


@pytest.mark.slow
def test_processes_give_what_one_by_one_gives_and_in_order(moon: Rubric, embedder: Embedder) -> None:
    items = [Item(Answer("moon", text, "en"), moon, "Explain the moon landing.") for text in TEXTS]
    judge = EmbeddedJudge(embedder)
    now = datetime.now(UTC)
    alone = levels(score(i.answer, moon, judge, question_text=i.question_text, now=now) for i in items)
    assert levels(score_together(items, judge)) == alone
    assert levels(score_apart(items, JudgeOptions(), processes=2)) == alone


def test_threads_judge_at_the_same_time_and_keep_the_order(moon: Rubric) -> None:
    items = [Item(Answer(f"q{n}", f"Answer {n}.", "en"), moon, "?") for n in range(12)]
    cards = score_together(items, Waiting(4), threads=4)
    assert [card.question_id for card in cards] == [f"q{n}" for n in range(12)]


def test_answers_are_taken_as_they_are_needed(moon: Rubric) -> None:
    taken: list[int] = []

    def items() -> Iterator[Item]:
        for n in range(1000):
            taken.append(n)
            yield Item(Answer(f"q{n}", "", "en"), moon, "?")

    cards = score_together(items(), Waiting(2), threads=2)
    assert next(cards).question_id == "q0"
    assert len(taken) <= 4
    cards.close()  # type: ignore[attr-defined]
