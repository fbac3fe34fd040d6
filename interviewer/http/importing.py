"""What imported answers answer: a question of a plan, named itself or by its rubric."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.http.inviting import Invites, bundle_of
from interviewer.http.problems import Problem
from interviewer.plans.bundle import PlanBundle
from interviewer.records import imports, plan_versions
from interviewer.records.tables import AnswerImport

__all__ = ["begin_import"]


async def begin_import(
    session: AsyncSession,
    rooms: Invites,
    *,
    plan: str | None,
    question: str | None,
    rubric: str | None,
    media_type: str,
    livemode: bool,
    created_by: str,
) -> AnswerImport:
    """An import without rows. Raises :class:`Problem` 422 where nothing or too much is named."""
    bundle, question_id = _target(rooms, plan, question, rubric)
    stored = await plan_versions.store_plan(
        session,
        name=bundle.plan.plan,
        version=bundle.plan.version,
        hash=bundle.hash,
        title=bundle.plan.title,
        body=bundle.to_dict(),
    )
    return await imports.add_import(
        session,
        plan_id=stored.id,
        question_id=question_id,
        media_type=media_type,
        livemode=livemode,
        created_by=created_by,
    )


def _target(rooms: Invites, plan: str | None, question: str | None, rubric: str | None) -> tuple[PlanBundle, str]:
    library = rooms.library
    if plan is not None and question is not None and rubric is None:
        bundle = bundle_of(rooms, plan, None)
        if question not in [q.id for q in bundle.plan.questions]:
            raise _wrong("question-unknown", "question", f"The plan {plan} has no question {question}.")
        return bundle, question
    if rubric is None or plan is not None or question is not None:
        raise _wrong("invalid", "rubric", "Name a plan and its question, or a rubric.")
    for name in library.names():
        bundle = library.get(name)
        found = next((q.id for q in bundle.plan.questions if q.rubric == rubric), None)
        if found is not None:
            return bundle, found
    raise _wrong("rubric-unknown", "rubric", f"No plan has a question with the rubric {rubric}.")


def _wrong(code: str, param: str, reason: str) -> Problem:
    errors = [{"param": f"query.{param}", "reason": reason}]
    return Problem(422, code, "Nothing was imported", reason, param=f"query.{param}", errors=errors)
