"""/api/v1/test/simulated-interviews: a candidate for programs that are being built."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from interviewer.http.api.keys import Caller, Scope, scoped
from interviewer.http.api.models import Interview
from interviewer.http.api.once import OnceRoute, Transaction
from interviewer.http.inviting import invitation_status
from interviewer.http.problems import Problem
from interviewer.http.rooms import rooms_of
from interviewer.jobs.defer import FINALISE, SCORE
from interviewer.live.simulation import simulate
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.library import Library
from interviewer.records import invitations
from interviewer.records.queue import defer_many

router = APIRouter(prefix="/test", tags=["Test mode"], route_class=OnceRoute)

Writer = Annotated[Caller, Depends(scoped(Scope.INVITATIONS_WRITE))]
LONGEST = 20_000
NOTHING_WRITTEN = (
    "I would begin with what the reader already knows, say the main point in one sentence, and give an example from my "
    "own work. Then I would check each fact against its source, and ask a colleague to read it before it goes out."
)
"""What is answered where the question's rubric has no worked example."""


class SimulationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    invitation_id: str = Field(max_length=64, description="of a test invitation, still open")
    answers: dict[str, Annotated[str, Field(min_length=1, max_length=LONGEST)]] = Field(
        default_factory=dict, max_length=100, description="by question id; a worked example where none is given"
    )


@router.post(
    "/simulated-interviews",
    status_code=201,
    operation_id="create_simulated_interview",
    summary="Have a simulated candidate do an interview",
)
async def create(
    request: Request, response: Response, caller: Writer, session: Transaction, wanted: SimulationIn
) -> Interview:
    """The whole interview in a second or less: the engine asks, the answers are typed, and it is submitted, with the
    same webhooks as a person's; transcript and scorecards follow from the worker as they always do.
    `test-mode-only` (403) for a live key."""
    if caller.livemode:
        raise Problem(
            403, "test-mode-only", "Only a test key may do that", "Make one: interviewer keys create --test NAME"
        )
    rooms = rooms_of(request)
    now = rooms.clock()
    invitation = await invitations.invitation(session, wanted.invitation_id, lock=True)
    if invitation is None or invitation.livemode:
        detail = f"No test invitation has the id {wanted.invitation_id}."
        raise Problem(404, "not-found", "There is no such invitation", detail, param="body.invitation_id")
    status = invitation_status(invitation, now)
    if status != "open":
        raise Problem(
            409, "invitation-not-open", "This invitation is not open", f"It is {status}.", param="body.invitation_id"
        )
    bundle = PlanBundle.from_dict(invitation.plan.body)
    unknown = sorted(set(wanted.answers) - {q.id for q in bundle.plan.questions})
    if unknown:
        errors = [{"param": f"body.answers.{name}", "reason": "The plan has no such question."} for name in unknown]
        raise Problem(
            422, "question-unknown", "The plan has no such question", ", ".join(unknown), param=errors[0]["param"],
            errors=errors,
        )  # fmt: skip
    answers = {**_examples(rooms.library, bundle), **wanted.answers}
    made = await simulate(session, invitation, answers, now)
    await defer_many(session, FINALISE, [{"interview_id": made.id}], queue="record")
    await defer_many(session, SCORE, [{"interview_id": made.id}], queue="score")
    response.headers["Location"] = f"/api/v1/interviews/{made.id}"
    return Interview.of(made)


def _examples(library: Library, bundle: PlanBundle) -> dict[str, str]:
    """The best worked example for each question."""
    found = {q.id: library.examples(q.rubric) for q in bundle.plan.questions}
    return {
        question: max(examples.examples, key=lambda e: e.level).text if examples else NOTHING_WRITTEN
        for question, examples in found.items()
    }
