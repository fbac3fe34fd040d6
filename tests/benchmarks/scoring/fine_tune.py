"""What ``python -m scoring calibrate --fine-tune`` adds to a fitted scorer, where it is offered: from 200 ratings on.

No question of the shared collections has as many (SAF's have 67 at most). So 240 answers to several questions of one
collection stand for the answers to one, drawn evenly over the questions, each read with its own question and reference
answer. All else is as the command does it: the same features, folds, encoder options and figures; the rubric has one
criterion whose only key point is the reference. That makes it harder than one question would be for both: what they
have in common is how an answer stands beside its reference. SAF and STITA have scores from 0 to 1, taken as levels 1 to
5; of SemEval-2013's training split a correct answer has 5, any other 1.

Figures are kappa of held-out levels, once with the encoder and once without, and their difference with its 95 %
interval (answers drawn again, in pairs). It is no part of what runs without a name: half an hour on two cores. What the
encoders said is kept (melvin-fine-tune in the folder for temporary files), so that a second run takes a minute.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.calibration.conformal import deal
from scoring.calibration.cross_fit import cross_fit
from scoring.calibration.fit import TargetReport, fit_target
from scoring.calibration.question import ReadAnswers, read_answers
from scoring.calibration.ratings import OVERALL, read_ratings
from scoring.calibration.ridge import Block
from scoring.calibration.tuning import FinetuneOptions, Pair
from scoring.embeddings import Embedder, EmbedderOptions
from scoring.judges.choice import make_judge
from scoring.rubric import Rubric
from tests.benchmarks.report import DataMissing, Figure, Options, Report

__all__ = ["run"]

SEED = 20261122
ANSWERS = 240
READ = 1.7  # times as many: some get no level from the judge, and so have no part
SEVERAL = " || "  # between the references of one Beetle question
MOST_REFERENCES = 4
KEPT = Path(tempfile.gettempdir()) / "melvin-fine-tune"

Matrix = npt.NDArray[np.float64]
Row = dict[str, Any]


def run(options: Options) -> Report:
    os.nice(19)  # nothing of this is timed
    data = options.data / "data"
    semeval = _semeval(data / "semeval2013_3way")
    sets = {
        "Beetle": [r for r in semeval if r["question_id"].startswith("beetle:")],
        "SciEntsBank": [r for r in semeval if r["question_id"].startswith("sciEntsBank:")],
        "SAF": _scored(data / "saf_english"),
        "STITA": _scored(data / "stita"),
    }
    figures: list[Figure] = []
    notes: list[str] = []
    for name, rows in sets.items():
        if options.quick and name != "Beetle":
            continue
        own, note = _figures(name, rows, options)
        figures += own
        notes.append(note)
        options.so_far(Report(figures, notes))
    return Report(figures, notes)


def _figures(name: str, rows: Sequence[Row], options: Options) -> tuple[list[Figure], str]:
    features, lengths, levels, pairs, blocks = _read(rows, options)
    tuning = FinetuneOptions(epochs=1) if options.quick else FinetuneOptions()
    report = _fit(features, lengths, levels, pairs, blocks, tuning)
    own, length, plain = report.comparisons
    gain = report.over_plain
    if gain is None:
        raise ValueError("a fit with an encoder says by how much it is ahead of the one without")
    figures = [
        Figure(f"{name}: QWK of the scorer", own.qwk.value, ""),
        Figure(f"{name}: QWK without fine-tuning", plain.qwk.value, ""),
        Figure(f"{name}: QWK of length alone", length.qwk.value, ""),
        Figure(f"{name}: fine-tuning gains", gain.value, ""),
        Figure(f"{name}: fine-tuning gains, low end", gain.low, ""),
        Figure(f"{name}: fine-tuning gains, high end", gain.high, ""),
    ]
    return figures, f"{name}: {len(levels)} answers; 90 % intervals hold {100 * report.coverage.value:.0f} %"


def _fit(
    features: Matrix, lengths: Matrix, levels: Matrix, pairs: Sequence[Pair], blocks: Sequence[Block],
    tuning: FinetuneOptions,
) -> TargetReport:  # fmt: skip
    asked = json.dumps([[[p.reference, p.answer] for p in pairs], levels.tolist(), asdict(tuning), SEED])
    kept = KEPT / f"{hashlib.sha256(asked.encode()).hexdigest()}.npy"
    if not kept.is_file():
        left_out = cross_fit(pairs, levels, deal(levels, SEED), tuning).left_out
        KEPT.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=KEPT, suffix=".new", delete=False) as aside:
            np.save(aside, left_out)
        Path(aside.name).replace(kept)
    return fit_target(
        features, lengths, levels[:, None], ["grader"], blocks, seed=SEED, encoder=np.load(kept, allow_pickle=False)
    ).report


def _read(
    rows: Sequence[Row], options: Options
) -> tuple[Matrix, Matrix, Matrix, list[Pair], tuple[Block, ...]]:  # fmt: skip
    """Features, lengths, levels and pairs of ANSWERS answers, and the features' blocks."""
    embedder = Embedder(EmbedderOptions(threads=options.judge.threads, store=options.judge.store))
    judge = make_judge(options.judge, embedder)
    rng = np.random.default_rng(SEED)
    by_question: dict[str, list[Row]] = {}
    for row in rows:
        by_question.setdefault(row["question_id"], []).append(row)
    each = int(np.ceil(READ * ANSWERS / len(by_question)))
    found: list[ReadAnswers] = []
    levels: list[float] = []
    for own in by_question.values():
        drawn = [own[i] for i in rng.permutation(len(own))[:each]]
        lines = [("", i, json.dumps(row)) for i, row in enumerate(drawn, start=1)]
        (question,), _ = read_ratings(lines, distinct=True)
        read = read_answers(question, _rubric(question.reference or ""), judge, embedder)
        if read.answer_ids:
            found.append(read)
            given = {a.answer_id: a.levels[OVERALL]["grader"] for a in question.answers}
            levels += [given[i] for i in read.answer_ids]
    kept = rng.permutation(len(levels))[:ANSWERS]
    pairs = [p for r in found for p in r.pairs]
    return (
        np.concatenate([r.features for r in found])[kept], np.concatenate([r.lengths for r in found])[kept],
        np.array(levels)[kept], [pairs[i] for i in kept], found[0].blocks,
    )  # fmt: skip


