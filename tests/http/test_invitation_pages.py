"""Inviting from the page: the plan's variables, the link shown once, mistakes beside their fields, withdrawing."""

from __future__ import annotations

import httpx

from interviewer.records import invitations
from interviewer.records.database import Database
from tests.http.conftest import form_token


async def send(client: httpx.AsyncClient, plan: str, **fields: str) -> httpx.Response:
    token = form_token((await client.get(f"/invitations/new?plan={plan}")).text)
    usual = {"csrf_token": token, "plan": plan, "candidate_name": "Ana Pop", "candidate_email": ""}
    rest = {"accommodation": "1.0", "expires_days": "7"}
    return await client.post("/invitations", data={**usual, **rest, **fields})


async def test_a_link_is_made_and_shown_once(recruiter: httpx.AsyncClient, database: Database) -> None:
    fields = {"variable.field": "law", "accommodation": "1.5", "candidate_email": "ana@example.org"}
    reply = await send(recruiter, "domain-expert", **fields)
    assert reply.status_code == 201
    link = reply.text.partition('readonly value="')[2].partition('"')[0]
    assert link.startswith("http://testserver/i/")
    async with database.session() as session:
        stored = await invitations.invitation_by_token(session, link.rpartition("/")[2])
    assert stored is not None
    assert stored.accommodation == 1.5
    assert stored.variables["field"] == "law"
    listed = (await recruiter.get("/invitations")).text
    assert "Ana Pop" in listed
    assert link.rpartition("/")[2] not in listed


async def test_a_mistake_is_named_beside_its_field_and_nothing_typed_is_lost(recruiter: httpx.AsyncClient) -> None:
    reply = await send(recruiter, "domain-expert", candidate_name="Ana <Pop>", candidate_email="not an address")
    assert reply.status_code == 422
    assert "This is not an e-mail address." in reply.text
    assert 'value="Ana &lt;Pop&gt;"' in reply.text
    missing = await send(recruiter, "domain-expert")
    assert missing.status_code == 422
    assert 'id="wrong-variables-field"' in missing.text
    assert "<li>Field is missing. " in missing.text, "in words of the page, not of the API"
    assert "<li>This is not an e-mail address.</li>" in reply.text


async def test_a_forged_accommodation_is_refused(recruiter: httpx.AsyncClient) -> None:
    reply = await send(recruiter, "generalist-ai-trainer", accommodation="100")
    assert reply.status_code == 422
    assert "accommodation factor is one of" in reply.text


async def test_a_forged_number_of_days_is_refused(recruiter: httpx.AsyncClient) -> None:
    for days in ("0", "-1", "1000", "seven"):
        reply = await send(recruiter, "generalist-ai-trainer", expires_days=days)
        assert reply.status_code == 422
        assert "The link is good for 1, 3, 7, 14, 30, 90 days." in reply.text


async def test_a_link_is_looked_at_without_its_page(recruiter: httpx.AsyncClient) -> None:
    reply = await send(recruiter, "generalist-ai-trainer")
    link = "/i/" + reply.text.partition("/i/")[2].partition('"')[0]
    for path, status in ((link, 200), ("/i/nothing-here", 404), ("/login", 303), ("/healthz", 200)):
        looked, read = await recruiter.head(path), await recruiter.get(path)
        assert (looked.status_code, looked.content) == (status, b"")
        assert looked.headers.get("content-type") == read.headers.get("content-type")


async def test_a_page_that_does_not_exist_says_what_to_do(recruiter: httpx.AsyncClient) -> None:
    for path in ("/nope", "/interviews/", "/plans/nope/more"):
        reply = await recruiter.get(path)
        assert (reply.status_code, "Look at the address" in reply.text) == (404, True)


async def test_a_file_is_not_taken(recruiter: httpx.AsyncClient) -> None:
    token = form_token((await recruiter.get("/invitations/new?plan=generalist-ai-trainer")).text)
    reply = await recruiter.post("/invitations", data={"csrf_token": token}, files={"plan": ("a.txt", b"x")})
    assert reply.status_code == 415


async def test_withdrawing_closes_the_link(recruiter: httpx.AsyncClient, database: Database) -> None:
    reply = await send(recruiter, "generalist-ai-trainer")
    token = reply.text.partition("/i/")[2].partition('"')[0]
    async with database.session() as session:
        stored = await invitations.invitation_by_token(session, token)
    assert stored is not None
    form = {"csrf_token": form_token((await recruiter.get("/invitations")).text)}
    gone = await recruiter.post(f"/invitations/{stored.id}/revoke", data=form)
    assert gone.status_code == 303
    assert "Withdrawn" in (await recruiter.get("/invitations")).text
    assert (await recruiter.get(f"/i/{token}")).status_code == 410


async def test_plans_show_every_anchor_of_their_rubrics(recruiter: httpx.AsyncClient) -> None:
    assert "Generalist AI trainer" in (await recruiter.get("/plans")).text
    page = (await recruiter.get("/plans/generalist-ai-trainer")).text
    assert "Says nothing about the landing itself" in page
    assert "A long time ago" in page or "It was a long time ago" in page
    assert page.count('class="anchors"') >= 5


async def test_a_plan_that_nobody_is_invited_to_yet_names_its_variables(recruiter: httpx.AsyncClient) -> None:
    for path in ("/plans", "/plans/domain-expert", "/invitations/new"):
        page = (await recruiter.get(path)).text
        assert "your work in [field]" in page, path
        assert "{field}" not in page, path


async def test_guessing_links_is_slowed_down(client: httpx.AsyncClient) -> None:
    for n in range(30):
        assert (await client.get(f"/i/nothing-here-{n}")).status_code == 404
    limited = await client.get("/i/nothing-here-either")
    assert limited.status_code == 429
    assert int(limited.headers["Retry-After"]) >= 1
