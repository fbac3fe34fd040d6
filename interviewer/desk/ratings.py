"""``interviewer ratings``: what people gave, as the rows that ``python -m scoring calibrate`` reads."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from interviewer.app import open_database
from interviewer.http.review import Review, gather
from interviewer.records.reviews import GivenReview, rated_interviews, reviews_of
from interviewer.settings import Settings
from scoring.sentences import words
from scoring.transcript import Transcript

__all__ = ["ratings"]

Progress = Callable[[str], None]


async def ratings(
    settings: Settings, progress: Progress, *, plan: str | None, rubric: str | None, with_hints: bool
) -> AsyncIterator[str]:
    """A line of JSON for each person and answer, of one plan or by one rubric where they are named. Levels that were
    given with a judge's in sight are left out unless ``with_hints``: they would make people and judge agree more than
    they do. Raters are told apart and not named."""
    rows = 0
    left_out = 0
    async with open_database(settings, progress) as database:
        async with database.session() as session:
            chosen = await rated_interviews(session, plan)
        for interview_id in chosen:
            async with database.session() as session:
                review = await gather(session, interview_id)
                given = await reviews_of(session, interview_id, without_hints=not with_hints)
            left_out += len(review.reviews) - len(given)
            for row in _rows(review, given):
                if rubric in (None, row["rubric"]):
                    rows += 1
                    yield json.dumps(row, ensure_ascii=False)
    progress(f"{rows} rating{'' if rows == 1 else 's'}")
    if left_out:
        progress(f"Given with Melvin's levels in sight and left out (--with-hints takes them): {left_out}")


def _rows(review: Review, given: list[GivenReview]) -> Iterator[dict[str, Any]]:
    sections = {s.question_id: s for s in review.sections}
    read = {t.version: Transcript.from_dict(t.body) for t in review.transcripts}
    plan, variables = review.interview.invitation.plan.name, review.interview.invitation.variables
    told = "".join(f" {name}={value}" for name, value in sorted(variables.items()))
    for one in given:
        section, transcript = sections.get(one.question_id), read.get(one.row.transcript_version)
        if section is None or transcript is None or not one.row.levels or one.row.rubric_hash != section.rubric.hash:
            continue
        answer = transcript.answer(one.question_id)
        if words(answer.text):
            yield {
                "question_id": f"{plan}/{one.question_id}{told}"[:200],
                "rubric": section.rubric.rubric,
                "question_text": section.text,
                "answer_id": one.row.answer_id,
                "text": answer.text,
                "language": transcript.language,
                "rater": one.row.account_id,
                "levels": one.row.levels,
            }
