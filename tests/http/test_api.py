"""The API: keys and scopes, problems, pages of a list, and an OpenAPI document that says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jsonschema
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from interviewer.conversation.casting import script_for
from interviewer.plans.library import Library
from interviewer.records import interviews, invitations, keys
from interviewer.records.database import Database
from tests.http.conftest import ORIGIN, SCOPES
from tests.http.factories import Finished, invited

EXPERT: dict[str, Any] = {
    "plan": {"name": "domain-expert"},
    "candidate": {"name": "Ana Pop", "email": "ana@example.org"},
    "variables": {"field": "law"},
}


def check_problem(reply: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = reply.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["title"]
    assert body["request_id"] == reply.headers["X-Request-Id"]
    return body


async def test_an_invitation_is_made_and_its_link_told_once(api: httpx.AsyncClient, database: Database) -> None:
    reply = await api.post("/invitations", json=EXPERT)
    assert reply.status_code == 201
    made = reply.json()
    assert made["id"].startswith("inv_")
    assert made["object"] == "invitation"
    assert made["status"] == "open"
    assert made["candidate"]["id"].startswith("cand_")
    assert made["variables"]["field"] == "law"
    async with database.session() as session:
        stored = await invitations.invitation_by_token(session, made["link"].rpartition("/")[2])
    assert stored is not None
    assert stored.id == made["id"]
    again = (await api.get(reply.headers["Location"].removeprefix("/api/v1"))).json()
    assert again["link"] is None
    assert {**again, "link": made["link"]} == made


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"variables": {"field": "law", "shoe_size": "44"}}, "variables-invalid", "variables.shoe_size"),
        ({"variables": {}}, "variables-invalid", "variables.field"),
        ({"plan": {"name": "no-such-plan"}}, "plan-unknown", "plan"),
        ({"plan": {"name": "domain-expert", "version": 99}}, "plan-unknown", "plan"),
        ({"accommodation": 3.0}, "invalid", "accommodation"),
        ({"candidate": {"name": "Ana", "email": "nowhere"}}, "invalid", "candidate.email"),
        ({"candidate": {"name": "   "}}, "invalid", "candidate.name"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "invalid", "expires_at"),
        ({"candidate": {"name": ""}}, "invalid", "body.candidate.name"),
        ({"candidate": {"name": "Ana\x00Pop"}}, "invalid", "candidate.name"),
        ({"candidate": {"name": "\u202eanA"}}, "invalid", "candidate.name"),
        ({"unknown_field": 1}, "invalid", "body.unknown_field"),
        ({"expires_at": "2090-01-01T00:00:00"}, "invalid", "body.expires_at"),
    ],
)
async def test_a_wrong_field_is_a_problem_that_names_it(
    api: httpx.AsyncClient, change: dict[str, Any], code: str, param: str
) -> None:
    body = check_problem(await api.post("/invitations", json={**EXPERT, **change}), 422, code)
    assert param in [e["param"] for e in body["errors"]]
    assert all(e["reason"] for e in body["errors"])


async def test_what_is_not_json_is_a_problem(api: httpx.AsyncClient) -> None:
    reply = await api.post("/invitations", content=b"{", headers={"Content-Type": "application/json"})
    check_problem(reply, 422, "invalid")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/webhook-endpoints", {"url": "https://hooks.example.com", "description": "\x00"}),
        ("GET", "/interviews?plan=a%00", None),
        ("GET", "/interviews/int_%00/transcript", None),
    ],
)
async def test_a_nul_is_a_problem_and_no_fault(api: httpx.AsyncClient, method: str, path: str, body: Any) -> None:
    check_problem(await api.request(method, path, json=body), 422, "not-text")


async def test_a_huge_body_is_refused_whether_announced_or_not(api: httpx.AsyncClient) -> None:
    async def chunks() -> Any:
        for _ in range(5):
            yield b" " * 1_048_576

    for content in (b" " * 5_000_000, chunks()):
        body = check_problem(await api.post("/invitations", content=content), 413, "too-large")
        assert body["limit"] == 4_194_304


@pytest.mark.parametrize("header", [None, "Bearer mk_live_wrong", "Basic abc", "Bearer "])
async def test_no_key_or_a_wrong_one_is_refused(api: httpx.AsyncClient, header: str | None) -> None:
    api.headers.pop("Authorization")
    if header is not None:
        api.headers["Authorization"] = header
    reply = await api.get("/plans")
    check_problem(reply, 401, "unauthenticated")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_revoked_key_is_refused(api: httpx.AsyncClient, database: Database) -> None:
    async with database.session() as session:
        key, secret = await keys.create_key(session, name="old", scopes=["plans:read"])
        await keys.revoke_key(session, key.id)
    check_problem(await api.get("/plans", headers={"Authorization": f"Bearer {secret}"}), 401, "unauthenticated")


async def test_guessing_keys_is_slowed_down(api: httpx.AsyncClient) -> None:
    for number in range(30):
        await api.get("/plans", headers={"Authorization": f"Bearer mk_live_{number}"})
    reply = await api.get("/plans", headers={"Authorization": "Bearer mk_live_31"})
    check_problem(reply, 429, "rate-limited")
    assert int(reply.headers["Retry-After"]) >= 1


async def test_a_program_with_a_revoked_key_keeps_no_other_at_its_address_out(api: httpx.AsyncClient) -> None:
    for _ in range(40):
        check_problem(await api.get("/plans", headers={"Authorization": "Bearer mk_live_old"}), 401, "unauthenticated")
    assert (await api.get("/plans")).status_code == 200
    for number in range(31):
        last = await api.get("/plans", headers={"Authorization": f"Bearer mk_live_{number}"})
    check_problem(last, 429, "rate-limited")
    assert (await api.get("/plans")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/invitations", "invitations:write"),
        ("GET", "/invitations", "invitations:read"),
        ("GET", "/invitations/inv_x", "invitations:read"),
        ("POST", "/invitations/inv_x/revoke", "invitations:write"),
        ("GET", "/interviews", "interviews:read"),
        ("GET", "/interviews/int_x", "interviews:read"),
        ("GET", "/interviews/int_x/transcript", "interviews:read"),
        ("GET", "/interviews/int_x/transcript.vtt", "interviews:read"),
        ("GET", "/interviews/int_x/scorecards", "interviews:read"),
        ("DELETE", "/interviews/int_x", "interviews:delete"),
        ("GET", "/deletions", "interviews:delete"),
        ("GET", "/deletions/int_x", "interviews:delete"),
        ("POST", "/webhook-endpoints", "webhooks:write"),
        ("GET", "/webhook-endpoints", "webhooks:read"),
        ("GET", "/webhook-endpoints/whk_x", "webhooks:read"),
        ("DELETE", "/webhook-endpoints/whk_x", "webhooks:write"),
        ("POST", "/webhook-endpoints/whk_x/rotate-secret", "webhooks:write"),
        ("GET", "/webhook-deliveries", "webhooks:read"),
        ("POST", "/webhook-deliveries/dlv_x/replay", "webhooks:write"),
        ("GET", "/plans", "plans:read"),
        ("GET", "/plans/x", "plans:read"),
    ],
)
async def test_each_route_needs_its_scope(
    api: httpx.AsyncClient, database: Database, method: str, path: str, scope: str
) -> None:
    others = [s for s in SCOPES if s != scope]
    async with database.session() as session:
        _, secret = await keys.create_key(session, name="others", scopes=others)
    reply = await api.request(method, path, json=EXPERT, headers={"Authorization": f"Bearer {secret}"})
    assert check_problem(reply, 403, "scope-missing")["scope"] == scope


@pytest.mark.parametrize(
    "path",
    [
        "/invitations/inv_x",
        "/interviews/int_x",
        "/interviews/int_x/scorecards",
        "/deletions/int_x",
        "/webhook-endpoints/whk_x",
        "/plans/x",
        "/nothing",
    ],
)
async def test_what_does_not_exist_is_a_problem(api: httpx.AsyncClient, path: str) -> None:
    check_problem(await api.get(path), 404, "not-found")


async def test_a_session_cookie_is_no_key(recruiter: httpx.AsyncClient) -> None:
    check_problem(await recruiter.get("/api/v1/interviews"), 401, "unauthenticated")


async def test_a_list_is_walked_page_by_page_without_gaps(
    api: httpx.AsyncClient, database: Database, library: Library
) -> None:
    bundle = library.get("generalist-ai-trainer")
    ids = []
    for number in range(5):
        invitation_id, _ = await invited(database, bundle, name=f"Candidate {number}")
        async with database.session() as session:
            ids.append((await interviews.create_interview(session, invitation_id, {"questions": []})).id)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await api.get("/interviews", params=query)).json()
        assert page["object"] == "list"
        seen += [item["id"] for item in page["data"]]
        if not page["has_more"]:
            break
        query["starting_after"] = seen[-1]
    assert seen == ids[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "status=nonsense"])
async def test_a_wrong_query_is_a_problem(api: httpx.AsyncClient, query: str) -> None:
    check_problem(await api.get(f"/interviews?{query}"), 422, "invalid")


async def test_a_cursor_that_does_not_exist_is_a_problem(api: httpx.AsyncClient) -> None:
    body = check_problem(await api.get("/interviews?starting_after=int_x"), 422, "cursor-unknown")
    assert body["param"] == "starting_after"


async def test_an_interview_its_transcript_and_its_scorecards(api: httpx.AsyncClient, finished: Finished) -> None:
    base = f"/interviews/{finished.interview_id}"
    interview = (await api.get(base)).json()
    assert interview["status"] == "scored"
    assert interview["plan"]["name"] == "generalist-ai-trainer"
    assert interview["livemode"] is True
    transcript = (await api.get(f"{base}/transcript")).json()
    assert transcript["version"] == 3
    first = next(w for turn in transcript["turns"] for w in turn["words"])
    assert first.keys() == {"text", "start", "end", "confidence"}
    assert (await api.get(f"{base}/transcript?version=2")).json()["source"] == "record"
    check_problem(await api.get(f"{base}/transcript?version=9"), 404, "not-found")
    vtt = await api.get(f"{base}/transcript.vtt")
    assert vtt.headers["Content-Type"].startswith("text/vtt")
    cards = (await api.get(f"{base}/scorecards")).json()
    assert len(cards["data"]) == 3
    for card in cards["data"]:
        assert card["provenance"]["calibration"] == "uncalibrated"
        assert card["total"] is None
    scored = [c for card in cards["data"] for c in card["criteria"] if c["status"] == "scored"]
    assert scored
    assert all(c["evidence"] and c["level"] in range(1, 6) for c in scored)


async def test_a_transcript_before_its_time_is_a_problem(
    api: httpx.AsyncClient, database: Database, library: Library
) -> None:
    invitation_id, _ = await invited(database, library.get("generalist-ai-trainer"))
    async with database.session() as session:
        script = script_for(library.get("generalist-ai-trainer"), {}).to_dict()
        made = await interviews.create_interview(session, invitation_id, script)
    check_problem(await api.get(f"/interviews/{made.id}/transcript"), 404, "transcript-not-ready")
    assert (await api.get(f"/interviews/{made.id}/scorecards")).json()["data"] == []


async def test_an_interview_whose_script_names_no_question_is_read_as_its_plan_asks(
    api: httpx.AsyncClient, recruiter: httpx.AsyncClient, database: Database, finished: Finished
) -> None:
    base = f"/interviews/{finished.interview_id}"
    before = {path: (await api.get(f"{base}{path}")).json() for path in ("", "/transcript", "/scorecards")}
    async with database.session() as session:
        await session.execute(text("UPDATE interviews SET script = '{\"questions\": []}'"))
    assert {path: (await api.get(f"{base}{path}")).json() for path in before} == before
    for path in (base, f"{base}/answers.csv", f"{base}/interview.json", "/"):
        assert (await recruiter.get(path)).status_code == 200, path


async def test_plans_list_their_variables(api: httpx.AsyncClient) -> None:
    plans = {plan["name"]: plan for plan in (await api.get("/plans")).json()["data"]}
    field = next(v for v in plans["domain-expert"]["variables"] if v["name"] == "field")
    assert field["default"] is None
    assert field["examples"]
    assert (await api.get("/plans/domain-expert")).json() == plans["domain-expert"]


async def test_an_expired_and_a_revoked_invitation_say_so(
    api: httpx.AsyncClient, database: Database, library: Library
) -> None:
    bundle = library.get("generalist-ai-trainer")
    past, _ = await invited(database, bundle, expires_at=datetime.now(UTC) - timedelta(days=1))
    assert (await api.get(f"/invitations/{past}")).json()["status"] == "expired"
    open_, _ = await invited(database, bundle)
    async with database.session() as session:
        await invitations.revoke_invitation(session, open_)
    assert (await api.get(f"/invitations/{open_}")).json()["status"] == "revoked"


async def test_a_callers_request_id_is_kept_where_it_is_harmless(api: httpx.AsyncClient) -> None:
    assert (await api.get("/plans", headers={"X-Request-Id": "job-1234-5678"})).headers["X-Request-Id"] == (
        "job-1234-5678"
    )
    made = (await api.get("/plans", headers={"X-Request-Id": "<b>\u00e9".encode("latin-1")})).headers["X-Request-Id"]
    assert made.startswith("req_")


async def test_the_openapi_document_is_valid_and_complete(site: FastAPI) -> None:
    transport = httpx.ASGITransport(app=site)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    operations = [op for item in document["paths"].values() for op in item.values()]
    assert len({op["operationId"] for op in operations}) == len(operations) == 39
    for operation in operations:
        assert operation["security"] == [{"api_key": []}]
        assert operation["summary"]
        for status in ("400", "401", "403", "404", "409", "413", "415", "422", "429", "503"):
            content = operation["responses"][status]["content"]
            reference = {"$ref": "#/components/schemas/ProblemDocument"}
            assert content == {"application/problem+json": {"schema": reference}}
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for reference in _references(document):
        part: Any = document
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


async def test_the_documentation_page_shows_every_operation(client: httpx.AsyncClient, site: FastAPI) -> None:
    page = await client.get("/api/v1/docs")
    assert page.status_code == 200
    for path in site.openapi()["paths"]:
        assert path in page.text
    assert "<script" not in page.text


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [r for value in node.values() for r in _references(value)]
    return [r for value in node for r in _references(value)] if isinstance(node, list) else []
