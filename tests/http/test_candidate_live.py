"""Between the page and the running interview: offers, typed text, the fallback socket; and what each refuses."""

from __future__ import annotations

import pytest

from interviewer.live.errors import Busy, InterviewOver
from interviewer.media.offer import BadOffer
from tests.http.joining import Candidate, candidate, joined
from tests.http.scripted_live import ANSWER
from tests.http.sockets import open_socket

__all__ = ["candidate", "joined"]

SDP = {"Content-Type": "application/sdp"}


async def test_an_offer_is_answered_with_the_place_of_its_interview(joined: Candidate) -> None:
    reply = await joined.script.post(f"{joined.link}/offer", content=ANSWER, headers=SDP)
    assert reply.status_code == 201
    assert reply.headers["content-type"].startswith("application/sdp")
    assert reply.headers["location"] == f"http://localhost{joined.link}/control"
    assert joined.live.offers == [((await joined.interview()).id, ANSWER, "a-tab-of-mine")]


@pytest.mark.parametrize("garbage", ["", "hello", '{"sdp": "v=0"}', "\x00\x01"])
async def test_a_garbage_offer_is_refused(joined: Candidate, garbage: str) -> None:
    for path in ("/offer", "/connection-test"):
        reply = await joined.script.post(joined.link + path, content=garbage, headers=SDP)
        assert reply.status_code == 422
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["code"] == "bad-offer"
    assert joined.live.offers == []


async def test_an_offer_that_media_cannot_answer_says_why(joined: Candidate) -> None:
    joined.live.refusal = BadOffer("there is no audio section")
    reply = await joined.script.post(f"{joined.link}/offer", content=ANSWER, headers=SDP)
    assert reply.status_code == 422
    assert reply.json()["detail"] == "there is no audio section"


async def test_bytes_that_are_no_text_are_refused(joined: Candidate) -> None:
    reply = await joined.script.post(f"{joined.link}/offer", content=b"v=0\xff\xfe", headers=SDP)
    assert reply.status_code == 400


async def test_an_offer_of_another_kind_or_size_is_refused(joined: Candidate) -> None:
    url = f"{joined.link}/offer"
    assert (await joined.script.post(url, json={"sdp": ANSWER})).status_code == 415
    assert (await joined.script.post(url, files={"f": b"v=0"})).status_code == 415
    assert (await joined.script.post(url, content=ANSWER + "a" * 70_000, headers=SDP)).json()["limit"] == 65_536


async def test_an_offer_names_its_tab(joined: Candidate) -> None:
    reply = await joined.script.post(f"{joined.link}/offer", content=ANSWER, headers={**SDP, "X-Tab": "../../x"})
    assert reply.status_code == 400
    assert reply.json()["code"] == "tab-missing"


async def test_nothing_is_joined_before_consent_or_after_the_end(candidate: Candidate) -> None:
    url = f"{candidate.link}/offer"
    early = await candidate.script.post(url, content=ANSWER, headers=SDP)
    assert early.status_code == 409
    assert early.json()["next"] == candidate.link
    await candidate.agree()
    await candidate.ends(source=None)
    late = await candidate.script.post(url, content=ANSWER, headers=SDP)
    assert late.json()["code"] == "interview-over"
    assert late.json()["next"] == f"{candidate.link}/check"


async def test_a_full_machine_says_when_to_try_again(joined: Candidate) -> None:
    joined.live.refusal = Busy()
    reply = await joined.script.post(f"{joined.link}/offer", content=ANSWER, headers=SDP)
    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "10"


async def test_typed_answers_and_drafts_reach_the_interview(joined: Candidate) -> None:
    question = await joined.first_question()
    interview = await joined.interview()
    said = {"question_id": question, "text": "<b>bold</b>"}
    for path in ("draft", "typed?sent_as=a0-b_1"):
        assert (await joined.script.post(f"{joined.link}/{path}", json=said)).status_code == 204
    assert (await joined.script.post(f"{joined.link}/typed?sent_as=a%20b", json=said)).status_code == 422
    assert joined.live.sent_as == ["a0-b_1"]
    assert joined.live.texts == [
        ("draft", interview.id, question, "<b>bold</b>"),
        ("typed", interview.id, question, "<b>bold</b>"),
    ]


async def test_an_oversized_typed_answer_is_refused_with_the_limit(joined: Candidate) -> None:
    body = {"question_id": await joined.first_question(), "text": "ă" * 20_001}
    for path in ("typed", "draft"):
        reply = await joined.script.post(f"{joined.link}/{path}", json=body)
        assert reply.status_code == 413
        assert reply.json()["limit"] == 20_000
        assert reply.json()["length"] == 20_001
    body["text"] = "😀" * 20_000  # the longest that is allowed, in the longest bytes
    assert (await joined.script.post(f"{joined.link}/typed", json=body)).status_code == 204


