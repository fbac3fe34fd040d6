"""`interviewer recruiters`: who may see candidates, and how somebody who left is kept out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from interviewer.desk.errands import Refused
from interviewer.desk.recruiters import add_recruiter, describe_recruiters, remove_recruiter
from interviewer.records import accounts
from interviewer.records.database import Database
from interviewer.settings import Settings


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, data_folder=tmp_path)


def quiet(_: str) -> None:
    pass


async def test_who_is_removed_is_out_at_once_and_the_list_says_so(database: Database, settings: Settings) -> None:
    for email in ("ana@example.org", "left@example.org"):
        await add_recruiter(settings, quiet, email, "")
    async with database.session() as session:
        gone = await accounts.account_by_email(session, "left@example.org")
        assert gone is not None
        later = datetime.now(UTC) + timedelta(hours=1)
        await accounts.create_session(session, gone.id, "token", csrf="c", expires_at=later)
    before = await describe_recruiters(settings, quiet)
    assert [", signed in" in line for line in before] == [False, True]

    said = await remove_recruiter(settings, quiet, " Left@Example.org")
    assert "signed out" in said
    async with database.session() as session:
        assert await accounts.session_by_token(session, "token") is None
        assert await accounts.account_by_email(session, "left@example.org") is None
    first, second = await describe_recruiters(settings, quiet)
    assert first.startswith("ana@example.org  made ")
    assert ", removed " in second
    assert ", signed in" not in second
    with pytest.raises(Refused, match=r"No recruiter signs in as left@example\.org"):
        await remove_recruiter(settings, quiet, "left@example.org")


async def test_a_removed_one_is_added_again_with_a_new_password(database: Database, settings: Settings) -> None:
    await add_recruiter(settings, quiet, "ana@example.org", "Ana")
    await remove_recruiter(settings, quiet, "ana@example.org")
    await add_recruiter(settings, quiet, "ana@example.org", "")
    async with database.session() as session:
        account = await accounts.account_by_email(session, "ana@example.org")
        assert account is not None
        assert (account.name, account.must_change_password) == ("Ana", True)
        assert await accounts.count_accounts(session) == 1


async def test_none_and_no_address(database: Database, settings: Settings) -> None:
    assert await describe_recruiters(settings, quiet) == [
        "There is no recruiter. `interviewer recruiters add ADDRESS` makes one."
    ]
    with pytest.raises(Refused, match="is not an e-mail address"):
        await add_recruiter(settings, quiet, "ana", "")
