"""Accounts, sessions, API keys, invitations and consents."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from interviewer.records import accounts, consents, invitations, keys
from interviewer.records.database import Database
from interviewer.records.pages import UnknownCursor
from interviewer.records.tables import Invitation
from tests.records.rows import an_invitation

LATER = datetime.now(UTC) + timedelta(hours=1)


async def test_an_address_has_one_account_however_it_is_written(database: Database) -> None:
    async with database.session() as session:
        made = await accounts.create_account(session, email=" Ana@Example.org", name="Ana", password_hash="x")
        assert made.created_at.tzinfo is not None
    async with database.session() as session:
        found = await accounts.account_by_email(session, "ANA@example.org ")
        assert found is not None
        assert found.id == made.id
        assert await accounts.count_accounts(session) == 1
    with pytest.raises(IntegrityError):
        async with database.session() as session:
            await accounts.create_account(session, email="ana@example.ORG", name="Other", password_hash="y")


async def test_a_session_is_found_by_its_token_until_it_is_over(database: Database) -> None:
    async with database.session() as session:
        account = await accounts.create_account(session, email="a@b.c", name="A", password_hash="x")
        await accounts.create_session(session, account.id, "token", csrf="csrf", expires_at=LATER)
        await accounts.create_session(session, account.id, "old", csrf="csrf", expires_at=datetime.now(UTC))
        stored = (await session.execute(text("SELECT token_hash FROM sessions"))).scalars().all()
    assert not {"token", "old"} & set(stored)
    async with database.session() as session:
        found = await accounts.session_by_token(session, "token")
        assert found is not None
        assert (found[0].csrf_token, found[1].id) == ("csrf", account.id)
        assert await accounts.session_by_token(session, "old") is None
        await accounts.delete_session(session, "token")
        assert await accounts.session_by_token(session, "token") is None


async def test_a_new_password_ends_every_session(database: Database) -> None:
    async with database.session() as session:
        account = await accounts.create_account(session, email="a@b.c", name="A", password_hash="x")
        await accounts.create_session(session, account.id, "token", csrf="c", expires_at=LATER)
        await accounts.set_password(session, account.id, "y")
        assert await accounts.session_by_token(session, "token") is None


async def test_a_key_works_by_its_secret_alone_until_revoked(database: Database) -> None:
    async with database.session() as session:
        key, secret = await keys.create_key(session, name="ATS", scopes=["write", "read", "read"])
    assert secret.startswith("mk_live_")
    assert key.hint == secret[-4:]
    async with database.session() as session:
        found = await keys.key_by_secret(session, secret)
        assert found is not None
        assert found.scopes == ["read", "write"]
        assert await keys.key_by_secret(session, key.secret_hash) is None
    async with database.session() as session:
        (listed,) = await keys.list_keys(session)
        assert listed.last_used_at is not None
        assert await keys.revoke_key(session, key.id)
        assert not await keys.revoke_key(session, key.id)
        assert await keys.key_by_secret(session, secret) is None


async def test_an_invitation_is_found_by_its_token_with_all_its_page_needs(database: Database) -> None:
    async with database.session() as session:
        made, token = await an_invitation(session)
    assert made.candidate.name == "An Le"
    async with database.session() as session:
        found = await invitations.invitation_by_token(session, token)
        assert await invitations.invitation_by_token(session, made.token_hash) is None
    assert found is not None
    assert (found.id, found.plan.title, found.candidate.name, found.interview) == (made.id, "Plan", "An Le", None)
    assert found.variables == {"field": "law"}


async def test_the_same_person_invited_twice_is_one_candidate(database: Database) -> None:
    async with database.session() as session:
        first, _ = await an_invitation(session, "An Le", "an@example.org")
        again, _ = await an_invitation(session, " An Le", "AN@example.org")
        namesake, _ = await an_invitation(session, "An Le", None)
        sister, _ = await an_invitation(session, "Bo Le", "an@example.org")
    assert first.candidate_id == again.candidate_id
    assert len({first.candidate_id, namesake.candidate_id, sister.candidate_id}) == 3


async def test_an_invitation_is_revoked_once(database: Database) -> None:
    async with database.session() as session:
        made, _ = await an_invitation(session)
        assert await invitations.revoke_invitation(session, made.id)
        assert not await invitations.revoke_invitation(session, made.id)
        assert not await invitations.revoke_invitation(session, "inv_none")


async def test_pages_of_invitations_hold_each_once_newest_first(database: Database) -> None:
    made = []
    for number in range(5):
        async with database.session() as session:
            made.append((await an_invitation(session, f"Candidate {number}"))[0].id)
    seen: list[str] = []
    after, more = None, True
    while more:
        async with database.session() as session:
            rows, more = await invitations.list_invitations(session, limit=2, starting_after=after)
        seen += [r.id for r in rows]
        after = seen[-1]
    assert seen == made[::-1]
    async with database.session() as session:
        with pytest.raises(UnknownCursor, match="inv_none"):
            await invitations.list_invitations(session, starting_after="inv_none")


async def test_the_first_consent_stands(database: Database) -> None:
    async with database.session() as session:
        made, _ = await an_invitation(session)
        for words in ("first", "second"):
            await consents.record_consent(
                session, invitation_id=made.id, notice_hash=words, notice_text={"title": words}, language="en"
            )
    async with database.session() as session:
        consent = await consents.consent_for(session, made.id)
    assert consent is not None
    assert (consent.notice_hash, consent.notice_text) == ("first", {"title": "first"})


async def test_a_relationship_that_was_not_asked_for_raises_and_never_queries(database: Database) -> None:
    async with database.session() as session:
        made, _ = await an_invitation(session)
    async with database.session() as session:
        bare = await session.get_one(Invitation, made.id)
    with pytest.raises(InvalidRequestError, match="lazy"):
        _ = bare.candidate
