"""A panel: the median of its members with how far they agree; who failed is left out and named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.calls import CallRecord
from scoring.judges.base import Citation, CriterionJudgement, JudgeFailed, Judgement, Probabilities
from scoring.judges.panel import Panel, agreement, combined
from scoring.rubric import Rubric
from scoring.score import score
from scoring.scorecard import Scorecard, ScoreStatus
from scoring.transcript import Answer
from tests.scoring.judges.conftest import QUESTION, TEXT

QUOTE = Citation(0, 34, TEXT[:34], "yeast")


class Member:
    """Gives the same judgement for every criterion, or fails. Its name, version and model are its number's."""

    def __init__(self, number: int, given: Probabilities | str | None, calibration: str = "uncalibrated") -> None:
        self.given, self.calibration = given, calibration
        self.name, self.version, self.model = "member", str(number), f"m{number}"
        self.call = CallRecord(f"m{number}", "0" * 64, number, 1, 1, 0.1, "{}")

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        if isinstance(self.given, str):
            raise JudgeFailed(self.given, (self.call,), passing="away" in self.given.lower())
        quotes = (QUOTE,) if self.given else ()
        own = CriterionJudgement(self.given, f"Says {self.model}.", quotes, ("yeast",) if self.given is None else ())
        return Judgement({c.id: own for c in rubric.criteria}, (self.call,))


def at(level: int) -> Probabilities:
    a, b, c, d, e = (1.0 if n == level else 0.0 for n in range(1, 6))
    return a, b, c, d, e


def judged(bread: Rubric, *given: Probabilities | str | None, least: int | None = None) -> Scorecard:
    panel = Panel([Member(n, g) for n, g in enumerate(given, start=1)], least)
    answer = Answer("bread", TEXT, "en")
    return score(answer, bread, panel, question_text=QUESTION, now=datetime(2026, 11, 22, tzinfo=UTC))


def test_the_median_counts_with_interval_and_agreement(bread: Rubric) -> None:
    made = judged(bread, at(2), at(3), at(5)).criteria[0]
    assert (made.status, made.expected) == (ScoreStatus.SCORED, pytest.approx(3, abs=0.01))
    assert made.interval == (2, 5)
    assert made.agreement == pytest.approx(1 - (1 + 3 + 2) / 3 / 4, abs=1e-3)
    assert made.reason == "Says m2."


def test_members_that_failed_are_left_out_and_named(bread: Rubric) -> None:
    made = judged(bread, at(4), "It is away.", at(4))
    assert made.criteria[0].level == 4
    assert made.criteria[0].agreement == 1
    assert "Left out: member 2: It is away." in made.criteria[0].reason
    assert [c.model for c in made.calls] == ["m1", "m2", "m3"]


def test_without_a_majority_the_panel_has_failed(bread: Rubric) -> None:
    made = judged(bread, at(4), "It is away.", "It is slow.", at(4))
    assert {c.status for c in made.criteria} == {ScoreStatus.JUDGE_FAILED}
    assert "2 of 4 members" in made.criteria[0].reason
    assert "It is away." in made.criteria[0].reason
    assert len(made.calls) == 4
    assert made.passing_failure
    assert not judged(bread, at(4), "It is broken.", "It is broken.").passing_failure
    assert judged(bread, at(4), "Away.", "Slow.", at(4), least=2).criteria[0].level == 4


def test_where_most_members_found_nothing_there_is_no_level(bread: Rubric) -> None:
    made = judged(bread, None, None, at(5)).criteria[0]
    assert (made.status, made.level, made.missing) == (ScoreStatus.INSUFFICIENT_EVIDENCE, None, ("yeast",))
    assert judged(bread, None, at(5), at(5)).criteria[0].agreement == pytest.approx(1 / 3, abs=1e-3)


def test_a_panel_is_as_calibrated_as_its_least_calibrated_member() -> None:
    assert Panel([Member(1, at(1), "calibrated"), Member(2, at(1), "provisional")]).calibration == "provisional"
    assert Panel([Member(1, at(1)), Member(2, at(1), "calibrated")]).calibration == "uncalibrated"
    assert Panel([Member(1, at(1)), Member(2, at(1))]).version != Panel([Member(1, at(1)), Member(3, at(1))]).version


@pytest.mark.parametrize(("members", "least"), [(0, None), (1, None), (2, 0), (2, 3)])
def test_a_panel_needs_members(members: int, least: int | None) -> None:
    with pytest.raises(ValueError, match="panel"):
        Panel([Member(n, at(1)) for n in range(members)], least)


def _five(raw: list[float]) -> Probabilities:
    a, b, c, d, e = (r / sum(raw) for r in raw)
    return a, b, c, d, e


DISTRIBUTIONS = st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5).filter(lambda r: sum(r) > 0.1).map(_five)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(DISTRIBUTIONS, min_size=1, max_size=7))
def test_the_combined_distribution_has_the_median_of_the_means(members: list[Probabilities]) -> None:
    means = sorted(sum((i + 1) * p for i, p in enumerate(m)) for m in members)
    middle = means[len(means) // 2] if len(means) % 2 else (means[len(means) // 2 - 1] + means[len(means) // 2]) / 2
    made = combined(members)
    assert sum(made) == pytest.approx(1, abs=1e-4)
    assert min(made) >= 0
    assert sum((i + 1) * p for i, p in enumerate(made)) == pytest.approx(middle, abs=1e-3)
    shared = agreement(members)
    assert (shared is None) == (len(members) == 1)
    assert shared is None or (0 <= shared <= 1 and shared == agreement(members[::-1]))
