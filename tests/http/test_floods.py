"""Who asks for too much at a candidate's link is told to wait, and nobody else notices."""

from __future__ import annotations

import pytest

from tests.http.joining import Candidate, candidate, joined
from tests.http.scripted_live import ANSWER
from tests.http.sockets import Socket, open_socket

__all__ = ["candidate", "joined"]

SDP = {"Content-Type": "application/sdp"}
TAB = "tab=a-tab-of-mine"


@pytest.mark.parametrize(("path", "most"), [("offer", 30), ("connection-test", 10)])
async def test_a_flood_of_offers_is_told_to_wait_and_the_interview_goes_on(
    joined: Candidate, path: str, most: int
) -> None:
    url = f"{joined.link}/{path}"
    replies = [await joined.script.post(url, content=ANSWER, headers=SDP) for _ in range(most + 5)]
    assert [r.status_code for r in replies] == [201] * most + [429] * 5
    refused = replies[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "rate-limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert len(joined.live.offers) == (most if path == "offer" else 0)
    body = {"question_id": await joined.first_question(), "text": "I am still here."}
    assert (await joined.script.post(f"{joined.link}/typed", json=body)).status_code == 204


async def test_offers_that_are_garbage_count_too(joined: Candidate) -> None:
    url = f"{joined.link}/offer"
    replies = [(await joined.script.post(url, content="x", headers=SDP)).status_code for _ in range(31)]
    assert replies == [422] * 30 + [429]


async def test_guessing_links_by_socket_is_slowed_down_as_by_page(joined: Candidate) -> None:
    for n in range(30):
        async with open_socket(joined.site, f"/i/no-such-link-{n}/control", TAB) as socket:
            assert (await socket.message())["code"] == "link-unknown"
            assert await socket.close_code() == 4400
    refused = Socket(joined.site, "/i/one-more/control", TAB)
    assert await refused.close_code() == 1008  # before it is accepted
    await refused.task


async def test_a_page_that_goes_on_asking_with_a_link_that_was_renewed_uses_up_nobodys_tries(
    joined: Candidate,
) -> None:
    for _ in range(40):
        assert (await joined.script.get("/i/renewed-meanwhile/transcript.json")).status_code == 404
    async with open_socket(joined.site, "/i/a-mistyped-link/control", TAB) as socket:
        assert (await socket.message())["code"] == "link-unknown"


async def test_who_guesses_keeps_no_candidate_at_the_same_address_from_their_interview(joined: Candidate) -> None:
    for n in range(31):
        last = await joined.script.get(f"/i/no-such-link-{n}/transcript.json")
    assert last.status_code == 429
    body = {"question_id": await joined.first_question(), "text": "I am still here."}
    assert (await joined.script.post(f"{joined.link}/typed", json=body)).status_code == 204
    async with open_socket(joined.site, f"{joined.link}/control", TAB) as socket:
        socket.say('{"t": "ping", "n": 1}')
        assert await socket.message() == {"t": "pong", "n": 1}
    assert (await joined.script.get("/i/another/transcript.json")).status_code == 429


async def test_a_socket_with_a_good_link_is_never_counted(joined: Candidate) -> None:
    for _ in range(31):
        async with open_socket(joined.site, f"{joined.link}/control", TAB) as socket:
            socket.say('{"t": "ping", "n": 1}')
            assert await socket.message() == {"t": "pong", "n": 1}


async def test_a_flood_by_socket_closes_it_and_does_not_reach_the_interview(joined: Candidate) -> None:
    async with open_socket(joined.site, f"{joined.link}/control", TAB) as socket:
        for n in range(2000):
            socket.say(f'{{"t": "ping", "n": {n}}}')
        await socket.task
    assert len(joined.live.received) == 900
    assert joined.live.detached == joined.live.links