async def test_a_body_far_beyond_any_answer_is_not_read(joined: Candidate) -> None:
    body = {"question_id": await joined.first_question(), "text": "x" * 1_000_000}
    reply = await joined.script.post(f"{joined.link}/typed", json=body)
    assert reply.status_code == 413
    assert reply.json()["code"] == "too-large"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b'{"text": "x"}', 422),
        (b'{"question_id": "no-such", "text": "x"}', 422),
        (b'{"question_id": "q", "text": "x", "level": 5}', 422),
        (b'{"question_id": "q", "text": "\\ud800"}', 400),
    ],
)
async def test_a_body_that_is_no_typed_answer_is_refused(joined: Candidate, body: bytes, status: int) -> None:
    reply = await joined.script.post(f"{joined.link}/typed", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == status
    assert joined.live.texts == []


async def test_an_empty_answer_is_refused_but_an_empty_draft_is_not(joined: Candidate) -> None:
    body = {"question_id": await joined.first_question(), "text": " \n"}
    assert (await joined.script.post(f"{joined.link}/typed", json=body)).json()["code"] == "empty"
    assert (await joined.script.post(f"{joined.link}/draft", json=body)).status_code == 204


async def test_a_null_character_is_dropped(joined: Candidate) -> None:
    body = {"question_id": await joined.first_question(), "text": "a\x00b"}
    await joined.script.post(f"{joined.link}/typed", json=body)
    assert joined.live.texts[0][3] == "ab"


async def test_a_typed_answer_after_the_end_says_where_to_go(joined: Candidate) -> None:
    joined.live.refusal = InterviewOver()
    body = {"question_id": await joined.first_question(), "text": "late"}
    reply = await joined.script.post(f"{joined.link}/typed", json=body)
    assert reply.status_code == 409
    assert reply.json()["next"] == f"{joined.link}/check"


TAB = "tab=a-tab-of-mine"


async def test_a_page_without_webrtc_talks_by_socket(joined: Candidate) -> None:
    joined.live.on_join = ({"t": "state", "phase": "writing"},)
    async with open_socket(joined.site, f"{joined.link}/control", TAB) as socket:
        assert await socket.message() == {"t": "state", "phase": "writing"}
        socket.say('{"t": "hello", "audio": false}')
        socket.say('{"t": "ping", "n": 7}')
        assert await socket.message() == {"t": "pong", "n": 7}
        joined.live.links[0].send({"t": "superseded"})
        assert await socket.message() == {"t": "superseded"}
    assert joined.live.received[0] == {"t": "hello", "audio": False}
    assert joined.live.detached == joined.live.links


async def test_a_socket_that_may_not_join_is_told_why(candidate: Candidate) -> None:
    for path, query, code in (
        ("/i/nosuchlink/control", TAB, "link-unknown"),
        (f"{candidate.link}/control", TAB, "interview-over"),
    ):
        async with open_socket(candidate.site, path, query) as socket:
            refusal = await socket.message()
            assert (refusal["t"], refusal["code"]) == ("refused", code)
            assert await socket.close_code() == 4400
    await candidate.agree()
    async with open_socket(candidate.site, f"{candidate.link}/control", "tab=x") as socket:
        assert (await socket.message())["code"] == "tab-missing"
    candidate.live.refusal = Busy()
    async with open_socket(candidate.site, f"{candidate.link}/control", TAB) as socket:
        assert (await socket.message())["code"] == "busy"
    assert candidate.live.links == []


@pytest.mark.parametrize(
    "text", ["garbage", "[]", "[" * 1000, '{"x": 1}', '{"t": "press", "button": "' + "x" * 1000 + '"}']
)
async def test_a_socket_that_says_something_else_is_closed(joined: Candidate, text: str) -> None:
    async with open_socket(joined.site, f"{joined.link}/control", TAB) as socket:
        socket.say(text)
        assert await socket.close_code() == 1007
    assert joined.live.received == []
    assert joined.live.detached == joined.live.links


async def test_a_page_that_reads_nothing_is_given_up(joined: Candidate) -> None:
    async with open_socket(joined.site, f"{joined.link}/control", TAB) as socket:
        socket.say('{"t": "ping", "n": 1}')
        await socket.message()
        link = joined.live.links[0]
        assert not all(link.send({"t": "pong", "n": n}) for n in range(300))
