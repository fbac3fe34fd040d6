"""``python -m scoring.coverage_check prompts/``: how well coverage and the embedded judge do on the worked examples.

Prints precision, recall and F1 of key-point coverage at each threshold; the same with each rubric left out of choosing
it; and for each rubric how well the embedded judge orders its examples (Spearman against the level they were given).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from scoring.agreement import spearman
from scoring.coverage import COVERED_AT, Coverage
from scoring.embeddings import Embedder
from scoring.examples import ExampleSet
from scoring.judges.embedded import EmbeddedJudge
from scoring.rubric import Rubric
from scoring.rubric_file import read_examples, read_rubric
from scoring.score import score
from scoring.scorecard import Scorecard
from scoring.transcript import Answer

__all__ = ["Pair", "best_threshold", "judged_order", "pairs", "precision_recall_f1", "read_sets"]

THRESHOLDS = tuple(round(float(t), 2) for t in np.arange(-0.10, 0.41, 0.02))


@dataclass(frozen=True, slots=True)
class Pair:
    """One key point against one example answer."""

    rubric: str
    example: str
    key_point: str
    margin: float
    covered: bool


def read_sets(prompts: Path) -> list[tuple[Rubric, ExampleSet]]:
    """Every rubric that has worked examples. Raises RubricFileError."""
    found = [read_examples(path) for path in sorted((prompts / "examples").glob("*.yaml"))]
    return [(read_rubric(prompts / "rubrics" / f"{e.rubric}.yaml", e.variables), e) for e in found]


def pairs(rubric: Rubric, examples: ExampleSet, coverage: Coverage) -> list[Pair]:
    result: list[Pair] = []
    for example in examples.examples:
        matches = coverage.match(example.text, rubric.key_points)
        for point in rubric.key_points:
            margin = matches[point.id].margin if point.id in matches else -1.0
            result.append(Pair(rubric.rubric, example.id, point.id, margin, point.id in example.covers))
    return result


def precision_recall_f1(found: Iterable[Pair], threshold: float) -> tuple[float, float, float]:
    right = wrong = missed = 0
    for pair in found:
        hit = pair.margin >= threshold
        right += hit and pair.covered
        wrong += hit and not pair.covered
        missed += not hit and pair.covered
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    return precision, recall, 2 * right / (2 * right + wrong + missed) if right else 0.0


def best_threshold(found: Sequence[Pair]) -> float:
    return max(THRESHOLDS, key=lambda t: precision_recall_f1(found, t)[2])


def judged_order(rubric: Rubric, examples: ExampleSet, judge: EmbeddedJudge) -> tuple[list[float], float]:
    """(judged value of each example, Spearman against the given levels)."""
    now = datetime.now(UTC)
    cards = [
        score(Answer(e.id, e.text, "en"), rubric, judge, question_text=examples.question, now=now)
        for e in examples.examples
    ]
    values = [_value(card, rubric) for card in cards]
    return values, spearman([e.level for e in examples.examples], values)


def _value(card: Scorecard, rubric: Rubric) -> float:
    """Mean expected level by weight; a criterion without a level counts as 0. For ordering examples only."""
    weights = {c.id: c.weight for c in rubric.criteria}
    return sum(weights[c.criterion_id] * (c.expected or 0.0) for c in card.criteria) / sum(weights.values())


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scoring.coverage_check", description=__doc__)
    parser.add_argument("prompts", type=Path, help="the folder with rubrics/ and examples/")
    sets = read_sets(parser.parse_args(argv).prompts)
    if not sets:
        sys.stderr.write("no worked examples found\n")
        return 2
    embedder = Embedder()
    coverage, judge = Coverage(embedder), EmbeddedJudge(embedder)
    by_rubric = {rubric.rubric: pairs(rubric, examples, coverage) for rubric, examples in sets}
    every = [p for own in by_rubric.values() for p in own]
    positive = sum(p.covered for p in every)
    lines = [f"{len(every)} pairs of example and key point in {len(sets)} rubrics, {positive} covered", ""]
    lines += ["threshold  precision  recall  F1"]
    for t in sorted({*THRESHOLDS[::2], COVERED_AT, best_threshold(every)}):
        marks = " <- COVERED_AT" * (t == COVERED_AT) + " <- best" * (t == best_threshold(every))
        lines.append("{:9.2f}  {:9.2f}  {:6.2f}  {:4.2f}".format(t, *precision_recall_f1(every, t)) + marks)
    lines += ["", f"left out{'':24} threshold of the rest  precision  recall  F1   at COVERED_AT"]
    held_out: list[Pair] = []
    for name, own in by_rubric.items():
        rest = [p for other, found in by_rubric.items() if other != name for p in found]
        if not rest:
            break
        t = best_threshold(rest)
        # Shifted so that one threshold, 0, stands for each rubric's own: the pooled figures below need one.
        held_out += [Pair(p.rubric, p.example, p.key_point, p.margin - t, p.covered) for p in own]
        figures = "{:9.2f}  {:6.2f}  {:4.2f}".format(*precision_recall_f1(own, t))
        lines.append(f"{name:32} {t:21.2f}  {figures}  {precision_recall_f1(own, COVERED_AT)[2]:5.2f}")
    if held_out:
        lines.append("{:32} {:21}  {:9.2f}  {:6.2f}  {:4.2f}".format("all", "", *precision_recall_f1(held_out, 0)))
    lines += ["", f"{'embedded judge':32}  Spearman  examples"]
    for rubric, examples in sets:
        lines.append(f"{rubric.rubric:32}  {judged_order(rubric, examples, judge)[1]:8.2f}  {len(examples.examples):8}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
