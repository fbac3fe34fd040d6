"""The embedded judge under attack on the six seed skill tests: a spread of five worked answers each, in CI.

Where it does not hold, the number of failed cases of this very run is written down, and may only become smaller. What
is not named there holds in every case.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from scoring.embeddings import Embedder
from scoring.judges.embedded import EmbeddedJudge
from scoring.stress.command import example_materials
from scoring.stress.measure import Verdict
from scoring.stress.report import failures
from scoring.stress.suite import SUITE, Case, run

pytestmark = pytest.mark.slow

PROMPTS = Path(__file__).parents[3] / "prompts"
SEEDS = (
    "explain-to-six-year-old",
    "golden-answer",
    "stumper",
    "rubric-writing",
    "marketing-copy",
    "domain-explanation",
)

SHORTFALLS = {
    "irrelevance": 10,  # of 90: short weak answers gain length and plain words from a passage near the topic
    "irrelevance-alone": 5,  # of 18
    "padding": 12,  # of 90: general remarks are near to open questions
    "padding-alone": 4,  # of 12
    "question-copied": 1,  # of 90
    "repetition": 1,  # of 90
    "master-key": 1,  # of 90
    "master-key-alone": 1,  # of 60
    "grammar": 2,  # of 75: an answer of eight words, two of them articles, is nearly off the topic without
    "recognition-5": 11,  # of 60
    "recognition-10": 8,  # of 60
    "recognition-20": 23,  # of 60
}
"""Failed cases as measured. Words misheard weigh much in answers of thirty words."""

ROUNDED = 1  # case that may stand on the other side of a bound on another processor, whose kernels round otherwise


@pytest.fixture(scope="module")
def cases(embedder: Embedder) -> list[Case]:
    judge = EmbeddedJudge(embedder)
    return [
        case
        for name in SEEDS
        for case in run(
            judge,
            example_materials(PROMPTS / "rubrics" / f"{name}.yaml", PROMPTS / "examples" / f"{name}.yaml"),
            quick=True,
        )
    ]


def test_every_attack_is_tried_and_every_case_judged(cases: list[Case]) -> None:
    assert {c.perturbation.name for c in cases} == {p.name for p in SUITE}
    assert len(cases) > 2000
    assert all(c.move.verdict is not Verdict.NOT_JUDGED for c in cases)


@pytest.mark.parametrize("attack", [p.name for p in SUITE])
def test_attacks_go_the_right_way_but_for_the_shortfalls(cases: list[Case], attack: str) -> None:
    own = [c for c in cases if c.perturbation.name == attack]
    failed = Counter(c.move.verdict for c in own)[Verdict.FAILED]
    assert failed <= SHORTFALLS.get(attack, 0) + ROUNDED, failures(own, most=20)