def _scored(folder: Path) -> list[Row]:
    """Raises DataMissing."""
    return [
        _row(r["prompt_id"], r["prompt"], r["reference"], r["answer_id"], r["answer"], 1 + 4 * r["resolved"])
        for r in _lines(folder / "answers.jsonl")
        if r["resolved"] is not None and any(map(str.isalnum, r["answer"]))
    ]


def _semeval(folder: Path) -> list[Row]:
    """Raises DataMissing."""
    asked = {p["prompt_id"]: p for p in _lines(folder / "prompts.jsonl")}
    found = []
    for r in _lines(folder / "answers.jsonl"):
        if r["split"] == "train":
            about = asked[r["prompt_id"]]
            reference = " / ".join(about["reference"].split(SEVERAL)[:MOST_REFERENCES])
            level = 5.0 if r["label"] == "correct" else 1.0
            found.append(_row(r["prompt_id"], about["prompt"], reference, r["answer_id"], r["answer"], level))
    return found


def _row(question: str, asked: str | None, reference: str, answer: str, text: str, level: float) -> Row:
    return {"question_id": question, "question_text": asked or question, "reference": reference, "answer_id": answer,
            "text": text, "rater": "grader", "level": level}  # fmt: skip


def _lines(file: Path) -> list[Row]:
    if not file.is_file():
        raise DataMissing(f"{file} is not there")
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def _rubric(reference: str) -> Rubric:
    """One key point whatever the question, so that all answers have the same features."""
    levels = ("nothing", "little", "about half", "most", "all")
    criterion = {
        "id": "content", "title": "Content", "description": "Says what the reference answer says.",
        "anchors": {str(i): f"Says {share} of what is asked." for i, share in enumerate(levels, start=1)},
        "key_points": [{"id": "reference", "text": reference}], "measures": ["coverage", "on-topic"],
    }  # fmt: skip
    return Rubric.model_validate({
        "rubric": "reference", "version": 1, "title": "Against the reference answer",
        "job_analysis": "The answer shows that the subject is known.", "criteria": [criterion],
    })  # fmt: skip
