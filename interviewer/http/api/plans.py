"""/api/v1/plans"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from interviewer.http.api.keys import Caller, Scope, scoped
from interviewer.http.api.models import ListOf, Plan, QuestionDocument, VariableDocument
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.library import UnknownPlan

router = APIRouter(prefix="/plans", tags=["Plans"])

Reader = Annotated[Caller, Depends(scoped(Scope.PLANS_READ))]


@router.get("", operation_id="list_plans", summary="List plans that candidates can be invited to")
async def listed(request: Request, caller: Reader) -> ListOf[Plan]:
    """The newest version of each, with the variables that an invitation must give."""
    library = rooms_of(request).library
    return ListOf[Plan](data=[_plan(library.get(name)) for name in library.names()], has_more=False)


@router.get("/{name}", operation_id="get_plan", summary="Read a plan")
async def read(request: Request, caller: Reader, name: str) -> Plan:
    try:
        return _plan(rooms_of(request).library.get(name))
    except UnknownPlan:
        raise Problem(404, "not-found", "There is no such plan", f"No plan is called {name}.", param="name") from None


def _plan(bundle: PlanBundle) -> Plan:
    plan = bundle.plan
    return Plan(
        name=plan.plan,
        version=plan.version,
        title=plan.title,
        summary=plan.summary,
        language=plan.language,
        minutes=plan.minutes,
        hash=bundle.hash,
        variables=[
            VariableDocument(
                name=name,
                description=v.description,
                examples=list(v.examples),
                choices=list(v.choices),
                default=v.default,
                max_length=v.max_length,
            )
            for name, v in plan.variables.items()
        ],
        questions=[QuestionDocument(id=q.id, kind=q.kind, title=q.title, rubric=q.rubric) for q in plan.questions],
    )
