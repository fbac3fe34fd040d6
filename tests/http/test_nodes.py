"""Several nodes behind one address: where a page is sent, by whose word, and which pages may go there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from interviewer.http.nodes import origin_of
from interviewer.http.passwords import Passwords
from interviewer.http.pins import Pin, Pins
from interviewer.http.site import build_site
from interviewer.live.errors import Elsewhere, Restarting
from interviewer.records import nodes
from tests.http.joining import ORIGIN, Candidate, candidate, joined
from tests.http.scripted_live import ANSWER
from tests.http.sockets import open_socket

__all__ = ["candidate", "joined"]

SDP = {"Content-Type": "application/sdp"}
HERE, THERE = "http://one.example", "http://two.example"


@pytest.fixture
async def pins() -> Pins:
    return Pins("what all nodes share")


@pytest.fixture
async def one_of_two(joined: Candidate, pins: Pins, passwords: Passwords) -> Candidate:
    """Its page comes from the address of all; the node has one of its own."""
    options = replace(joined.rooms.options, node=Pin("node_one", HERE))
    rooms = replace(joined.rooms, pins=pins, options=options)
    site = build_site(rooms, passwords=passwords)
    transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
    headers = {"Accept": "application/json", "Origin": ORIGIN, "Sec-Fetch-Site": "cross-site", "X-Tab": "a-tab-of-mine"}
    script = httpx.AsyncClient(transport=transport, base_url=HERE, headers=headers)
    return replace(joined, rooms=rooms, site=site, script=script)


async def test_the_answer_says_where_the_interview_is_held_signed(one_of_two: Candidate, pins: Pins) -> None:
    for url in (f"{one_of_two.link}/offer", f"{one_of_two.link}/offer?as=json"):
        reply = await one_of_two.script.post(url, content=ANSWER, headers=SDP)
        assert reply.status_code == 201
        assert reply.headers["location"] == f"{HERE}{one_of_two.link}/control"
        interview = await one_of_two.interview()
        pin = pins.read(reply.headers["x-node"], interview.id, one_of_two.rooms.clock())
        assert pin == Pin("node_one", HERE)
    body = reply.json()
    assert (body["type"], body["sdp"], body["location"]) == ("answer", ANSWER, f"{HERE}{one_of_two.link}/control")
    assert pins.read(body["node"], interview.id, one_of_two.rooms.clock()) == pin


async def test_a_request_that_comes_to_the_wrong_node_is_told_the_right_one(one_of_two: Candidate, pins: Pins) -> None:
    one_of_two.live.refusal = Elsewhere("node_two", THERE)
    interview = await one_of_two.interview()
    honest = pins.sign(interview.id, Pin("node_one", HERE), one_of_two.rooms.clock())
    reply = await one_of_two.script.post(f"{one_of_two.link}/offer", content=ANSWER, headers={**SDP, "X-Node": honest})
    assert (reply.status_code, reply.json()["code"]) == (409, "elsewhere")
    assert reply.json()["address"] == THERE
    assert reply.headers["location"] == f"{THERE}{one_of_two.link}/control"
    told = pins.read(reply.json()["node"], interview.id, one_of_two.rooms.clock())
    assert told == Pin("node_two", THERE)


async def test_forged_and_borrowed_addresses_are_refused(one_of_two: Candidate, pins: Pins) -> None:
    now, interview = one_of_two.rooms.clock(), await one_of_two.interview()
    pin = Pin("node_two", THERE)
    good = pins.sign(interview.id, pin, now)
    forged = (
        "nonsense",
        good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        good.replace(".", "x."),
        Pins("a guess").sign(interview.id, Pin("node_evil", "http://evil.example"), now),
        pins.sign("int_anotherone", pin, now),
        pins.sign(interview.id, pin, now - timedelta(days=2)),
    )
    for signed in forged:
        for path, body in (("offer", ANSWER), ("typed", "{}"), ("lobby", "{}")):
            reply = await one_of_two.script.post(
                f"{one_of_two.link}/{path}", content=body, headers={**SDP, "X-Node": signed}
            )
            assert (reply.status_code, reply.json()["code"]) == (400, "node-forged")
    query = f"tab=a-tab-of-mine&node={forged[1]}"
    async with open_socket(one_of_two.site, f"{one_of_two.link}/control", query) as socket:
        assert (await socket.message())["code"] == "node-forged"
    assert one_of_two.live.offers == []


async def test_pages_of_the_common_address_come_through_and_no_others(one_of_two: Candidate) -> None:
    url = f"{one_of_two.link}/offer"
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-node,x-tab"}
    allowed = await one_of_two.script.options(url, headers=asking)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    reply = await one_of_two.script.post(url, content=ANSWER, headers=SDP)
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert "X-Node" in reply.headers["access-control-expose-headers"]
    foreign = {"Origin": "https://elsewhere.example"}
    assert (await one_of_two.script.options(url, headers={**asking, **foreign})).status_code == 400
    refused = await one_of_two.script.post(url, content=ANSWER, headers={**SDP, **foreign})
    assert refused.json()["code"] == "forged-request"
    assert "access-control-allow-origin" not in refused.headers
    assert len(one_of_two.live.offers) == 1
    login = await one_of_two.script.post("/login", data={"email": "a", "password": "b"})
    assert "access-control-allow-origin" not in login.headers, "nothing but candidates' pages"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Interviews.Example.com:443/", "https://interviews.example.com"),
        ("http://one.example:8000/below", "http://one.example:8000"),
        ("HTTP://[::1]:80", "http://[::1]"),
    ],
)
async def test_origins_are_written_as_browsers_write_them(url: str, origin: str) -> None:
    assert origin_of(url) == origin


async def test_the_page_may_talk_to_all_nodes_that_are_alive(one_of_two: Candidate) -> None:
    async with one_of_two.rooms.database.session() as session:
        for node, address in (("node_one", HERE), ("node_two", THERE), ("node_three", "http://three.example")):
            await nodes.register(session, node, address=address, host="h", version="1")
        await nodes.beat(session, "node_three", "gone", 0)
    page = await one_of_two.script.get(f"{one_of_two.link}/interview", headers={"Accept": "text/html"})
    policy = page.headers["content-security-policy"]
    assert f"connect-src 'self' {HERE} ws://one.example {THERE} ws://two.example;" in policy


async def test_a_node_without_an_address_of_its_own_sends_nobody_anywhere(joined: Candidate) -> None:
    joined.live.refusal = Elsewhere("node_two", "")
    reply = await joined.script.post(f"{joined.link}/offer", content=ANSWER, headers=SDP)
    assert (reply.status_code, reply.json()["code"]) == (503, "elsewhere")
    assert int(reply.headers["retry-after"]) <= 5
    assert "address" not in reply.json()


async def test_a_process_that_is_about_to_stop_says_so_calmly(joined: Candidate) -> None:
    joined.live.refusal = Restarting()
    reply = await joined.script.post(f"{joined.link}/offer", content=ANSWER, headers=SDP)
    assert (reply.status_code, reply.json()["code"]) == (503, "restarting")
    assert "Nothing is lost" in reply.json()["detail"]
    assert int(reply.headers["retry-after"]) <= 5
