"""What the short commands do, over the same core as the pages and the API."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
from obstore.exceptions import BaseError
from sqlalchemy.exc import DBAPIError

from interviewer.app import load_library, open_database, peer_options
from interviewer.http.api.keys import Scope
from interviewer.http.inviting import Wish
from interviewer.http.inviting import invite as make_invitation
from interviewer.http.problems import Problem
from interviewer.jobs.defer import JobQueue
from interviewer.jobs.erase import erase_files
from interviewer.jobs.roles import UnknownRole
from interviewer.media.coturn import coturn_configuration
from interviewer.media.ice import BadIceServers
from interviewer.plans.library import Library, PlanError
from interviewer.plans.variables import VariableError
from interviewer.records import deletions
from interviewer.records import keys as api_keys
from interviewer.records.database import Database
from interviewer.records.embedded import ClusterUnusable, DataFolderInUse, PostgresFailed
from interviewer.records.interviews import failed_interviews, status_of
from interviewer.records.objects import ObjectStore
from interviewer.settings import Settings
from interviewer.speech.models import ModelUnavailable
from interviewer.speech.process import ModelGone
from interviewer.tracing import TracingMissing

__all__ = [
    "Refused", "coturn", "create_key", "delete", "describe_keys", "describe_plans", "invite", "retention", "retry",
    "revoke_key", "sentence",
]  # fmt: skip

Progress = Callable[[str], None]


class Refused(Exception):
    """A command cannot do what was asked; the message says why and what to do."""


MENDABLE = (
    Refused, BadIceServers, PlanError, VariableError, DataFolderInUse, ClusterUnusable, PostgresFailed,
    ModelUnavailable, ModelGone, UnknownRole, TracingMissing,
)  # fmt: skip
"""Errors that a person can mend, and whose text says how."""


def sentence(error: BaseException) -> str | None:
    """What the command line prints instead of a traceback; None where only a traceback helps."""
    if isinstance(error, MENDABLE):
        return str(error)
    if isinstance(error, DBAPIError) and error.orig is not None:
        return sentence(error.orig)
    for kind, what in ((psycopg.OperationalError, "database"), (BaseError, "object store")):
        if isinstance(error, kind):
            return f"The {what} does not do what it was asked: {str(error).partition(chr(10))[0]}"
    return None


@dataclass(frozen=True, slots=True)
class _Desk:
    database: Database
    library: Library
    clock: Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def coturn(settings: Settings, host: str) -> tuple[str, str]:
    """A configuration for coturn on ``host``, with the secret that is set already, or else a new one; and the setting
    of ours that goes with it. Raises :class:`Refused`."""
    from aioice.ice import get_host_addresses

    if not re.fullmatch(r"[A-Za-z0-9.-]{1,253}", host):
        raise Refused(f"{host!r} is no host name: give the name that browsers use, such as turn.example.com")
    known = [server.secret for server in peer_options(settings).ice_servers if server.secret]
    secret = known[0] if known else secrets.token_urlsafe(32)
    servers = [{"urls": f"turn:{host}:3478", "secret": secret}]
    own = get_host_addresses(use_ipv4=True, use_ipv6=True)
    return coturn_configuration(host, secret, own), f"MELVIN_ICE_SERVERS='{json.dumps(servers)}'"


async def invite(
    settings: Settings,
    progress: Progress,
    *,
    plan: str,
    name: str,
    email: str | None,
    variables: dict[str, str],
    accommodation: float,
    days: int,
) -> str:
    """The invitation's link. Raises :class:`Refused`."""
    library = load_library(settings)
    wish = Wish(
        plan=plan,
        candidate_name=name,
        candidate_email=email,
        variables=variables,
        accommodation=accommodation,
        expires_at=_now() + timedelta(days=days),
    )
    async with open_database(settings, progress) as database:
        try:
            _, token = await make_invitation(_Desk(database, library, _now), wish)
        except Problem as problem:
            raise Refused(f"{problem.title}. {problem.detail}") from None
    return f"{settings.address}/i/{token}"


async def create_key(
    settings: Settings, progress: Progress, name: str, scopes: tuple[str, ...], test: bool = False
) -> str:
    known = {s.value for s in Scope}
    unknown = sorted(set(scopes) - known)
    if unknown:
        raise Refused(f"There is no scope {', '.join(unknown)}. The scopes are: {', '.join(sorted(known))}.")
    async with open_database(settings, progress) as database, database.session() as session:
        _, secret = await api_keys.create_key(session, name=name, scopes=scopes or sorted(known), livemode=not test)
    return secret


