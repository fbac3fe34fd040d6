"""``python -m scoring [score]``: answers in as JSON Lines, scorecards out as JSON Lines.

A line in:   {"id": ..., "text": "...", "question_text": "...", "rubric": "prompts/rubrics/x.yaml"}
             or with "answer": {"question_id", "text", "language", "words": [{"start", "end", "audio_start", ...}]}
             in place of "text"; optional with "text": "question_id", "language"; with either "names", the
             candidate's own, which no judge may see
A line out:  {"line": 1, "id": ..., "scorecard": {...}, "total": null}

A line that cannot be scored is named on standard error with its number and reason, the others go on, and the exit
status is 1. Without files, standard input is read.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from scoring.batch import Item, score_apart, score_together
from scoring.calibration.store import ModelRefused
from scoring.embeddings import ModelMissing
from scoring.judges.choice import add_judge_arguments, judge_options, make_judge
from scoring.lanes import MOST_THREADS, Lanes
from scoring.rubric import Rubric
from scoring.rubric_file import RubricFileError, read_rubric
from scoring.total import total
from scoring.transcript import Answer


class Line(BaseModel):
    """One line of input."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question_text: str
    rubric: str
    id: str | int | None = None
    answer: Answer | None = None
    text: str | None = None
    names: tuple[str, ...] = ()
    question_id: str = "question"
    language: str = "en"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.answer is None) == (self.text is None):
            raise ValueError('give either "answer" or "text"')
        if self.answer and any(not 0 <= w.start < w.end <= len(self.answer.text) for w in self.answer.words):
            raise ValueError("answer.words: a word lies outside the answer's text")
        return self

    def as_answer(self) -> Answer:
        return self.answer or Answer(self.question_id, self.text or "", self.language)


@dataclass
class _Reading:
    """Lines on their way through the judge. ``waiting`` are those given to it whose scorecards are not out yet."""

    files: Sequence[Path]
    waiting: deque[tuple[int, Line, Rubric]] = field(default_factory=deque)
    failed: bool = False

    def items(self) -> Iterator[Item]:
        rubric_at = cache(read_rubric)
        for place, number, raw in _lines(self.files):
            if not raw.strip():
                continue
            try:
                line = Line.model_validate_json(raw)
                rubric = rubric_at(Path(line.rubric))
            except ValidationError as error:
                reasons = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'line'}: {e['msg']}" for e in error.errors())
                self._refuse(f"{place}:{number}: {reasons}")
            except RubricFileError as error:
                self._refuse(f"{place}:{number}: {error}")
            else:
                self.waiting.append((number, line, rubric))
                yield Item(line.as_answer(), rubric, line.question_text, line.names)

    def _refuse(self, reason: str) -> None:
        print(reason, file=sys.stderr)
        self.failed = True


def main(argv: Sequence[str] | None = None) -> int:
    options = _options(argv)
    judge = judge_options(options)
    reading = _Reading(options.files)
    computes = judge.kind in ("embedded", "local")
    try:
        with ExitStack() as held:
            if options.workers > 1 and computes:
                cards = score_apart(reading.items(), judge, processes=options.workers)
            elif judge.kind == "chat" and options.workers > MOST_THREADS:
                processes = min(os.cpu_count() or 1, -(-options.workers // MOST_THREADS))
                lanes = held.enter_context(Lanes(judge, processes=processes, threads=options.workers))
                cards = lanes.score(reading.items())
            else:
                cards = score_together(reading.items(), make_judge(judge), threads=options.workers)
            for card in cards:
                number, line, rubric = reading.waiting.popleft()
                scored = {"line": number, "id": line.id, "scorecard": card.to_dict(), "total": total(card, rubric)}
                print(json.dumps(scored, ensure_ascii=False), flush=True)
    except (OSError, UnicodeDecodeError, ModelMissing, ModelRefused) as error:
        print(f"scoring: {error}", file=sys.stderr)
        return 2
    except BrokenProcessPool:
        print(
            "scoring: a process that scores was ended, perhaps for want of memory; try fewer --workers", file=sys.stderr
        )
        return 2
    return 1 if reading.failed else 0


def _lines(files: Sequence[Path]) -> Iterator[tuple[str, int, str]]:
    for path in files:
        with path.open(encoding="utf-8") as file:
            yield from ((str(path), number, raw) for number, raw in enumerate(file, start=1))
    if not files:
        yield from (("stdin", number, raw) for number, raw in enumerate(sys.stdin, start=1))


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scoring", description="Score answers given as JSON Lines.")
    parser.add_argument("files", nargs="*", type=Path, help="JSON Lines files; standard input where none is given")
    parser.add_argument(
        "--workers", type=_positive, default=1, metavar="N",
        help="answers judged at once: processes of an embedded or local judge, else requests up to --slots (default 1)",
    )  # fmt: skip
    add_judge_arguments(parser)
    return parser.parse_args(argv)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
