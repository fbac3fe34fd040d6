"""A full house over http: who cannot join gets a place, asks for it, and is told when it is their turn."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from interviewer.live.errors import Busy, InterviewOver
from interviewer.live.lobby import Place
from tests.http.joining import Candidate, candidate, joined
from tests.http.scripted_live import ANSWER
from tests.http.sockets import open_socket

__all__ = ["candidate", "joined"]

SDP = {"Content-Type": "application/sdp"}


async def ask(joined: Candidate, sound: bool, **knows: Any) -> httpx.Response:
    return await joined.script.post(f"{joined.link}/lobby", json={"sound": sound, "knows": knows or None})


async def test_a_full_house_tells_both_ways_in_the_place_and_where_to_ask_again(joined: Candidate) -> None:
    joined.live.refusal = Busy(Place(2, 4, typing=True))
    told = {"code": "busy", "place": 2, "minutes": 4, "typing": True, "lobby": f"{joined.link}/lobby"}
    reply = await joined.script.post(f"{joined.link}/offer", content=ANSWER, headers=SDP)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "10")
    assert told.items() <= reply.json().items()
    async with open_socket(joined.site, f"{joined.link}/control", "tab=a-tab-of-mine") as socket:
        assert told.items() <= (await socket.message()).items()
        assert await socket.close_code() == 4400


async def test_a_page_in_the_lobby_is_told_its_place_and_then_its_turn(joined: Candidate) -> None:
    for place in (Place(1, None, typing=False), None):
        joined.live.places.put_nowait(place)
    first = await ask(joined, True)
    assert first.json() == {"enter": False, "place": 1, "minutes": None, "typing": False}
    assert (await ask(joined, False, place=1, minutes=None, typing=False)).json() == {"enter": True}
    assert joined.live.asked == [(True, None), (False, Place(1, None, typing=False))]
    assert first.headers["cache-control"] == "no-store"


async def test_nothing_to_wait_for_is_said_at_once(candidate: Candidate) -> None:
    early = await candidate.script.post(f"{candidate.link}/lobby", json={"sound": True})
    assert (early.status_code, early.json()["next"]) == (409, candidate.link)
    await candidate.agree()
    wrong = await candidate.script.post(f"{candidate.link}/lobby", json={"sound": True, "knows": {"place": 0}})
    assert wrong.status_code == 422


async def test_an_interview_that_is_over_leads_on_and_a_full_lobby_says_so(joined: Candidate) -> None:
    async def refuse(error: Exception) -> dict[str, Any]:
        async def place(*_: Any, **__: Any) -> None:
            raise error

        joined.live.place = place  # type: ignore[method-assign, assignment]  # what the registry raises while it waits
        reply: dict[str, Any] = (await ask(joined, True)).json()
        return reply

    assert (await refuse(InterviewOver()))["next"] == f"{joined.link}/check"
    full = await refuse(Busy())
    assert (full["code"], "place" in full) == ("busy", False)


async def test_a_page_that_is_gone_asks_no_more(joined: Candidate) -> None:
    path = f"{joined.link}/lobby"
    body = b'{"sound": true}'
    headers = {"host": "localhost", "origin": "http://localhost", "content-type": "application/json"}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "state": {},
        "headers": [(k.encode(), v.encode()) for k, v in {**headers, "content-length": str(len(body))}.items()],
        "client": ("127.0.0.1", 5000), "server": ("localhost", 80),
    }  # fmt: skip
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    events.put_nowait({"type": "http.request", "body": body, "more_body": False})
    events.put_nowait({"type": "http.disconnect"})

    async def send(_: Any) -> None:
        pass

    asking = asyncio.create_task(joined.site(scope, events.get, send))
    async with asyncio.timeout(20):
        await joined.live.gave_up.wait()
        await asking


async def test_asking_without_end_is_limited(joined: Candidate) -> None:
    joined.live.places.put_nowait(Place(1, None, typing=False))
    interview = await joined.interview()
    for _ in range(119):
        joined.site.state.rate_limits.count("lobby", interview.id)
    assert [(await ask(joined, True)).status_code for _ in range(2)] == [200, 429]
