"""The check of coverage on worked examples: its arithmetic, and the figures that the threshold stands on."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from scoring.coverage import COVERED_AT, Coverage
from scoring.coverage_check import Pair, best_threshold, judged_order, main, pairs, precision_recall_f1, read_sets
from scoring.embeddings import Embedder
from scoring.judges.embedded import EmbeddedJudge
from scoring.rubric_file import read_examples

SEEDS = (
    "explain-to-six-year-old",
    "golden-answer",
    "stumper",
    "rubric-writing",
    "marketing-copy",
    "domain-explanation",
)
PROMPTS = Path(__file__).parents[2] / "prompts"


def test_precision_recall_and_the_best_threshold() -> None:
    found = [Pair("r", "e", "a", 0.3, True), Pair("r", "e", "b", 0.2, True), Pair("r", "e", "c", 0.25, False)]
    assert precision_recall_f1(found, 0.1) == pytest.approx((2 / 3, 1.0, 0.8))
    assert precision_recall_f1(found, 0.28) == pytest.approx((1.0, 0.5, 2 / 3))
    assert precision_recall_f1(found, 0.9) == (0.0, 0.0, 0.0)
    assert best_threshold(found) <= 0.2


@pytest.mark.slow
def test_coverage_and_order_on_the_shipped_examples_do_not_fall_behind_what_the_docstrings_say(
    embedder: Embedder,
) -> None:
    coverage, judge = Coverage(embedder), EmbeddedJudge(embedder)
    sets = read_sets(PROMPTS)
    every = [pair for rubric, examples in sets for pair in pairs(rubric, examples, coverage)]
    assert precision_recall_f1(every, COVERED_AT)[2] >= 0.70
    orders = {rubric.rubric: judged_order(rubric, examples, judge)[1] for rubric, examples in sets}
    assert statistics.median(orders.values()) >= 0.85
    assert {name: order for name, order in orders.items() if order < 0.8} == {}


@pytest.mark.parametrize("name", SEEDS)
def test_each_seed_set_has_all_levels_a_long_weak_and_a_short_strong_answer(name: str) -> None:
    examples = read_examples(PROMPTS / "examples" / f"{name}.yaml").examples
    lengths = {e.id: len(e.text.split()) for e in examples}
    longest_weak = max(lengths[e.id] for e in examples if e.level <= 2)
    assert len(examples) == 10
    assert {e.level for e in examples} == {1, 2, 3, 4, 5}
    assert longest_weak > statistics.mean(lengths.values())
    assert any(e.level >= 4 and lengths[e.id] < longest_weak / 2 for e in examples)


def test_a_folder_without_examples_is_refused(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2
