"""The candidate's pages: notice and consent, the interview, the check of the transcript, the receipt."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from interviewer.conversation.casting import script_for
from interviewer.conversation.script import Script
from interviewer.http.body import read_form
from interviewer.http.headers import WITH_CAMERA
from interviewer.http.link import Running, Step, Visit, VisitHere
from interviewer.http.nodes import node_addresses, origin_of, policy_for
from interviewer.http.pages import render
from interviewer.http.problems import Problem
from interviewer.http.transcript_check import TooLong, Written, as_text, checked_questions, correct, written_out
from interviewer.jobs.late_words import carry_correction
from interviewer.plans.notice import Notice
from interviewer.plans.variables import announced, filled
from interviewer.records import consents, interviews, transcripts
from interviewer.records.tables import Interview
from scoring.transcript import Transcript

__all__ = ["router"]

router = APIRouter(prefix="/i/{token}", include_in_schema=False)

CONSENT_FORM = 4_096  # bytes
CHECK_FORM = 4_194_304  # bytes: an hour of speech, every character written as nine
TURN_FIELD = re.compile(r"^turn-(\d{1,5})$")


def _notice(visit: Visit) -> Notice:
    """The notice in the words that this candidate reads; its hash is what the consent keeps."""
    bundle = visit.bundle
    notice = bundle.notice.filled(announced(bundle.plan, visit.invitation.accommodation))
    return notice if bundle.plan.camera and visit.invitation.livemode else notice.without_camera()


def _page(visit: Visit, request: Request, name: str, context: dict[str, Any], status: int = 200) -> HTMLResponse:
    bundle = filled(visit.bundle, visit.invitation.variables)
    shared = {
        "visit": visit,
        "plan": bundle.plan,
        "facts": announced(bundle.plan, visit.invitation.accommodation),
        "language": bundle.plan.language,
        "candidate": visit.invitation.candidate.name,
        "support": visit.rooms.options.support_contact,
    }
    return render(request, f"candidate/{name}.html", {**shared, **context}, status=status)


def _elsewhere(visit: Visit) -> RedirectResponse:
    """To the page where this candidate is; 303, so that a form is not sent twice."""
    return RedirectResponse(visit.address(visit.step), status_code=303, headers={"Cache-Control": "no-store"})


def _interview(visit: Visit) -> Interview:
    if visit.interview is None:
        raise Problem(409, "consent-missing", "Please read and accept the notice first", next=visit.base)
    return visit.interview


def _over(visit: Visit) -> Interview:
    interview = _interview(visit)
    if visit.step is Step.INTERVIEW:
        raise Problem(
            409, "interview-open", "The interview is not over yet", "Its transcript comes at its end.", next=visit.base
        )
    return interview


@router.get("")
async def read_notice(request: Request, visit: VisitHere, notice: str | None = None) -> Response:
    """``?notice`` shows the notice again to those who have agreed to it."""
    if visit.step is Step.NOTICE:
        context = {"notice": _notice(visit), "agreed": None, "missing": False, "camera": False}
        return _page(visit, request, "notice", context)
    if notice is None:
        return _elsewhere(visit)
    async with visit.rooms.database.session() as session:
        consent = await consents.consent_for(session, visit.invitation.id)
    if consent is None:
        return _elsewhere(visit)
    agreed_to = Notice.model_validate(consent.notice_text)
    agreed = {"agreed": consent.accepted_at, "camera": consent.camera, "missing": False}
    return _page(visit, request, "notice", {"notice": agreed_to, **agreed})


@router.post("/consent")
async def agree(request: Request, visit: VisitHere) -> Response:
    """Keeps the words agreed to, with their hash, and creates the interview."""
    form = await read_form(request, CONSENT_FORM)
    if visit.step is not Step.NOTICE:
        return _elsewhere(visit)
    notice = _notice(visit)
    if form.get("agree") != "yes" or form.get("notice_hash") != notice.hash:
        context = {"notice": notice, "agreed": None, "missing": True, "camera": form.get("camera") == "yes"}
        return _page(visit, request, "notice", context, status=422)
    invitation = visit.invitation
    script = script_for(visit.bundle, invitation.variables, invitation.accommodation)
    async with visit.rooms.database.session() as session:
        await consents.record_consent(
            session,
            invitation_id=invitation.id,
            notice_hash=notice.hash,
            notice_text=notice.model_dump(mode="json"),
            language=notice.language,
            camera=None if notice.camera is None else form.get("camera") == "yes",
        )
        await interviews.create_interview(session, invitation.id, script.to_dict())
    return RedirectResponse(visit.address(Step.INTERVIEW), status_code=303)


@router.get("/interview")
async def interview_page(request: Request, visit: VisitHere) -> Response:
    if visit.step is not Step.INTERVIEW:
        return _elsewhere(visit)
    interview = _interview(visit)
    options = visit.rooms.options
    async with visit.rooms.database.session() as session:
        consent = await consents.consent_for(session, visit.invitation.id)
    camera = consent is not None and consent.camera is True and consent.camera_off_at is None
    config = {
        "base": visit.base,
        "ice_servers": [s.for_page(visit.rooms.clock().timestamp()) for s in options.ice_servers],
        "relay_only": options.relay_only,
        "typed_limit": options.typed_limit,
        "begun": interview.status != "created",
        "camera": camera,
    }
    nodes = await node_addresses(visit) if options.node.address else []
    config["nodes"] = [origin_of(address) for address in nodes]
    page = _page(visit, request, "interview", {"config": config, "begun": config["begun"]})
    if nodes:
        page.headers["Content-Security-Policy"] = policy_for(nodes)
    if camera:
        page.headers["Permissions-Policy"] = WITH_CAMERA
    return page


@router.post("/camera/off", status_code=204)
async def turn_camera_off(visit: VisitHere) -> None:
    """For good: no page of this link asks for it again. What was recorded before stays."""
    _interview(visit)
    async with visit.rooms.database.session() as session:
        await consents.camera_off(session, visit.invitation.id, visit.rooms.clock())


@router.get("/sound-check.wav")
async def sound_check(talk: Running) -> Response:
    sound = await talk.visit.rooms.live.sound_check()
    return Response(sound, media_type="audio/wav", headers={"Cache-Control": "private, max-age=600"})


@router.get("/check")
async def check_page(request: Request, visit: VisitHere) -> Response:
    if visit.step is not Step.CHECK:
        return _elsewhere(visit)
    interview = _interview(visit)
    async with visit.rooms.database.session() as session:
        written = await written_out(session, interview)
    questions = []
    if written.transcript is not None:
        questions = checked_questions(Script.from_dict(interview.script), written.transcript)
    return _page(visit, request, "check", {"written": written, "questions": questions})


@router.get("/transcript.json")
async def transcript_json(visit: VisitHere) -> Response:
    """What the check page asks every few seconds. ``status``: writing or ready."""
    interview = _over(visit)
    async with visit.rooms.database.session() as session:
        written = await written_out(session, interview)
    return JSONResponse(_written_json(interview, written), headers={"Cache-Control": "no-store"})


def _written_json(interview: Interview, written: Written) -> dict[str, Any]:
    if written.row is None or written.transcript is None:
        return {"status": "writing", "done": written.done, "total": written.total}
    questions = checked_questions(Script.from_dict(interview.script), written.transcript)
    return {
        "status": "ready",
        "version": written.row.version,
        "source": written.row.source,
        "questions": [
            {
                "id": q.id,
                "title": q.title,
                "text": q.text,
                "turns": [{"index": t.index, "typed": t.typed, "text": t.text, "asked": t.asked} for t in q.turns],
            }
            for q in questions
        ],
    }


@router.post("/check")
async def submit(request: Request, visit: VisitHere) -> Response:
    """``choice``: checked (with the turns' texts and the ``version`` they were read in) or pass. What else it says, no
    text that was sent is passed over."""
    form = await read_form(request, CHECK_FORM)
    if visit.step is not Step.CHECK:
        return _elsewhere(visit)
    interview = _interview(visit)
    texts = {} if form.get("choice") == "pass" else _texts(form)
    async with visit.rooms.database.session() as session:
        submitted = await interviews.set_status(
            session, interview.id, "submitted", only_from=("checking",), submitted_at=visit.rooms.clock()
        )
        if submitted and texts:
            await _store_correction(session, interview, form.get("version", ""), texts)
    if submitted:
        await visit.rooms.jobs.defer_score(interview.id)
    return RedirectResponse(visit.address(Step.RECEIPT), status_code=303)


async def _store_correction(session: AsyncSession, interview: Interview, version: str, texts: dict[int, str]) -> None:
    """The texts belong to the version that the candidate read, whatever came after it."""
    for row in await transcripts.transcripts_of(session, interview.id):
        if str(row.version) == version:
            try:
                changed = correct(Transcript.from_dict(row.body), texts)
            except TooLong as error:
                raise _too_long(error) from None
            if changed is not None:
                made_from = transcripts.correction_of(row.version)
                await transcripts.add_transcript(
                    session, interview.id, "candidate", changed.to_dict(), made_from=made_from
                )
                await carry_correction(session, interview.id)
            return
    raise Problem(
        409,
        "transcript-changed",
        "The transcript has changed",
        "Nothing was sent yet.",
        todo=("Go back to the page before this one, and load it again. Your corrections are still there.",),
    )


def _texts(form: dict[str, str]) -> dict[int, str]:
    return {int(found[1]): value for name, value in form.items() if (found := TURN_FIELD.match(name))}


def _too_long(error: TooLong) -> Problem:
    return Problem(
        422,
        "too-long",
        "One of the corrected texts is too long",
        f"It may have at most {error.limit:,} characters; this one has {error.length:,}. Nothing was sent yet.",
        param=f"turn-{error.index}",
        limit=error.limit,
        length=error.length,
        todo=(
            "Go back to the page before this one. Your corrections are still there.",
            "Shorten the text and send again.",
        ),
    )


@router.get("/receipt")
async def receipt(request: Request, visit: VisitHere) -> Response:
    if visit.step is not Step.RECEIPT:
        return _elsewhere(visit)
    interview = _interview(visit)
    async with visit.rooms.database.session() as session:
        consent = await consents.consent_for(session, visit.invitation.id)
        written = await written_out(session, interview)
    spoken = written.row is None or any(t["mode"] == "spoken" for t in _own_turns(written.row.body))
    context = {"interview": interview, "consent": consent, "written": written, "spoken": spoken}
    return _page(visit, request, "receipt", context)


def _own_turns(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [turn for turn in body["turns"] if turn["side"] == "candidate"]


@router.get("/transcript.txt")
async def transcript_text(visit: VisitHere) -> Response:
    """The candidate's copy, with their corrections."""
    interview = _over(visit)
    async with visit.rooms.database.session() as session:
        written = await written_out(session, interview)
    if written.transcript is None:
        raise Problem(
            409,
            "transcript-not-ready",
            "The transcript is still being written out",
            "This usually takes a few minutes.",
            todo=("Come back to this link a little later.",),
        )
    text = as_text(f"Your interview: {visit.invitation.plan.title}", written.transcript)
    headers = {"Content-Disposition": 'attachment; filename="my-interview.txt"', "Cache-Control": "no-store"}
    return PlainTextResponse(text, headers=headers)
