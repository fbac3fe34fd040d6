"""Asking for a scoring run: the same for the API and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.http.problems import Problem
from interviewer.plans.library import Library, UnknownPlan
from interviewer.records import runs
from interviewer.records.tables import ScoringRun
from scoring.rubric import Rubric

__all__ = ["Desk", "RunWish", "ask_for_run"]


class Desk(Protocol):
    """``judges``: the kinds that workers of this service have settings for, the usual one first."""

    @property
    def library(self) -> Library: ...
    @property
    def judges(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class RunWish:
    """``rubric`` as a whole or by its name; None for that of each answer's own plan. Empty and None mean any."""

    rubric: Rubric | str | None = None
    judge: str | None = None
    dry_run: bool = False
    answers: tuple[str, ...] = ()
    interviews: tuple[str, ...] = ()
    plan: str | None = None
    questions: tuple[str, ...] = ()
    ended_after: datetime | None = None
    ended_before: datetime | None = None
    livemode: bool = True
    requested_by: str = ""

    def asked(self) -> dict[str, Any]:
        parts = {
            "answers": list(self.answers),
            "interviews": list(self.interviews),
            "plan": self.plan,
            "questions": list(self.questions),
            "ended_after": self.ended_after.isoformat() if self.ended_after else None,
            "ended_before": self.ended_before.isoformat() if self.ended_before else None,
        }
        return {"livemode": self.livemode, **{name: value for name, value in parts.items() if value}}


async def ask_for_run(session: AsyncSession, desk: Desk, wish: RunWish) -> ScoringRun:
    """Raises ``invalid`` (422) with each field that is wrong."""
    errors: list[dict[str, str]] = []
    rubric = desk.library.rubric(wish.rubric) if isinstance(wish.rubric, str) else wish.rubric
    if rubric is None and wish.rubric is not None:
        known = ", ".join(desk.library.rubrics())
        errors.append({"param": "rubric", "reason": f"There is no rubric {wish.rubric}. There is: {known}."})
    judge = wish.judge or desk.judges[0]
    if judge not in desk.judges:
        known = ", ".join(desk.judges)
        errors.append({"param": "judge", "reason": f"There are no settings for the judge {judge}. There is: {known}."})
    if wish.plan is not None:
        try:
            desk.library.get(wish.plan)
        except UnknownPlan as error:
            errors.append({"param": "filter.plan", "reason": str(error)})
    if errors:
        detail = "; ".join(f"{e['param']}: {e['reason']}" for e in errors)
        raise Problem(422, "invalid", "The request is not as expected", detail, errors=errors)
    return await runs.make_run(
        session,
        asked=wish.asked(),
        rubric=None if rubric is None else rubric.model_dump(mode="json", by_alias=True),
        judge=judge,
        dry_run=wish.dry_run,
        requested_by=wish.requested_by,
    )
