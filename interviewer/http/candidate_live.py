"""The way between the candidate's page and the running interview: offers, the fallback socket, typed text."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response, WebSocket
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse
from starlette.websockets import WebSocketDisconnect

from interviewer.http.body import read_json, read_text
from interviewer.http.link import Step, Talk, Visit, open_link
from interviewer.http.nodes import Here, check_pin
from interviewer.http.pins import PIN_HEADER
from interviewer.http.problems import Problem
from interviewer.http.rate_limits import RateLimits, TooMany
from interviewer.http.refusals import pinned, refusals

__all__ = ["router"]

router = APIRouter(prefix="/i/{token}", include_in_schema=False)

SDP_LIMIT = 65_536  # bytes; browsers' audio offers have 2 to 8 thousand
MESSAGE_LIMIT = 1_000  # bytes, as on the data channel
SENDING_AT_MOST = 256
"""Messages waiting for a slow socket; a page that is further behind than this has gone."""
TAB = re.compile(r"^[A-Za-z0-9_-]{8,64}$")

CLOSE_REFUSED = 4400
"""Why is in the message ``{"t": "refused", ...}`` sent before: browsers hide the reply to a refused handshake."""


class Written(BaseModel):
    model_config = ConfigDict(extra="forbid")

    question_id: str = Field(min_length=1, max_length=100)
    text: str


def _checked_tab(tab: str) -> str:
    if not TAB.match(tab):
        raise Problem(400, "tab-missing", "X-Tab is missing", "X-Tab names the tab: 8 to 64 letters or digits.")
    return tab


def _limit(request: Request, name: str, talk: Talk) -> None:
    """Raises :class:`TooMany`."""
    limits: RateLimits = request.app.state.rate_limits
    limits.use(name, talk.interview_id)


async def _read_offer(request: Request) -> str:
    sdp = await read_text(request, "application/sdp", SDP_LIMIT)
    if not sdp.startswith("v=0"):
        raise Problem(422, "bad-offer", "This is not an offer that can be answered", "SDP begins with v=0.")
    return sdp


@router.post("/offer")
async def offer(request: Request, talk: Here, x_tab: Annotated[str, Header()] = "") -> Response:
    """An SDP offer for this interview; the reply's shape is WHIP's (RFC 9725), or JSON with ``?as=json``. With several
    nodes it also says where this one is: the page's further requests go there, and show the pin."""
    tab = _checked_tab(x_tab)
    _limit(request, "offer", talk)
    sdp = await _read_offer(request)
    rooms = talk.visit.rooms
    with refusals(talk.visit):
        answer = await rooms.live.offer(talk.interview_id, sdp, tab)
    where = pinned(talk.visit, rooms.options.node)
    headers = {"Location": where.get("location", f"{rooms.public_url.rstrip('/')}{talk.visit.base}/control")}
    if where:
        headers[PIN_HEADER] = where["node"]
    if request.query_params.get("as") == "json":
        body = {"type": "answer", "sdp": answer, "location": headers["Location"], **where}
        return JSONResponse(body, status_code=201, headers=headers)
    return Response(answer, status_code=201, media_type="application/sdp", headers=headers)


@router.post("/connection-test")
async def connection_test(request: Request, talk: Here) -> Response:
    _limit(request, "connection-test", talk)
    sdp = await _read_offer(request)
    with refusals(talk.visit):
        answer = await talk.visit.rooms.live.connection_test(sdp)
    return Response(answer, status_code=201, media_type="application/sdp")


async def _written(request: Request, talk: Talk) -> Written:
    options = talk.visit.rooms.options
    _limit(request, "writing", talk)
    written = await read_json(request, Written, options.body_limit)
    if len(written.text) > options.typed_limit:
        raise Problem(
            413,
            "too-long",
            "That text is too long",
            f"An answer may have at most {options.typed_limit:,} characters; this one has {len(written.text):,}.",
            limit=options.typed_limit,
            length=len(written.text),
        )
    interview = talk.visit.interview
    known = {q["id"] for q in interview.script["questions"]} if interview else set()
    if written.question_id not in known:
        raise Problem(422, "question-unknown", "There is no such question", param="question_id")
    # PostgreSQL's JSON has no U+0000; nobody types it, but programs paste it.
    return written.model_copy(update={"text": written.text.replace("\x00", "")})


@router.post("/typed", status_code=204)
async def typed(
    request: Request, talk: Here, sent_as: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""
) -> None:
    """A typed answer, or one more part of it. ``sent_as`` names this message: sent again, it is one and the same."""
    written = await _written(request, talk)
    if not written.text.strip():
        raise Problem(422, "empty", "There is no text yet", "Type an answer, or press Skip for now.", param="text")
    with refusals(talk.visit):
        await talk.visit.rooms.live.typed(talk.interview_id, written.question_id, written.text, sent_as)


@router.post("/draft", status_code=204)
async def draft(request: Request, talk: Here) -> None:
    """What stands in the text box, kept as it is typed."""
    written = await _written(request, talk)
    with refusals(talk.visit):
        await talk.visit.rooms.live.draft(talk.interview_id, written.question_id, written.text)


class SocketLink:
    """Messages to the page by WebSocket, in order, sent by a task of their own."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(SENDING_AT_MOST)

    def send(self, message: dict[str, Any]) -> bool:
        try:
            self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            return False
        return True

    async def carry(self) -> None:
        """Sends until the page is gone or the task is cancelled."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._socket.send_json(await self._waiting.get())


@router.websocket("/control")
async def control(socket: WebSocket, token: str, tab: str = "") -> None:
    """The same messages as on the data channel, for pages that WebRTC cannot reach; they type, and read Melvin."""
    await socket.accept()
    try:
        visit = await open_link(socket, token)
        interview_id = _talking(visit)
        check_pin(visit, socket.query_params.get("node", ""))
        link = SocketLink(socket)
        with refusals(visit):
            await visit.rooms.live.attach(interview_id, link, _checked_tab(tab))
    except Problem as problem:
        await socket.send_json({"t": "refused", **problem.to_dict()})
        await socket.close(CLOSE_REFUSED, problem.code)
        return
    carrying = asyncio.create_task(link.carry(), name=f"control socket of {interview_id}")
    try:
        await _receive(socket, visit, interview_id, link)
    finally:
        carrying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await carrying
        await visit.rooms.live.detach(interview_id, link)


def _talking(visit: Visit) -> str:
    if visit.interview is None or visit.step is not Step.INTERVIEW:
        raise Problem(409, "interview-over", "This interview is over", next=visit.address(visit.step))
    return visit.interview.id


async def _receive(socket: WebSocket, visit: Visit, interview_id: str, link: SocketLink) -> None:
    """Until the page goes away, or says something that no page of ours says."""
    limits: RateLimits = socket.app.state.rate_limits
    # KeyError: a binary frame, which no page of ours sends.
    with contextlib.suppress(WebSocketDisconnect, KeyError):
        while True:
            text = await socket.receive_text()
            try:
                limits.use("control", interview_id)
            except TooMany:
                await socket.close(1008, "too many messages")
                return
            message = _message(text)
            if message is None:
                await socket.close(1007, "not a message")
                return
            await visit.rooms.live.receive(interview_id, link, message)


def _message(text: str) -> dict[str, Any] | None:
    if len(text.encode()) > MESSAGE_LIMIT:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and isinstance(value.get("t"), str) else None
