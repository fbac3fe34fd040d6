"""Human ratings as JSON Lines: one row for each rating of one answer by one rater.

    {"question_id": "rice", "question_text": "...", "answer_id": "a1", "text": "...", "rater": "r1", "level": 4}
    {"rubric": "golden-answer", ..., "levels": {"correctness": 4, "helpfulness": 2}}

``level`` is the overall level, ``levels`` those of criteria; a row has either or both, from 1 to 5, halves allowed.
``question_id`` may be left out where ``rubric`` names the rubric. Optional: ``reference`` (a model answer to the
question) and ``language`` (default "en"). Raters stand under any name that tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from scoring.sentences import words
from scoring.transcript import content_hash

__all__ = ["OVERALL", "QuestionRatings", "RatedAnswer", "RefusedRow", "read_ratings"]

OVERALL = "overall level"
"""The name of what is rated where it is no criterion. No criterion's id has a blank in it."""


def _no_truth(given: object) -> object:
    if isinstance(given, bool):
        raise ValueError("true and false are no levels; give 1 to 5")  # Pydantic lets a TypeError through
    return given


Level = Annotated[float, BeforeValidator(_no_truth), Field(ge=1, le=5, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    answer_id: Name
    text: str
    question_text: Annotated[str, Field(min_length=1)]
    rater: Name
    question_id: Name | None = None
    rubric: Name | None = None
    reference: str | None = None
    language: str = "en"
    level: Level | None = None
    levels: dict[str, Level] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.question_id is None and self.rubric is None:
            raise ValueError('give "question_id", or "rubric" with the name of the rubric')
        if self.level is None and not self.levels:
            raise ValueError('give "level" (1 to 5), or "levels" with a level for each criterion that was rated')
        if not words(self.text):
            raise ValueError("the answer has no words; leave it out: blank answers flatter every figure")
        return self

    @property
    def question(self) -> str:
        return self.question_id or self.rubric or ""

    @property
    def given(self) -> dict[str, float]:
        """Level by what was rated."""
        return self.levels | ({} if self.level is None else {OVERALL: self.level})


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not used: where it stands, why with how to mend it, and the row as it came."""

    place: str
    line: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class RatedAnswer:
    """``levels`` by what was rated (a criterion's id or OVERALL) and then by rater."""

    answer_id: str
    text: str
    language: str
    levels: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class QuestionRatings:
    """All rated answers to one question, in order of ``answer_id``."""

    question_id: str
    question_text: str
    reference: str | None
    answers: tuple[RatedAnswer, ...]

    @property
    def hash(self) -> str:
        rows = sorted((a.answer_id, a.text, t, r, x) for a in self.answers for t, by in a.levels.items()
                      for r, x in by.items())  # fmt: skip
        return content_hash([self.question_text, self.reference, rows])

    @property
    def targets(self) -> tuple[str, ...]:
        """What was rated: OVERALL first, then criteria by id."""
        return tuple(sorted({t for a in self.answers for t in a.levels}, key=lambda t: (t != OVERALL, t)))

    def table(self, target: str) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
        """(raters, levels): one row for each answer, one column for each rater, nan where there is no rating."""
        raters = sorted({r for a in self.answers for r in a.levels.get(target, {})})
        nan = float("nan")
        rows = [[a.levels.get(target, {}).get(r, nan) for r in raters] for a in self.answers]
        return tuple(raters), np.asarray(rows, dtype=np.float64).reshape(len(self.answers), len(raters))


@dataclass(slots=True)
class _Question:
    text: str
    reference: str | None
    line: int
    answers: dict[str, tuple[int, _Row]] = field(default_factory=dict)
    levels: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    worded: dict[tuple[str, ...], str] = field(default_factory=dict)
    """The first answer of these words."""


def read_ratings(
    rows: Iterable[tuple[str, int, str]],
    *,
    rubric: str | None = None,
    criteria: Sequence[str] | None = None,
    distinct: bool = False,
) -> tuple[tuple[QuestionRatings, ...], tuple[RefusedRow, ...]]:
    """Ratings by question, and the rows that were refused; the others count without them.

    ``rows`` are (place, line number, text). With ``rubric`` and ``criteria`` rows for another rubric or with other
    criteria are refused too. With ``distinct`` so are those whose answer has the words of another (what a scorer was
    fitted on must not be what it is tested on), or whose question those of another: a scorer goes by its words.
    """
    questions: dict[str, _Question] = {}
    refused: list[RefusedRow] = []
    for place, line, raw in rows:
        if not raw.strip():
            continue
        try:
            row = _Row.model_validate_json(raw)
        except ValidationError as error:
            reason = "; ".join(
                f"{'.'.join(map(str, e['loc'])) or 'row'}: {e['msg'].removeprefix('Value error, ')}"
                for e in error.errors()
            )
            refused.append(RefusedRow(place, line, reason, raw.rstrip("\n")))
            continue
        reason = _foreign(row, rubric, criteria) or _contradiction(row, questions)
        reason = reason or (_copy(row, questions) or _asked_before(row, questions) if distinct else "")
        if reason:
            refused.append(RefusedRow(place, line, reason, raw.rstrip("\n")))
            continue
        question = questions.setdefault(row.question, _Question(row.question_text, row.reference, line))
        question.answers.setdefault(row.answer_id, (line, row))
        question.worded.setdefault(tuple(words(row.text)), row.answer_id)
        for target, level in row.given.items():
            question.levels.setdefault(row.answer_id, {}).setdefault(target, {})[row.rater] = level
    return tuple(_resolved(name, q) for name, q in sorted(questions.items())), tuple(refused)


def _foreign(row: _Row, rubric: str | None, criteria: Sequence[str] | None) -> str:
    if rubric is not None and row.rubric not in (None, rubric):
        return f"rubric: this rating is for rubric {row.rubric!r}, not {rubric!r}; put it into a file of its own"
    unknown = [] if criteria is None else sorted(set(row.levels) - set(criteria))
    if unknown:
        return (
            f"levels: the rubric has no criterion {', '.join(map(repr, unknown))}; it has {', '.join(criteria or ())}"
        )
    return ""


def _contradiction(row: _Row, questions: Mapping[str, _Question]) -> str:
    question = questions.get(row.question)
    if question is None:
        return ""
    if question.text != row.question_text:
        return (
            f"question_text: question {row.question!r} is worded otherwise in line {question.line}; "
            "give each wording a question_id of its own"
        )
    if row.reference != question.reference:
        return f"reference: it differs from the one in line {question.line}; give all rows of a question the same"
    line, known = question.answers.get(row.answer_id, (0, row))
    if (known.text, known.language) != (row.text, row.language):
        return (
            f"text: answer {row.answer_id!r} has another text in line {line}; give each answer an answer_id of its own"
        )
    again = [t for t in row.given if row.rater in question.levels.get(row.answer_id, {}).get(t, {})]
    if again:
        return (
            f"rater: {row.rater!r} has rated answer {row.answer_id!r} before ({', '.join(again)}); "
            "keep one of the two rows, or name the second rater"
        )
    return ""


def _copy(row: _Row, questions: Mapping[str, _Question]) -> str:
    question = questions.get(row.question)
    first = None if question is None else question.worded.get(tuple(words(row.text)))
    if first in (None, row.answer_id):
        return ""
    return (
        f"text: answer {row.answer_id!r} has the same words as {first!r}, so it was not counted again: "
        "a scorer tested on what it was fitted on looks better than it is"
    )


def _asked_before(row: _Row, questions: Mapping[str, _Question]) -> str:
    asked = " ".join(row.question_text.split())
    for name, question in questions.items():
        if name != row.question and " ".join(question.text.split()) == asked:
            return (
                f"question_id: question {name!r} in line {question.line} has the same words as {row.question!r}, and a "
                "scorer goes by the words; give both one question_id, or word them apart"
            )
    return ""


def _resolved(name: str, question: _Question) -> QuestionRatings:
    answers = tuple(
        RatedAnswer(answer_id, row.text, row.language, question.levels[answer_id])
        for answer_id, (_, row) in sorted(question.answers.items())
    )
    return QuestionRatings(name, question.text, question.reference, answers)
