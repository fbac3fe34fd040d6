"""``python -m scoring calibrate``: people's ratings of answers in, fitted models and their measured agreement out.

    python -m scoring calibrate ratings.jsonl --rubric prompts/rubrics/golden-answer.yaml --out calibrations

A row:   {"question_id": "rice", "question_text": "...", "answer_id": "a1", "text": "...", "rater": "r1", "level": 4}
         one for each rating; "levels": {"correctness": 4} in place of, or beside, "level" for single criteria;
         optional "reference": a model answer, "language", "rubric"

With --fine-tune, a question with 200 rated answers or more gets the sentence encoder fine-tuned to its ratings as one
more feature (minutes for each level that was rated, 14 MB of weights beside the model). What is reached without it
stands in the table, and by how much it is ahead: near 200 ratings that may be nothing (240 answers each of SemEval's
Beetle and SciEntsBank: -0.003 [-0.052, 0.044] and 0.062 [-0.018, 0.148] kappa). Where no question has as many, nothing
is fitted.

For each question one model is stored in the folder, the table and the verdict are printed, and ``--json`` writes both
for programs, with every row that could not be used. ``python -m scoring --calibrations calibrations`` then scores with
what is calibrated. Exits 0 where something was fitted, whatever the verdict; 1 where rows were refused besides; 2 where
nothing could be fitted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scoring.calibration.question import QuestionCalibration, calibrate
from scoring.calibration.ratings import QuestionRatings, RefusedRow, read_ratings
from scoring.calibration.store import save_model
from scoring.calibration.table import document, text
from scoring.calibration.tuning import LEAST, FinetuneOptions
from scoring.embeddings import Embedder, EmbedderOptions, ModelMissing
from scoring.json_lines import decoded, numbered
from scoring.judges.base import Judge
from scoring.judges.choice import add_judge_arguments, judge_options, make_judge
from scoring.rubric import Rubric
from scoring.rubric_file import read_rubric, variable

__all__ = ["main", "ratings_in", "say_refused"]


def main(argv: Sequence[str] | None = None) -> int:
    given = _arguments(argv)
    try:
        rubric = read_rubric(given.rubric, dict(given.variable))
        questions, refused = read_ratings(
            ratings_in(given.files), rubric=rubric.rubric, criteria=[c.id for c in rubric.criteria], distinct=True
        )
    except (OSError, ValueError) as error:  # also a RubricFileError
        sys.stderr.write(f"calibrate: {error}\n")
        return 2
    say_refused(refused)
    if not questions:
        sys.stderr.write("calibrate: there is no rating to fit; see the rows named above, and --help for their form\n")
        return 2
    most = max(len(q.answers) for q in questions)
    if given.fine_tune and most < LEAST:
        sys.stderr.write(
            f"calibrate: --fine-tune needs a question with {LEAST} rated answers or more, and the most that one has is "
            f"{most}; leave it out, and the scorer is fitted on the encoder as it is\n"
        )
        return 2
    try:
        judge, embedder = _judge(given)
    except (ModelMissing, OSError, ValueError) as error:
        sys.stderr.write(f"calibrate: {error}\n")
        return 2
    try:
        found = _calibrated(questions, rubric, judge, embedder, given)
    except (ModelMissing, OSError) as error:
        sys.stderr.write(f"calibrate: {error}\n")
        return 2
    sys.stdout.write("\n\n".join(map(text, found)) + "\n")
    if given.json is not None:
        body = json.dumps(document(found, refused), indent=1, ensure_ascii=False, allow_nan=False)
        given.json.write_text(body + "\n", "utf-8")
    if all(one.model is None for one in found):
        return 2
    return 1 if refused else 0


def ratings_in(files: Sequence[Path]) -> Iterator[tuple[str, int, str]]:
    """(file, line number, text) of every line. A figure that rests on less than all of them would be another figure, so
    one that cannot be read refuses all. Raises OSError and ValueError."""
    for place, number, raw in numbered(files):
        try:
            yield place, number, decoded(raw, number)
        except ValueError as error:
            raise ValueError(f"{place}:{number}: {error}") from None


def say_refused(refused: Sequence[RefusedRow]) -> None:
    for row in refused:
        sys.stderr.write(f"{row.place}:{row.line}: {row.reason}\n")
    if refused:
        sys.stderr.write(f"{len(refused)} rows are not used; mend them and run this again\n")


def _judge(given: argparse.Namespace) -> tuple[Judge, Embedder]:
    """Raises ModelMissing, OSError, and ValueError where the judge's own files are wrong."""
    options = replace(judge_options(given), calibrations=None)  # a fit rests on the judge as it is, not on an older fit
    embedder = Embedder(EmbedderOptions(threads=options.threads, store=options.store))
    return make_judge(options, embedder), embedder


def _calibrated(
    questions: Sequence[QuestionRatings], rubric: Rubric, judge: Judge, embedder: Embedder, given: argparse.Namespace
) -> list[QuestionCalibration]:
    now = datetime.now(UTC)
    tuning = _tuning(given) if given.fine_tune else None
    found = []
    for ratings in questions:
        one = calibrate(
            ratings, rubric, judge, embedder, now=now, seed=given.seed, resamples=given.resamples, fine_tune=tuning
        )
        if one.model is not None:
            one = replace(one, model=save_model(given.out, one.model))
        found.append(one)
    return found


def _tuning(given: argparse.Namespace) -> FinetuneOptions:
    usual = FinetuneOptions()
    return FinetuneOptions(
        frozen_layers=6 - given.layers, epochs=given.epochs, answer_pieces=given.pieces,
        reference_pieces=min(usual.reference_pieces, given.pieces),
    )  # fmt: skip


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scoring calibrate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="RATINGS.jsonl")
    parser.add_argument("--rubric", type=Path, required=True, metavar="FILE", help="the rubric that was rated by")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where models are stored")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report here too")
    parser.add_argument(
        "--variable", type=variable, action="append", default=[], metavar="NAME=VALUE",
        help="what stands for {NAME} in the rubric, as a plan would fill it; may be given again",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of the folds and resamples (default 0)")
    parser.add_argument("--resamples", type=int, default=1000, help="for the intervals of the figures (default 1000)")
    tuning = parser.add_argument_group("fine-tuning")
    tuning.add_argument("--fine-tune", action="store_true", help=f"the encoder too, from {LEAST} rated answers on")
    tuning.add_argument("--epochs", type=int, default=FinetuneOptions().epochs, help="default %(default)s")
    tuning.add_argument("--layers", type=int, choices=range(1, 7), default=2, help="that are trained, of 6 (default 2)")
    tuning.add_argument(
        "--pieces", type=int, default=FinetuneOptions().answer_pieces,
        help="word pieces read of an answer and of what it stands beside; fewer are quicker (default %(default)s)",
    )  # fmt: skip
    add_judge_arguments(parser)
    return parser.parse_args(argv)