async def describe_keys(settings: Settings, progress: Progress) -> list[str]:
    async with open_database(settings, progress) as database, database.session() as session:
        found = await api_keys.list_keys(session)
    return [
        f"{key.id}  ...{key.hint}  made {key.created_at:%Y-%m-%d}, "
        + (f"last used {key.last_used_at:%Y-%m-%d %H:%M} UTC" if key.last_used_at else "never used")
        + (", revoked" if key.revoked_at else "")
        + ("" if key.livemode else ", test")
        + f"  {key.name}  ({', '.join(key.scopes)})"
        for key in found
    ]


async def revoke_key(settings: Settings, progress: Progress, key_id: str) -> None:
    """Raises :class:`Refused` where there is no such key, or it was revoked before."""
    async with open_database(settings, progress) as database, database.session() as session:
        if not await api_keys.revoke_key(session, key_id):
            raise Refused(f"No key with the id {key_id} is in use; `interviewer keys list` shows them.")


async def retry(settings: Settings, progress: Progress, ids: tuple[str, ...]) -> AsyncIterator[str]:
    """A line for each interview whose failed work is in the queue again; all that failed where ``ids`` is empty. Raises
    :class:`Refused` at the end where some do not exist."""
    unknown: list[str] = []
    async with open_database(settings, progress) as database:
        async with database.session() as session:
            chosen = ids or await failed_interviews(session)
        if not chosen:
            yield "No interview failed."
        queue = JobQueue(database.url)
        await queue.open()
        try:
            for interview_id in chosen:
                async with database.session() as session:
                    status = await status_of(session, interview_id)
                if status is None:
                    unknown.append(interview_id)
                elif await queue.try_again(interview_id):
                    yield f"{interview_id} is tried again"
                else:
                    yield f"{interview_id}: nothing of it failed ({status})"
        finally:
            await queue.close()
    if unknown:
        raise Refused(f"No interview has the id {', '.join(unknown)}.")


async def delete(settings: Settings, progress: Progress, ids: tuple[str, ...]) -> AsyncIterator[str]:
    """A line for each that is gone, files and all. Raises :class:`Refused` at the first that cannot be deleted, and at
    the end where files of some are left."""
    objects = ObjectStore(settings.objects_place)
    left: list[str] = []
    async with open_database(settings, progress) as database:
        for subject in ids:
            try:
                async with database.session() as session:
                    made = await deletions.forget(session, subject, "command line")
            except deletions.StillRunning:
                raise Refused(f"{subject}: the candidate is in the interview now. Try again when it is over.") from None
            if made is None:
                raise Refused(f"Nothing has the id {subject}.")
            if made.interview_id is not None:
                folder = settings.data_folder
                try:
                    await erase_files(objects, folder / "recordings", folder / "journals", made.interview_id)
                except (BaseError, OSError) as error:
                    reason = error.strerror if isinstance(error, OSError) else type(error).__name__
                    left.append(f"{subject} is deleted ({made.id}), and files are left: {reason}. Workers try again.")
                    continue
            async with database.session() as session:
                await deletions.erased(session, made.id, _now())
            yield f"{subject} is deleted ({made.id})"
    if left:
        raise Refused("\n".join(left))


async def retention(settings: Settings, progress: Progress, days: str | None) -> str:
    """The rule in words, after it was changed where ``days`` says so. Raises :class:`Refused`."""
    async with open_database(settings, progress) as database, database.session() as session:
        if days is not None:
            longest = deletions.LONGEST_KEPT
            if days != "forever" and not (days.isdecimal() and len(days) < 10 and 1 <= int(days) <= longest):
                raise Refused(f"{days}: give a number of days, such as 180, at most {longest}, or `forever`.")
            await deletions.set_retention_days(session, None if days == "forever" else int(days))
        kept = await deletions.retention_days(session)
    if kept is None:
        return "Nothing is deleted by itself."
    return f"Interviews are deleted {kept} days after their end, unused invitations {kept} days after they expire."


def describe_plans(settings: Settings) -> Iterator[str]:
    library = load_library(settings)
    for name in library.names():
        plan = library.get(name).plan
        count = len(plan.questions)
        questions = f"{count} question{'' if count == 1 else 's'}"
        yield f"{name} (version {plan.version}, {questions}, about {plan.minutes} minutes)"
        yield f"  {plan.title}: {plan.summary}"
        for key, variable in plan.variables.items():
            need = "required" if variable.default is None else f"{variable.default!r} unless given"
            examples = f", for example {', '.join(variable.examples)}" if variable.examples else ""
            yield f"  --set {key}=...  {variable.description} ({need}){examples}"
