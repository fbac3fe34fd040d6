"""Whether calibration says the truth of itself, on people's ratings of SAF and STITA answers: do 90 % intervals hold
90 %, is nothing fitted to shuffled ratings called calibrated, and what does a question with few ratings get?

Each question is calibrated by itself, as ``python -m scoring calibrate`` does it, with a rubric of one criterion whose
key points are the sentences of the reference answer. Both sets have one rater, and scores from 0 to 1, taken as levels
1 to 5. The scorer's design was chosen on STITA and on every second question of SAF; SAF's figures are of the other
half. Where two raters are needed, the second is made: the first's level with normal noise of 0.8 levels.

    all ratings       agreement of held-out levels, length alone beside; coverage and width of intervals
    25, 24 and 10     drawn of each question: the verdicts
    25 and 10         drawn of each question four times: how many of its other answers their intervals hold
    shuffled          ratings dealt to other answers, both raters' together: the verdicts
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scoring.calibration.conformal import fit_intervals
from scoring.calibration.fit import TargetReport, fit_target
from scoring.calibration.question import ReadAnswers, read_answers
from scoring.calibration.ratings import QuestionRatings, read_ratings
from scoring.calibration.verdict import Verdict
from scoring.embeddings import Embedder, EmbedderOptions
from scoring.judges.choice import make_judge
from scoring.rubric import Rubric
from scoring.sentences import sentences
from tests.benchmarks.report import DataMissing, Figure, Options, Report

__all__ = ["run"]

SHUFFLES = 2
SMALL = (25, 24, 10)
DRAWN, DRAWS = (25, 10), 4
NOISE = 0.8  # levels, of the made second rater
RESAMPLES = 200
ANCHORS = ("nothing", "little", "about half", "most", "all")

Matrix = npt.NDArray[np.float64]


def run(options: Options) -> Report:
    figures: list[Figure] = []
    notes: list[str] = []
    for name, folder, every in (("SAF", "saf_english", 2), ("STITA", "stita", 1)):
        questions = _questions(options.data / "data" / folder / "answers.jsonl")
        chosen = questions[1::2] if every == 2 else questions
        chosen = chosen[:2] if options.quick else chosen
        own, note = _figures(name, chosen, options)
        figures += own
        notes.append(note)
    return Report(figures, notes)


def _figures(name: str, questions: Sequence[QuestionRatings], options: Options) -> tuple[list[Figure], str]:
    embedder = Embedder(EmbedderOptions(threads=options.judge.threads, store=options.judge.store))
    judge = make_judge(options.judge, embedder)
    whole: list[TargetReport] = []
    small: dict[int, Counter[Verdict]] = {n: Counter() for n in SMALL}
    two: Counter[Verdict] = Counter()
    shuffled: Counter[Verdict] = Counter()
    shuffled_alone: Counter[Verdict] = Counter()
    held: dict[int, list[Matrix]] = {n: [] for n in DRAWN}
    left_out = 0
    for place, question in enumerate(questions):
        read = read_answers(question, _rubric(question), judge, embedder)
        left_out += len(read.left_out)
        levels = question.table("overall level")[1]
        known = {a.answer_id: i for i, a in enumerate(question.answers)}
        levels = levels[[known[i] for i in read.answer_ids]]
        rng = np.random.default_rng(place)
        both = np.concatenate([levels, np.clip(np.rint(levels + NOISE * rng.normal(size=levels.shape)), 1, 5)], axis=1)
        whole.append(_fit(read, levels))
        two[_fit(read, both).decision.verdict] += 1
        for n in SMALL:
            rows = rng.permutation(len(levels))[:n]
            if np.ptp(levels[rows]) > 0:
                small[n][_fit(read, levels, rows).decision.verdict] += 1
        for _ in range(1 if options.quick else SHUFFLES):
            dealt = rng.permutation(len(levels))
            shuffled[_fit(read, both[dealt]).decision.verdict] += 1
            shuffled_alone[_fit(read, levels[dealt]).decision.verdict] += 1
        for n in DRAWN:
            dealings = (rng.permutation(len(levels)) for _ in range(DRAWS))
            held[n] += [_held(read, levels[:, 0], d, n) for d in dealings if np.ptp(levels[d[:n]]) > 0]
    answers = sum(r.answers for r in whole)

    def mean(values: list[float]) -> float:
        return float(np.nanmean(values))

    figures = [
        Figure(f"{name}: QWK of the scorer", mean([r.comparisons[0].qwk.value for r in whole]), ""),
        Figure(f"{name}: QWK of length alone", mean([r.comparisons[1].qwk.value for r in whole]), ""),
        Figure(f"{name}: Pearson's r of the scorer", mean([r.comparisons[0].pearson.value for r in whole]), ""),
        Figure(f"{name}: levels in their 90 % interval",
               100 * sum(r.coverage.value * r.answers for r in whole) / answers, "%", at_least=90),
        Figure(f"{name}: width of an interval", sum(r.width * r.answers for r in whole) / answers, "levels"),
        Figure(f"{name}: log loss of the levels", mean([r.log_loss for r in whole]), "nats"),
        Figure(f"{name}: log loss of the frequencies", mean([r.log_loss_of_frequencies for r in whole]), "nats"),
        Figure(f"{name}: expected calibration error", mean([r.calibration_error for r in whole]), ""),
        Figure(f"{name}: one rater, called calibrated", _share(Verdict.CALIBRATED, _verdicts(whole)), "%", at_most=0),
        Figure(f"{name}: one rater, called provisional", _share(Verdict.PROVISIONAL, _verdicts(whole)), "%"),
        Figure(f"{name}: two raters, called calibrated", _share(Verdict.CALIBRATED, two), "%"),
        *(Figure(f"{name}: {n} ratings, called provisional", _share(Verdict.PROVISIONAL, small[n]), "%",
                 at_most=0 if n < 25 else None) for n in SMALL),
        *(Figure(f"{name}: {n} ratings, other answers in their 90 % interval",
                 100 * float(np.concatenate(held[n]).mean()), "%", at_least=90 if n >= 25 else None) for n in DRAWN),
        Figure(f"{name}: two raters shuffled, called calibrated", _share(Verdict.CALIBRATED, shuffled), "%", at_most=0),
        Figure(f"{name}: one rater shuffled, called provisional", _share(Verdict.PROVISIONAL, shuffled_alone), "%"),
    ]  # fmt: skip
    note = (
        f"{name}: {len(whole)} questions, {answers} answers; {left_out} more get no level from the judge and have no "
        f"part in this; {sum(shuffled.values())} shuffles"
    )
    return figures, note


def _verdicts(reports: Sequence[TargetReport]) -> Counter[Verdict]:
    return Counter(r.decision.verdict for r in reports)


def _fit(read: ReadAnswers, levels: Matrix, rows: npt.NDArray[np.intp] | None = None) -> TargetReport:
    rows = np.arange(len(levels)) if rows is None else rows
    raters = [f"r{i}" for i in range(levels.shape[1])]
    return fit_target(
        read.features[rows], read.lengths[rows], levels[rows], raters, read.blocks, resamples=RESAMPLES
    ).report


def _held(read: ReadAnswers, levels: npt.NDArray[np.float64], drawn: npt.NDArray[np.intp], n: int) -> Matrix:
    """1 for each of the others that lies in its interval where the first ``n`` drawn are fitted on, else 0."""
    rows, others = drawn[:n], drawn[n:]
    ends = fit_intervals(read.features[rows], levels[rows], read.blocks, 0).around(read.features[others])
    inside = (ends[:, 0] - 1e-9 <= levels[others]) & (levels[others] <= ends[:, 1] + 1e-9)
    return inside.astype(np.float64)


def _share(verdict: Verdict, found: Counter[Verdict]) -> float:
    return 100 * found[verdict] / max(1, sum(found.values()))


def _questions(file: Path) -> list[QuestionRatings]:
    """Raises DataMissing."""
    if not file.is_file():
        raise DataMissing(f"{file} is not there")
    rows = []
    for raw in file.read_text("utf-8").splitlines():
        row = json.loads(raw)
        if row["resolved"] is None or not row["reference"]:
            continue
        rows.append(
            {"question_id": row["prompt_id"], "question_text": row["prompt"] or row["prompt_id"],
             "answer_id": row["answer_id"], "text": row["answer"], "reference": row["reference"], "rater": "grader",
             "level": 1 + 4 * row["resolved"]}
        )  # fmt: skip
    questions, _ = read_ratings(((str(file), i, json.dumps(row)) for i, row in enumerate(rows, start=1)), distinct=True)
    return [q for q in questions if np.nanstd(q.table("overall level")[1]) > 0.05]


def _rubric(question: QuestionRatings) -> Rubric:
    reference = question.reference or ""
    points = [reference[s.start : s.end] for s in sentences(reference)]
    criterion = {
        "id": "content", "title": "Content", "description": "Says what the reference answer says.",
        "anchors": {str(i): f"Says {share} of what is asked." for i, share in enumerate(ANCHORS, start=1)},
        "key_points": [{"id": f"point-{i}", "text": p} for i, p in enumerate(points) if len(p) >= 3],
        "measures": ["coverage", "on-topic"],
    }  # fmt: skip
    return Rubric.model_validate({
        "rubric": "reference", "version": 1, "title": "Against the reference answer",
        "job_analysis": "The answer shows that the subject is known.", "criteria": [criterion],
    })  # fmt: skip
