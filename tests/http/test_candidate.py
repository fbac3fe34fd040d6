"""The candidate's pages: what they show, where they lead, and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape

import pytest

from interviewer.http.rooms import Rooms
from interviewer.plans.library import Library
from interviewer.plans.notice import Notice
from interviewer.records import consents, interviews, invitations, transcripts
from scoring.transcript import Mode, Side, Transcript, Turn
from tests.http.joining import Candidate, candidate, invited, joined, spoken, typed_turn

__all__ = ["candidate", "joined"]


async def test_the_notice_says_that_melvin_is_an_ai_and_how_long_it_takes(candidate: Candidate) -> None:
    page = await candidate.browser.get(candidate.link)
    assert page.status_code == 200
    plan = candidate.invitation.plan.body["plan"]
    assert "an AI, not a person" in page.text
    assert f"about {plan['minutes']} minutes" in page.text
    assert escape(plan["contact"]) in page.text
    for section in candidate.invitation.plan.body["notice"]["sections"]:
        assert section["title"] in page.text


async def test_no_page_holds_a_script_of_its_own_or_from_elsewhere(joined: Candidate) -> None:
    await joined.ends(spoken("Hello.", await joined.first_question()))
    for path in ("?notice", "/check"):
        page = (await joined.browser.get(joined.link + path)).text
        assert "<script>" not in page
        assert "style=" not in page
        assert "http://" not in page
        assert "https://" not in page.replace("<strong>https://</strong>", "").replace("begin with https://", "")


async def test_the_candidates_name_is_text_and_never_markup(candidate: Candidate) -> None:
    page = await candidate.browser.get(candidate.link)
    assert "Ana &lt;b&gt;Popescu&lt;/b&gt;" in page.text
    assert "<b>Popescu" not in page.text


async def test_consent_keeps_the_very_words_and_their_hash(joined: Candidate) -> None:
    async with joined.rooms.database.session() as session:
        consent = await consents.consent_for(session, joined.invitation.id)
    assert consent is not None
    kept = Notice.model_validate(consent.notice_text)
    assert kept.hash == consent.notice_hash
    page = await joined.browser.get(f"{joined.link}?notice")
    assert escape(kept.consent) in page.text
    assert "You agreed to this on" in page.text
    assert (await joined.interview()).script["questions"]


async def test_without_the_tick_nothing_is_created(candidate: Candidate) -> None:
    refused = await candidate.browser.post(f"{candidate.link}/consent", data={"notice_hash": "x"})
    assert refused.status_code == 422
    assert "please tick the box" in refused.text
    async with candidate.rooms.database.session() as session:
        assert await interviews.interview_for_invitation(session, candidate.invitation.id) is None


async def test_agreeing_to_other_words_than_shown_does_not_count(candidate: Candidate) -> None:
    form = {"agree": "yes", "notice_hash": "0" * 64}
    assert (await candidate.browser.post(f"{candidate.link}/consent", data=form)).status_code == 422


async def test_a_link_opened_twice_has_one_consent_and_one_interview(candidate: Candidate) -> None:
    notice_hash = (await candidate.browser.get(candidate.link)).text.partition('name="notice_hash" value="')[2][:64]
    form = {"agree": "yes", "notice_hash": notice_hash}
    first = await candidate.browser.post(f"{candidate.link}/consent", data=form)
    interview = await candidate.interview()
    second = await candidate.browser.post(f"{candidate.link}/consent", data=form)
    assert first.headers["location"] == second.headers["location"] == f"{candidate.link}/interview"
    assert (await candidate.interview()).id == interview.id
    again = await candidate.browser.get(candidate.link)
    assert again.status_code == 303
    assert again.headers["location"] == f"{candidate.link}/interview"


async def test_the_interview_page_comes_after_the_notice_alone(candidate: Candidate) -> None:
    page = await candidate.browser.get(f"{candidate.link}/interview")
    assert page.status_code == 303
    assert page.headers["location"] == candidate.link


async def test_the_interview_page_has_every_control_by_name(joined: Candidate) -> None:
    page = (await joined.browser.get(f"{joined.link}/interview")).text
    for button in ("done", "repeat", "skip", "moment", "pause", "resume"):
        assert f'data-press="{button}"' in page
    assert "Continue by typing" in page
    assert "Type instead" in page


@pytest.mark.parametrize(
    ("origin", "warned"),
    [("http://localhost", False), ("http://192.168.1.7", True), ("https://jobs.example", False)],
)
async def test_an_address_without_https_says_that_the_microphone_will_not_work(
    candidate: Candidate, origin: str, warned: bool
) -> None:
    page = await candidate.browser.get(f"{origin}{candidate.link}", headers={"Host": origin.partition("//")[2]})
    message = page.text.partition("data-insecure")[2].partition(">")[0]
    assert (" hidden" not in message) is warned


async def test_a_dead_link_says_what_to_do(candidate: Candidate) -> None:
    page = await candidate.browser.get("/i/nosuchlinknosuchlink22")
    assert page.status_code == 404
    assert "does not lead to an interview" in page.text
    assert "ask the person who invited you" in page.text
    for path in ("/interview", "/check", "/receipt", "/transcript.json"):
        assert (await candidate.script.get(f"/i/{'x' * 300}{path}")).status_code == 404


async def test_an_expired_link_says_so(rooms: Rooms, library: Library, candidate: Candidate) -> None:
    _, token = await invited(rooms, library, days=-1)
    page = await candidate.browser.get(f"/i/{token}")
    assert page.status_code == 410
    assert "This link has expired" in page.text
    refused = await candidate.browser.post(f"/i/{token}/consent", data={"agree": "yes"})
    assert refused.status_code == 410


async def test_a_link_that_expires_during_the_interview_stays_good(joined: Candidate) -> None:
    interview = await joined.interview()
    async with joined.rooms.database.session() as session:
        await interviews.set_status(session, interview.id, "live")
    later = replace(joined.rooms, clock=lambda: datetime.now(UTC) + timedelta(days=30))
    joined.site.state.rooms = later
    assert (await joined.browser.get(f"{joined.link}/interview")).status_code == 200


async def test_a_revoked_link_is_gone_at_every_step(rooms: Rooms, library: Library, joined: Candidate) -> None:
    _, token = await invited(rooms, library, revoked=True)
    assert (await joined.browser.get(f"/i/{token}")).status_code == 410
    async with joined.rooms.database.session() as session:
        await invitations.revoke_invitation(session, joined.invitation.id)
    for path in ("", "/interview", "/check", "/receipt"):
        page = await joined.browser.get(joined.link + path)
        assert page.status_code == 410
        assert "withdrawn" in page.text


async def test_an_upload_where_none_belongs_is_refused(joined: Candidate) -> None:
    for path in ("/consent", "/check"):
        refused = await joined.browser.post(joined.link + path, files={"file": ("cv.pdf", b"%PDF-1.7")})
        assert refused.status_code == 415


async def test_the_sound_check_is_a_sound(joined: Candidate) -> None:
    sound = await joined.script.get(f"{joined.link}/sound-check.wav")
    assert sound.headers["content-type"] == "audio/wav"
    assert sound.content.startswith(b"RIFF")


async def test_the_check_waits_for_the_writing_out_and_can_be_passed_meanwhile(joined: Candidate) -> None:
    question = await joined.first_question()
    interview = await joined.ends(spoken("Heard live", question), source="live")
    page = await joined.browser.get(f"{joined.link}/check")
    assert "Writing out your answers" in page.text
    async with joined.rooms.database.session() as session:
        await interviews.update_interview(session, interview.id, progress={"stage": "t", "done": 2, "total": 7})
    assert (await joined.script.get(f"{joined.link}/transcript.json")).json() == {
        "status": "writing", "done": 2, "total": 7,
    }  # fmt: skip
    sent = await joined.browser.post(f"{joined.link}/check", data={"choice": "pass"})
    assert sent.headers["location"] == f"{joined.link}/receipt"
    assert (await joined.interview()).status == "submitted"
    assert joined.jobs.deferred == [("score", interview.id)]


async def test_typed_answers_alone_need_no_waiting(joined: Candidate) -> None:
    await joined.ends(typed_turn("I typed this.", await joined.first_question()), source="live")
    assert (await joined.script.get(f"{joined.link}/transcript.json")).json()["status"] == "ready"


async def test_what_was_heard_live_stands_in_where_the_recording_cannot_be_written_out(joined: Candidate) -> None:
    interview = await joined.ends(spoken("Heard live", await joined.first_question()), source="live")
    async with joined.rooms.database.session() as session:
        await interviews.update_interview(
            session, interview.id, failure="The recording is not readable.", progress={"stage": "failed"}
        )
    page = await joined.browser.get(f"{joined.link}/check")
    assert "Heard live</textarea>" in page.text
    assert "more mistakes than usual" in page.text


async def test_the_check_shows_questions_probes_and_answers_and_html_as_text(joined: Candidate) -> None:
    question = await joined.first_question()
    asked = Turn(Side.MELVIN, Mode.SPOKEN, "And why was that?", 20.0, 22.0, question)
    await joined.ends(
        spoken("I said <script>alert(1)</script> aloud", question),
        asked,
        spoken("Because.", question, 25.0),
        typed_turn("</textarea><img src=x onerror=alert(2)>", question),
    )
    page = (await joined.browser.get(f"{joined.link}/check")).text
    assert "I said &lt;script&gt;alert(1)&lt;/script&gt; aloud</textarea>" in page
    assert "&lt;/textarea&gt;&lt;img src=x onerror=alert(2)&gt;</p>" in page
    assert "<img" not in page
    assert "And why was that?" in page
    body = (await joined.script.get(f"{joined.link}/transcript.json")).json()
    first = body["questions"][0]
    assert [t["index"] for t in first["turns"]] == [0, 2, 3]
    assert first["turns"][1]["asked"] == "And why was that?"


async def test_a_correction_is_a_new_version_and_keeps_the_times_of_words_that_stay(joined: Candidate) -> None:
    question = await joined.first_question()
    interview = await joined.ends(
        spoken("I use ready's catching daily", question), typed_turn("Typed stays.", question)
    )
    form = {
        "choice": "checked",
        "version": "1",
        "turn-0": "I use Redis caching daily",
        "turn-1": "changed",
        "turn-9": "x",
    }
    await joined.browser.post(f"{joined.link}/check", data=form)
    async with joined.rooms.database.session() as session:
        heard, checked = await transcripts.transcripts_of(session, interview.id)
    assert (heard.source, checked.source) == ("record", "candidate")
    turn, untouched = Transcript.from_dict(checked.body).turns
    assert turn.text == "I use Redis caching daily"
    assert [(w.text, w.confidence) for w in turn.words] == [
        ("I", 0.9), ("use", 0.9), ("Redis", None), ("caching", None), ("daily", 0.9),
    ]  # fmt: skip
    assert untouched.text == "Typed stays."


async def test_what_was_not_changed_makes_no_new_version(joined: Candidate) -> None:
    interview = await joined.ends(spoken("Two\nlines", await joined.first_question()))
    form = {"choice": "checked", "version": "1", "turn-0": "Two\r\nlines "}
    await joined.browser.post(f"{joined.link}/check", data=form)
    async with joined.rooms.database.session() as session:
        assert len(await transcripts.transcripts_of(session, interview.id)) == 1
    assert (await joined.interview()).status == "submitted"


async def test_a_correction_of_another_version_is_refused_and_can_be_made_again(joined: Candidate) -> None:
    await joined.ends(spoken("Hello", await joined.first_question()))
    form = {"choice": "checked", "version": "7", "turn-0": "Hello there"}
    assert (await joined.browser.post(f"{joined.link}/check", data=form)).status_code == 409
    assert (await joined.interview()).status == "checking"


async def test_a_correction_of_monstrous_length_is_refused_with_the_limit_of_the_page(joined: Candidate) -> None:
    await joined.ends(spoken("Hello", await joined.first_question()))
    assert 'maxlength="20000"' in (await joined.browser.get(f"{joined.link}/check")).text
    form = {"choice": "checked", "version": "1", "turn-0": "x" * 20_001}
    refused = await joined.browser.post(f"{joined.link}/check", data=form)
    assert refused.status_code == 422
    assert "20,000 characters" in refused.text
    assert (await joined.interview()).status == "checking", "nothing was sent"
    form["turn-0"] = "x\r\n" * 10_000  # as browsers send the lines of 20,000 characters
    assert (await joined.browser.post(f"{joined.link}/check", data=form)).status_code == 303


async def test_what_was_heard_may_be_sent_back_however_long_it_is(joined: Candidate) -> None:
    heard = "on and on " * 2_500
    await joined.ends(spoken(heard, await joined.first_question()))
    assert 'maxlength="49998"' in (await joined.browser.get(f"{joined.link}/check")).text
    form = {"choice": "checked", "version": "1", "turn-0": f"{heard} and on"}
    assert (await joined.browser.post(f"{joined.link}/check", data=form)).status_code == 303
    assert (await joined.interview()).status == "submitted"


async def test_texts_that_came_without_a_choice_are_not_passed_over(joined: Candidate) -> None:
    interview = await joined.ends(spoken("Hello", await joined.first_question()))
    await joined.browser.post(f"{joined.link}/check", data={"version": "1", "turn-0": "Hello there"})
    async with joined.rooms.database.session() as session:
        assert [t.source for t in await transcripts.transcripts_of(session, interview.id)][1:] == ["candidate"]


async def test_sending_the_check_twice_scores_once(joined: Candidate) -> None:
    interview = await joined.ends(spoken("Hello", await joined.first_question()))
    for _ in range(2):
        sent = await joined.browser.post(f"{joined.link}/check", data={"choice": "pass"})
        assert sent.headers["location"] == f"{joined.link}/receipt"
    assert joined.jobs.deferred == [("score", interview.id)]


async def test_the_receipt_says_who_decides_and_gives_the_words_for_deletion(joined: Candidate) -> None:
    interview = await joined.ends(spoken("Hello & goodbye", await joined.first_question()))
    await joined.browser.post(f"{joined.link}/check", data={"choice": "pass"})
    page = (await joined.browser.get(f"{joined.link}/receipt")).text
    assert "A named person decides" in page
    assert f"(number {interview.id})" in page
    for path in ("", "/interview", "/check"):
        assert (await joined.browser.get(joined.link + path)).headers["location"] == f"{joined.link}/receipt"
    copy = await joined.browser.get(f"{joined.link}/transcript.txt")
    assert "Hello & goodbye" in copy.text
    assert copy.headers["content-disposition"].startswith("attachment")


async def test_a_transcript_that_is_not_ready_is_not_given_as_one(joined: Candidate) -> None:
    assert (await joined.script.get(f"{joined.link}/transcript.txt")).json()["code"] == "interview-open"
    await joined.ends(source=None)
    assert (await joined.script.get(f"{joined.link}/transcript.txt")).json()["code"] == "transcript-not-ready"


async def test_pages_of_a_link_are_kept_by_no_cache_and_name_no_referrer(joined: Candidate) -> None:
    page = await joined.browser.get(f"{joined.link}/interview")
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_every_static_file_that_pages_name_is_there(joined: Candidate) -> None:
    page = (await joined.browser.get(f"{joined.link}/interview")).text
    named = [part.partition('"')[0] for part in page.split('"/static/')[1:]]
    assert named
    for path in named:
        assert (await joined.browser.get(f"/static/{path}")).status_code == 200
