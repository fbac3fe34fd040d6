"""Which way a score went: what counts as a rise, a fall, a move and the lowest band."""

from __future__ import annotations

import pytest

from scoring.judges.base import Citation, CriterionJudgement, JudgeFailed, Judgement, Probabilities
from scoring.rubric import Anchors, Criterion, KeyPoint, Rubric
from scoring.scorecard import ScoreStatus
from scoring.stress.change import Change, Direction, Material, Perturbation
from scoring.stress.measure import Levels, Verdict, compared
from scoring.stress.report import failures, report, rows, table
from scoring.stress.suite import run, thinned
from scoring.transcript import Answer


def levels_of(**expected: float | None) -> Levels:
    values = [1.0 if e is None else e for e in expected.values()]
    return Levels(
        dict(expected),
        {name: None if e is None else round(e) for name, e in expected.items()},
        {n: ScoreStatus.INSUFFICIENT_EVIDENCE if e is None else ScoreStatus.SCORED for n, e in expected.items()},
        sum(values) / len(values),
    )


@pytest.mark.parametrize(
    ("direction", "bound", "before", "after", "verdict", "worst", "where"),
    [
        (Direction.NOT_RISE, 0.4, {"a": 2.0, "b": 2.0}, {"a": 2.4, "b": 1.0}, Verdict.HELD, 0.4, "a"),
        (Direction.NOT_RISE, 0.4, {"a": 2.0, "b": 2.0}, {"a": 2.5, "b": 1.0}, Verdict.FAILED, 0.5, "a"),
        # A lost low level raises no mean: it counts as the lowest.
        (Direction.NOT_RISE, 0.4, {"a": 4.0, "b": 1.5}, {"a": 4.0, "b": None}, Verdict.HELD, 0.0, "a"),
        (Direction.NOT_RISE, 0.4, {"a": None}, {"a": 1.6}, Verdict.FAILED, 0.6, "overall"),
        (Direction.NOT_FALL, 0.25, {"a": 3.0, "b": 3.0}, {"a": 2.6, "b": 3.0}, Verdict.HELD, -0.2, "overall"),
        (Direction.NOT_FALL, 0.25, {"a": 3.0}, {"a": 2.7}, Verdict.FAILED, -0.3, "overall"),
        (Direction.NOT_FALL, 0.25, {"a": 3.0, "b": 1.1}, {"a": 3.0, "b": None}, Verdict.FAILED, -0.1, "b"),
        (Direction.STAY, 0.4, {"a": 3.0, "b": 3.0}, {"a": 3.4, "b": 2.6}, Verdict.HELD, 0.4, "a"),
        (Direction.STAY, 0.4, {"a": 3.0, "b": 3.0}, {"a": 3.0, "b": 2.5}, Verdict.FAILED, -0.5, "b"),
        # From a level to none, or back, is always a move.
        (Direction.STAY, 0.4, {"a": 3.2, "b": 1.1}, {"a": 3.0, "b": None}, Verdict.FAILED, -0.1, "b"),
        (Direction.STAY, 0.4, {"a": None}, {"a": 1.1}, Verdict.FAILED, 0.1, "a"),
        (Direction.LOWEST, 0.0, {"a": None, "b": None}, {"a": None, "b": 1.4}, Verdict.HELD, 0.0, "b"),
        (Direction.LOWEST, 0.0, {"a": None, "b": None}, {"a": 3.1, "b": None}, Verdict.FAILED, 2.0, "a"),
    ],
)  # fmt: skip
def test_directions(
    direction: Direction, bound: float, before: dict[str, float | None], after: dict[str, float | None],
    verdict: Verdict, worst: float, where: str,
) -> None:  # fmt: skip
    move = compared(levels_of(**before), levels_of(**after), direction, bound)
    assert (move.verdict, move.where) == (verdict, where)
    assert move.worst == pytest.approx(worst)


ANCHORS = Anchors.model_validate({str(level): f"An answer of level {level}." for level in range(1, 6)})
RUBRIC = Rubric(
    rubric="words",
    version=1,
    title="Words",
    job_analysis="Only here to try the suite on two judges.",
    criteria=(
        Criterion(
            id="matter", title="Matter", description="What is said.", anchors=ANCHORS,
            key_points=(KeyPoint(id="point", text="Says what the moon is made of."),),
        ),
    ),
)  # fmt: skip
TEXT = "The moon is made of rock. There isn't any air. People have been there and walked around."


class WordCounter:
    """A judge that believes in length, as no judge should."""

    name, version, model, calibration = "words", "1", "none", "uncalibrated"

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        if "crash" in answer.text:
            raise JudgeFailed("It is down.")
        level = min(5, 1 + len(answer.text.split()) // 20)
        p: Probabilities = tuple(float(i == level) for i in range(1, 6))  # type: ignore[assignment]
        cut = answer.text.find(" ")
        cited = (Citation(0, cut, answer.text[:cut]),) if cut > 0 else ()
        return Judgement({c.id: CriterionJudgement(p, "counted", cited) for c in rubric.criteria})


def test_a_judge_that_believes_in_length_is_found_out() -> None:
    cases = list(run(WordCounter(), [Material("one", TEXT, "What is the moon?", RUBRIC)]))
    found = {r.name: r for r in rows(cases)}
    assert found["padding"].failed == found["padding"].cases > 0
    assert found["repetition"].worst >= 1.0
    assert found["irrelevance-alone"].failed > 0
    assert "criterion-order" not in found  # one criterion has no other order
    assert found["names"].failed == found["dialect"].failed == 0
    shown = failures(cases)
    assert "padding (must not rise), one, all, start: failed, +" in shown
    assert "many different aspects" in shown
    assert "padding" in table(list(found.values()))


def test_a_judge_that_fails_is_no_pass() -> None:
    def crash(material: Material) -> list[Change]:
        return [Change("crash", material.text, f"{material.text} crash")]

    own = Perturbation("crash", Direction.NOT_RISE, 0.4, crash)
    cases = list(run(WordCounter(), [Material("one", TEXT, "", RUBRIC)], [own]))
    assert [c.move.verdict for c in cases] == [Verdict.NOT_JUDGED]
    assert rows(cases)[0].not_judged == 1
    assert "not judged" in failures(cases)


def test_the_report_has_every_case_and_the_texts_of_failures() -> None:
    cases = list(run(WordCounter(), [Material("one", TEXT, "What is the moon?", RUBRIC)], quick=True))
    found = report(WordCounter(), [RUBRIC], cases, quick=True)
    assert found["rubrics"] == [{"rubric": "words", "version": 1, "hash": RUBRIC.hash}]
    assert len(found["cases"]) == len(cases) == sum(a["cases"] for a in found["attacks"])
    for case in found["cases"]:
        assert ("text_after" in case) == (case["verdict"] != "held")


def test_fillers_are_not_tried_where_fluency_is_scored() -> None:
    fluent = RUBRIC.model_copy(update={"scores_fluency": True})
    tried = {c.perturbation.name for c in run(WordCounter(), [Material("one", TEXT, "", fluent)], quick=True)}
    assert "fillers" not in tried
    assert "dialect" in tried


def test_thinning_spreads_and_turns() -> None:
    assert thinned(range(10), 5) == [0, 2, 4, 6, 8]
    assert thinned(range(10), 5, 1) == [1, 3, 5, 7, 9]
    assert thinned([1, 2], 5, 3) == [1, 2]
