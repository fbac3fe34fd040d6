"""The review page: what stands on it, that candidates' words stay words, and its files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from interviewer.plans.library import Library
from interviewer.records import interviews
from interviewer.records.database import Database
from interviewer.records.objects import ObjectStore
from interviewer.records.scorecards import scorecards_of
from scoring.calls import CallRecord
from scoring.scorecard import OverallScore, Scorecard
from tests.http.conftest import form_token
from tests.http.factories import TYPED, Finished, finished_interview
from tests.http.scripted_live import ScriptedJobs


async def test_the_list_shows_status_and_hints_but_no_total(recruiter: httpx.AsyncClient, finished: Finished) -> None:
    page = (await recruiter.get("/")).text
    assert "Maria Ionescu" in page
    assert "Ready for review" in page
    assert "level-chip" in page
    assert "there is no ranking" in page
    assert "Total" not in page.replace("No total", "")


async def test_the_list_filters_by_status_and_plan(recruiter: httpx.AsyncClient, finished: Finished) -> None:
    for query, shown in (
        ("status=scored", True),
        ("status=live", False),
        ("plan=generalist-ai-trainer", True),
        ("plan=domain-expert", False),
    ):
        page = (await recruiter.get(f"/?{query}")).text
        assert ("Maria Ionescu" in page) is shown, query


@pytest.mark.parametrize(
    ("looked_for", "found"),
    [("ionescu", True), (" MARIA  ion ", True), ("maria popescu", False), ("%", False), ("m_ria", False), ("'", False)],
)
async def test_a_candidate_is_found_by_words_of_their_name(
    recruiter: httpx.AsyncClient, finished: Finished, looked_for: str, found: bool
) -> None:
    for path in ("/", "/invitations"):
        page = (await recruiter.get(path, params={"candidate": looked_for})).text
        assert ("Maria Ionescu" in page) is found, path
        assert "No interviews yet" not in page
        assert "No invitations yet" not in page


async def test_an_uncalibrated_scorecard_is_shown_as_hints_with_quotes_and_anchors(
    recruiter: httpx.AsyncClient, finished: Finished
) -> None:
    page = (await recruiter.get(f"/interviews/{finished.interview_id}")).text
    assert "Uncalibrated: no human ratings yet." in page
    assert "Hint: level" in page
    assert "Insufficient evidence" in page
    assert "anchor-marked" in page
    assert "Total" not in page.replace("No total", "")
    assert 'data-until="' in page
    assert "Not found in the answer" in page


async def test_a_calibrated_scorecard_shows_its_total_only_where_every_criterion_is_scored(
    recruiter: httpx.AsyncClient, database: Database, library: Library, objects: ObjectStore, tmp_path: Path
) -> None:
    done = await finished_interview(database, library, objects, tmp_path, calibration="calibrated")
    page = (await recruiter.get(f"/interviews/{done.interview_id}")).text
    assert "Uncalibrated" not in page
    assert "Hint: level" not in page
    rubric_sizes = [
        len(library.get("generalist-ai-trainer").rubrics[q.rubric].criteria)
        for q in library.get("generalist-ai-trainer").plan.questions[:3]
    ]
    assert page.count('badge-accent">Total') == sum(size < 3 for size in rubric_sizes)


async def test_intervals_the_level_as_a_whole_and_calls_to_a_language_model_are_shown(
    recruiter: httpx.AsyncClient, finished: Finished, database: Database
) -> None:
    async with database.session() as session:
        row = (await scorecards_of(session, finished.interview_id))[0]
        card = Scorecard.from_dict(row.body)
        call = CallRecord("small-model", "abc123", 7, 812, 96, 1.25, "<script>alert(1)</script>", "is not JSON")
        overall = OverallScore((0.0, 0.1, 0.6, 0.3, 0.0), 3, 3.2, 0.6, (2.4, 4.1), "calibrated", "By 60 ratings.")
        first = replace(card.criteria[0], interval=(2.0, 3.5), agreement=0.75)
        told = replace(card, criteria=(first, *card.criteria[1:]), overall=overall, calls=(call,))
        row.body = told.to_dict()
    page = (await recruiter.get(f"/interviews/{finished.interview_id}")).text
    assert "The panel&#39;s members lie between 2.0 and 3.5; they agree to 75 %." in page
    assert "People would give between 2.4 and 4.1 in nine of ten such answers." in page
    assert "812 tokens in, 96 out, 1.2 s. Not used: is not JSON" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


async def test_words_carry_times_and_doubtful_ones_say_so_without_colour(
    recruiter: httpx.AsyncClient, finished: Finished
) -> None:
    page = (await recruiter.get(f"/interviews/{finished.interview_id}")).text
    assert "Recognition was unsure of this word (31 %)" in page
    assert "(unsure)" in page
    assert page.count('class="word') > 100


async def test_the_candidates_correction_is_shown_as_a_difference(
    recruiter: httpx.AsyncClient, finished: Finished
) -> None:
    page = (await recruiter.get(f"/interviews/{finished.interview_id}")).text
    assert page.count("What the candidate corrected") == 1
    assert '<del><span class="visually-hidden">[removed: </span>cider.' in page
    assert '<ins><span class="visually-hidden">[put in: </span>spider.' in page
    older = (await recruiter.get(f"/interviews/{finished.interview_id}?transcript=2")).text
    assert ">cider</span>" in older.replace(".</span>", "</span>") or ">cider" in older


async def test_html_in_a_typed_answer_is_shown_as_text(recruiter: httpx.AsyncClient, finished: Finished) -> None:
    page = (await recruiter.get(f"/interviews/{finished.interview_id}")).text
    assert "<b>This one</b>" not in page
    assert "&lt;b&gt;This one&lt;/b&gt;" in page


async def test_html_in_a_candidates_name_is_shown_as_text_everywhere(
    recruiter: httpx.AsyncClient, database: Database, library: Library, objects: ObjectStore, tmp_path: Path
) -> None:
    name = '"><script>alert(1)</script>'
    done = await finished_interview(database, library, objects, tmp_path, name=name)
    for path in ("/", "/invitations", f"/interviews/{done.interview_id}"):
        page = (await recruiter.get(path)).text
        assert "<script>alert" not in page, path
        assert "&lt;script&gt;alert" in page, path


async def test_the_event_log_is_told_in_words(recruiter: httpx.AsyncClient, finished: Finished) -> None:
    page = (await recruiter.get(f"/interviews/{finished.interview_id}")).text
    assert "page connected with a microphone" in page
    assert "Changed to typing" in page
    assert "Pressed “I&#39;m done”" in page


async def test_consent_and_provenance_are_on_the_page(recruiter: httpx.AsyncClient, finished: Finished) -> None:
    page = (await recruiter.get(f"/interviews/{finished.interview_id}")).text
    assert "Hash of the text" in page
    assert "scripted 1 (uncalibrated)" in page


async def test_an_interview_that_has_only_begun_has_a_page(
    recruiter: httpx.AsyncClient, database: Database, finished: Finished
) -> None:
    async with database.session() as session:
        await interviews.set_status(session, finished.interview_id, "live")
    page = await recruiter.get(f"/interviews/{finished.interview_id}")
    assert page.status_code == 200
    assert "The interview is not over" in page.text


@pytest.mark.parametrize("path", ["/interviews/int_none", "/plans/none", "/?starting_after=int_none", "/none"])
async def test_what_does_not_exist_is_a_page_that_says_so(recruiter: httpx.AsyncClient, path: str) -> None:
    reply = await recruiter.get(path)
    assert reply.status_code == 404
    assert "There is no such" in reply.text or "does not exist" in reply.text


async def test_pages_carry_the_security_headers(recruiter: httpx.AsyncClient, finished: Finished) -> None:
    reply = await recruiter.get(f"/interviews/{finished.interview_id}")
    policy = reply.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "microphone=(self)" in reply.headers["Permissions-Policy"]
    assert reply.headers["Referrer-Policy"] == "same-origin"
    assert reply.headers["Cache-Control"] == "no-store"
    assert " style=" not in reply.text
    assert " onclick=" not in reply.text


async def test_the_whole_recording_and_parts_of_it(recruiter: httpx.AsyncClient, finished: Finished) -> None:
    url = f"/interviews/{finished.interview_id}/audio/mix.flac"
    whole = await recruiter.get(url)
    assert whole.status_code == 200
    assert whole.headers["Content-Type"] == "audio/flac"
    assert whole.headers["Accept-Ranges"] == "bytes"
    size = len(whole.content)
    assert whole.content.startswith(b"fLaC")
    for asked, first, last in (
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, size - 1),
        ("bytes=-50", size - 50, size - 1),
        (f"bytes={size - 10}-{size + 500}", size - 10, size - 1),
    ):
        part = await recruiter.get(url, headers={"Range": asked})
        assert part.status_code == 206, asked
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
        assert part.content == whole.content[first : last + 1]
        assert int(part.headers["Content-Length"]) == last - first + 1


async def test_a_range_outside_the_recording_is_refused(recruiter: httpx.AsyncClient, finished: Finished) -> None:
    url = f"/interviews/{finished.interview_id}/audio/mix.flac"
    size = int((await recruiter.head(url)).headers["Content-Length"])
    for asked in (f"bytes={size}-", "bytes=999999999-999999999", "bytes=-0"):
        reply = await recruiter.get(url, headers={"Range": asked, "Accept": "*/*"})
        assert reply.status_code == 416, asked
        assert reply.headers["Content-Range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "header", ["bytes=5-2", "items=0-1", "bytes=0-1,5-6", "bytes=-", "nonsense", f"bytes={'9' * 5000}-"]
)
async def test_a_range_that_means_nothing_gets_the_whole_file(
    recruiter: httpx.AsyncClient, finished: Finished, header: str
) -> None:
    url = f"/interviews/{finished.interview_id}/audio/candidate.flac"
    reply = await recruiter.get(url, headers={"Range": header})
    assert reply.status_code == 200


async def test_a_range_of_another_version_of_the_file_gets_the_whole(
    recruiter: httpx.AsyncClient, finished: Finished
) -> None:
    url = f"/interviews/{finished.interview_id}/audio/mix.flac"
    tag = (await recruiter.head(url)).headers["ETag"]
    same = await recruiter.get(url, headers={"Range": "bytes=0-9", "If-Range": tag})
    other = await recruiter.get(url, headers={"Range": "bytes=0-9", "If-Range": '"older"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert (await recruiter.get(url, headers={"If-None-Match": tag})).status_code == 304


async def test_downloads_have_safe_names_and_full_content(recruiter: httpx.AsyncClient, finished: Finished) -> None:
    base = f"/interviews/{finished.interview_id}"
    transcript = await recruiter.get(f"{base}/transcript.json")
    assert transcript.headers["Content-Disposition"] == (
        f'attachment; filename="{finished.interview_id}-transcript-3.json"'
    )
    document = transcript.json()
    assert document["source"] == "candidate"
    assert any(turn["words"] for turn in document["turns"])
    vtt = await recruiter.get(f"{base}/transcript.vtt?version=2")
    assert vtt.text.startswith("WEBVTT")
    assert "<v Melvin>" in vtt.text
    assert "<b>" not in vtt.text
    everything = json.loads((await recruiter.get(f"{base}/interview.json")).text)
    assert [t["version"] for t in everything["transcripts"]] == [1, 2, 3]
    assert len(everything["scorecards"]) == 3
    assert everything["events"][0]["kind"] == "connected"
    assert any(turn["text"] == TYPED for turn in everything["transcripts"][2]["turns"])
    audio = await recruiter.head(f"{base}/audio/mix.flac?download=true")
    assert audio.headers["Content-Disposition"].startswith("attachment;")


async def test_what_failed_can_be_tried_at_once(
    recruiter: httpx.AsyncClient, finished: Finished, database: Database, site: FastAPI
) -> None:
    jobs = ScriptedJobs()
    site.state.rooms = replace(site.state.rooms, jobs=jobs)
    page = await recruiter.get(f"/interviews/{finished.interview_id}")
    assert "try-again" not in page.text, "nothing failed"
    async with database.session() as session:
        await interviews.update_interview(session, finished.interview_id, failure="Scoring failed (OSError).")
    address = f"/interviews/{finished.interview_id}"
    page = await recruiter.get(address)
    assert f'action="{address}/try-again"' in page.text
    assert (await recruiter.post(f"{address}/try-again", data={"csrf_token": "0" * 32})).status_code == 403
    form = {"csrf_token": form_token(page.text)}
    reply = await recruiter.post(f"{address}/try-again", data=form)
    assert (reply.status_code, reply.headers["location"]) == (303, f"{address}?again=1")
    assert jobs.deferred == [("again", finished.interview_id)]
    page = await recruiter.get(reply.headers["location"])
    assert "It is being tried now." in page.text
    assert (await recruiter.post("/interviews/int_unknown/try-again", data=form)).status_code == 404
