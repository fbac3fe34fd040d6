"""Calibrating one question: its ratings, its rubric and a judge in; a model and its report out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scoring.calibration.conformal import deal
from scoring.calibration.fit import CannotFit, Fitted, check_varied, fit_target
from scoring.calibration.model import Basis, CalibrationModel, TargetModel, question_hash
from scoring.calibration.ratings import OVERALL, QuestionRatings
from scoring.calibration.reading import FEATURES_VERSION, AnswerReader
from scoring.calibration.ridge import Block
from scoring.calibration.surface import length
from scoring.calibration.tuning import LEAST, FinetuneOptions, Pair
from scoring.embeddings import Embedder
from scoring.evidence import verified
from scoring.judges.base import Judge, JudgeFailed, Judgement
from scoring.masking import MASKING, kept, mask
from scoring.rubric import Rubric
from scoring.transcript import Answer

if TYPE_CHECKING:
    from scoring.calibration.cross_fit import CrossFitted

__all__ = ["QuestionCalibration", "ReadAnswers", "calibrate", "gives_level", "read_answers"]

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class QuestionCalibration:
    """``model`` is None where nothing could be fitted. ``fitted`` and ``refused`` (with the reason) by what was rated;
    ``left_out`` says of answers, by id, why no level is given to them and so none was learned;
    ``not_tuned`` why a target has no fine-tuned encoder though one was asked for."""

    ratings: QuestionRatings
    model: CalibrationModel | None
    fitted: Mapping[str, Fitted]
    refused: Mapping[str, str]
    left_out: Mapping[str, str]
    not_tuned: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadAnswers:
    """Rated answers as a scorer sees them. ``features``, ``lengths`` and ``pairs`` have one row for each of
    ``answer_ids``; ``levelled`` the criteria that the judge gives each a level. ``left_out``: why the others get
    none, by id."""

    answer_ids: tuple[str, ...]
    features: Matrix
    lengths: Matrix
    levelled: tuple[frozenset[str], ...]
    blocks: tuple[Block, ...]
    left_out: Mapping[str, str]
    pairs: tuple[Pair, ...]


def read_answers(ratings: QuestionRatings, rubric: Rubric, judge: Judge, embedder: Embedder) -> ReadAnswers:
    """Answers are masked as they are when they are scored."""
    reader = AnswerReader(embedder, rubric, ratings.question_text, ratings.reference)
    features, lengths, levelled, pairs = [], [], [], []
    left_out: dict[str, str] = {}
    for rated in ratings.answers:
        answer = Answer(ratings.question_id, rated.text, rated.language)
        shown = mask(answer, (), kept(rubric, ratings.question_text)).answer
        try:
            judgement = judge.judge(shown, rubric, ratings.question_text)
        except JudgeFailed as failure:
            left_out[rated.answer_id] = str(failure)
            continue
        found = gives_level(judgement, rubric, shown)
        if not found:
            left_out[rated.answer_id] = next(iter(judgement.criteria.values())).reason
            continue
        features.append(reader.read(shown, judgement))
        lengths.append(length(rated.text))
        pairs.append(reader.pair(shown))
        levelled.append(found)
    ids = tuple(a.answer_id for a in ratings.answers if a.answer_id not in left_out)
    return ReadAnswers(ids, np.array(features), np.array(lengths), tuple(levelled), reader.blocks, left_out,
                       tuple(pairs))  # fmt: skip


def calibrate(
    ratings: QuestionRatings, rubric: Rubric, judge: Judge, embedder: Embedder, *, now: datetime, seed: int = 0,
    resamples: int = 1000, fine_tune: FinetuneOptions | None = None,
) -> QuestionCalibration:  # fmt: skip
    """Fit every level that was rated, overall or by criterion; with ``fine_tune``, those of LEAST answers or more with
    an encoder fine-tuned to it beside.

    Answers that the judge finds no ground to judge stay without a level once calibrated, so they are no part of this:
    neither of the fit nor of the figures. ``now`` is an aware time.
    """
    read = read_answers(ratings, rubric, judge, embedder)
    place = {answer.answer_id: i for i, answer in enumerate(ratings.answers)}
    fitted: dict[str, Fitted] = {}
    refused: dict[str, str] = {}
    not_tuned: dict[str, str] = {}
    encoders: dict[str, CrossFitted] = {}
    for target in ratings.targets:
        raters, table = ratings.table(target)
        table = table[np.array([place[i] for i in read.answer_ids], dtype=np.intp)]
        rows = np.array(
            [
                i for i, own in enumerate(read.levelled)
                if not np.isnan(table[i]).all() and (target == OVERALL or target in own)
            ],
            dtype=np.intp,
        )  # fmt: skip
        columns = np.flatnonzero(~np.isnan(table[rows]).all(axis=0))
        try:
            if fine_tune is not None and len(rows) >= LEAST:
                levels = np.nanmean(table[rows], axis=1)
                check_varied(levels)  # before minutes are spent
                encoders[target] = _tuned([read.pairs[i] for i in rows], levels, fine_tune, seed)
            elif fine_tune is not None:
                not_tuned[target] = (
                    f"{len(rows)} rated answers with a level are too few to fine-tune the encoder; {LEAST} are needed"
                )
            fitted[target] = fit_target(
                read.features[rows], read.lengths[rows], table[np.ix_(rows, columns)], [raters[j] for j in columns],
                read.blocks, seed=seed, resamples=resamples,
                encoder=encoders[target].left_out if target in encoders else None,
            )  # fmt: skip
        except CannotFit as reason:
            refused[target] = str(reason)
    basis = Basis(
        question_id=ratings.question_id,
        question_hash=question_hash(ratings.question_text),
        reference=ratings.reference,
        rubric=rubric.rubric,
        rubric_version=rubric.version,
        rubric_hash=rubric.hash,
        ratings_hash=ratings.hash,
        judge=judge.name,
        judge_version=judge.version,
        judge_model=judge.model,
        embedder=embedder.version,
        features_version=FEATURES_VERSION,
        masking=MASKING,
        seed=seed,
        fitted_at=now.astimezone(UTC).isoformat(),
    )
    targets = {
        name: TargetModel(f.scorer, f.intervals, f.report.decision.verdict, f.report.decision.reasons,
                          f.report.to_dict(), encoders[name].encoder if name in encoders else None)
        for name, f in fitted.items()
    }  # fmt: skip
    model = CalibrationModel(basis, targets) if targets else None
    return QuestionCalibration(ratings, model, fitted, refused, read.left_out, not_tuned)


def _tuned(pairs: Sequence[Pair], levels: Matrix, options: FinetuneOptions, seed: int) -> CrossFitted:
    from scoring.calibration.cross_fit import cross_fit  # brings torch, which nothing else here needs

    return cross_fit(pairs, levels, deal(levels, seed), replace(options, seed=seed))


def gives_level(judgement: Judgement, rubric: Rubric, answer: Answer) -> frozenset[str]:
    """Ids of the criteria that get a level on a scorecard: the judge gives probabilities, and a quote holds."""
    return frozenset(
        c.id
        for c in rubric.criteria
        if (own := judgement.criteria.get(c.id)) is not None
        and own.probabilities is not None
        and verified(answer, own.citations)
    )
