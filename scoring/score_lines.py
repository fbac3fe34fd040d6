"""``python -m scoring [score]``: answers in as JSON Lines, scorecards out as JSON Lines.

A line in:   {"id": ..., "text": "...", "question_text": "...", "rubric": "prompts/rubrics/x.yaml"}
             or with "answer": {"question_id", "text", "language", "words": [{"start", "end", "audio_start", ...}]}
             in place of "text"; optional with "text": "question_id", "language"; with either "names", the
             candidate's own, which no judge may see, and "variables", {"field": "medicine"} for a rubric's {field}
A line out:  {"line": 1, "id": ..., "scorecard": {...}, "total": null}

A line that cannot be scored is named on standard error with its number and reason, the others go on, and the exit
status is 1; so it is where the judge failed, whose scorecard says so. Without files, standard input is read.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from scoring.batch import Item, score_apart, score_together
from scoring.embeddings import ModelMissing
from scoring.json_lines import decoded, numbered
from scoring.judges.choice import add_judge_arguments, judge_options, make_judge
from scoring.lanes import MOST_THREADS, Lanes
from scoring.rubric import Rubric
from scoring.rubric_file import RubricFileError, read_rubric, unfilled, variable
from scoring.scorecard import Scorecard, ScoreStatus
from scoring.total import total
from scoring.transcript import Answer

LONGEST = 200_000
"""Characters of one answer. Whether a sentence belongs to it costs the square of their number."""


class Line(BaseModel):
    """One line of input."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question_text: str
    rubric: str
    id: str | int | None = None
    answer: Answer | None = None
    text: str | None = None
    names: tuple[str, ...] = ()
    variables: dict[str, str] = {}
    question_id: str = "question"
    language: str = "en"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.answer is None) == (self.text is None):
            raise ValueError('give either "answer" or "text"')
        if len(self.text or "") > LONGEST or (self.answer is not None and len(self.answer.text) > LONGEST):
            raise ValueError(f"the answer has over {LONGEST:,} characters, which is more than hours of speech")
        if self.answer is not None:
            _check_words(self.answer)
        return self

    def as_answer(self) -> Answer:
        return self.answer or Answer(self.question_id, self.text or "", self.language)


def _check_words(answer: Answer) -> None:
    """Whether a stretch was heard rests on these: a confidence that is none would have a mumble judged as clear."""
    before = 0
    for word in answer.words:
        if not 0 <= word.start < word.end <= len(answer.text):
            raise ValueError("answer.words: a word lies outside the answer's text")
        if word.start < before:
            raise ValueError("answer.words: the words must be in the order of the text, without overlap")
        if not 0 <= word.audio_start <= word.audio_end < math.inf:
            raise ValueError("answer.words: audio_start and audio_end are seconds, the end not before the start")
        if word.confidence is not None and not 0 <= word.confidence <= 1:
            raise ValueError("answer.words: confidence goes from 0 to 1")
        before = word.end


def _rubric(path: str, variables: tuple[tuple[str, str], ...]) -> Rubric:
    rubric = read_rubric(Path(path), dict(variables))
    if left := unfilled(rubric):
        raise RubricFileError(f"{path}: {{{left[0]}}} is not filled in; say what it is with --variable {left[0]}=...")
    return rubric


@dataclass
class _Reading:
    """Lines on their way through the judge. ``waiting`` are those given to it whose scorecards are not out yet."""

    files: Sequence[Path]
    variables: Sequence[tuple[str, str]] = ()
    waiting: deque[tuple[str, int, Line, Rubric]] = field(default_factory=deque)
    failed: bool = False

    def items(self) -> Iterator[Item]:
        rubric_at = cache(_rubric)
        for place, number, read in numbered(self.files):
            if not read.strip():
                continue
            try:
                line = Line.model_validate_json(decoded(read, number))
                rubric = rubric_at(line.rubric, tuple(sorted((dict(self.variables) | line.variables).items())))
            except ValidationError as error:
                reasons = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'line'}: {e['msg']}" for e in error.errors())
                self._refuse(f"{place}:{number}: {reasons}")
            except ValueError as error:  # also a RubricFileError
                self._refuse(f"{place}:{number}: {error}")
            else:
                self.waiting.append((place, number, line, rubric))
                yield Item(line.as_answer(), rubric, line.question_text, line.names)

    def scored(self, card: Scorecard) -> dict[str, Any]:
        """The line that goes out for the line that has waited longest."""
        place, number, line, rubric = self.waiting.popleft()
        if all(c.status is ScoreStatus.JUDGE_FAILED for c in card.criteria):
            self._refuse(f"{place}:{number}: {card.criteria[0].reason}")
        return {"line": number, "id": line.id, "scorecard": card.to_dict(), "total": total(card, rubric)}

    def _refuse(self, reason: str) -> None:
        print(reason, file=sys.stderr)
        self.failed = True


def main(argv: Sequence[str] | None = None) -> int:
    options = _options(argv)
    judge = judge_options(options)
    reading = _Reading(options.files, options.variable)
    computes = judge.kind in ("embedded", "local")
    try:
        made = make_judge(judge)  # also where others are made elsewhere: what is wrong with it is said here
    except (OSError, ValueError, ModelMissing) as error:
        print(f"scoring: {error}", file=sys.stderr)
        return 2
    try:
        with ExitStack() as held:
            if options.workers > 1 and computes:
                cards = score_apart(reading.items(), judge, processes=options.workers)
            elif judge.kind == "chat" and options.workers > MOST_THREADS:
                processes = min(os.cpu_count() or 1, -(-options.workers // MOST_THREADS))
                lanes = held.enter_context(Lanes(judge, processes=processes, threads=options.workers))
                cards = lanes.score(reading.items())
            else:
                cards = score_together(reading.items(), made, threads=options.workers)
            for card in cards:
                print(json.dumps(reading.scored(card), ensure_ascii=False), flush=True)
    except (OSError, ModelMissing) as error:
        print(f"scoring: {error}", file=sys.stderr)
        return 2
    except BrokenProcessPool:
        print(
            "scoring: a process that scores was ended, perhaps for want of memory; try fewer --workers", file=sys.stderr
        )
        return 2
    return 1 if reading.failed else 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scoring", description="Score answers given as JSON Lines.")
    parser.add_argument("files", nargs="*", type=Path, help="JSON Lines files; standard input where none is given")
    parser.add_argument(
        "--workers", type=_positive, default=1, metavar="N",
        help="answers judged at once: processes of an embedded or local judge, else requests up to --slots (default 1)",
    )  # fmt: skip
    parser.add_argument(
        "--variable", type=variable, action="append", default=[], metavar="NAME=VALUE",
        help="what stands for {NAME} in rubrics, where a line's own variables do not say; may be given again",
    )  # fmt: skip
    add_judge_arguments(parser)
    return parser.parse_args(argv)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
