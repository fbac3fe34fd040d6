"""What the commands for applicant tracking systems do. Each returns the lines to print."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from interviewer.app import load_library, open_database
from interviewer.desk.errands import Refused
from interviewer.jobs.targets import RefusedTarget, check_url
from interviewer.records import ats
from interviewer.records.ats import Kind
from interviewer.settings import Settings

__all__ = ["ASHBY", "GREENHOUSE_HOST", "add", "connections", "remove"]

Progress = Callable[[str], None]
GREENHOUSE_HOST = "greenhouse.io"
ASHBY = "https://api.ashbyhq.com"
_CALLS = {
    "greenhouse": ("list_tests", "send_test", "test_status", "response_error"),
    "ashby": ("assessment.list", "assessment.start", "assessment.cancel"),
}


async def add(
    settings: Settings,
    progress: Progress,
    kind: str,
    name: str,
    plans: tuple[str, ...],
    api_key: str | None,
    callback: str | None,
    private: bool,
    test: bool,
) -> list[str]:
    """The connection's id, its key (never shown again), and the addresses to give to the system."""
    if kind not in get_args(Kind):
        raise Refused(f"{kind}: the systems that can be connected are {' and '.join(get_args(Kind))}.")
    known = load_library(settings).names()
    unknown = sorted(set(plans) - set(known))
    if unknown:
        raise Refused(f"There is no plan {', '.join(unknown)}. The plans are: {', '.join(known)}.")
    if kind == "ashby" and not api_key:
        raise Refused("Ashby is told by its own API key (with candidatesWrite): give it with --api-key.")
    try:
        if kind == "ashby":
            check_url(callback or ASHBY, private_allowed=private)
    except RefusedTarget as error:
        raise Refused(f"{callback}: {error}") from None
    async with open_database(settings, progress) as database, database.session() as session:
        made, secret = await ats.add_connection(
            session,
            kind=kind,  # type: ignore[arg-type] # it was looked for in the literal's values above
            name=name,
            plans=plans,
            livemode=not test,
            callback_host=(callback or GREENHOUSE_HOST) if kind == "greenhouse" else None,
            callback_url=(callback or ASHBY) if kind == "ashby" else None,
            callback_secret=api_key,
            private_allowed=private,
        )
    return [made.id, secret, *(f"{settings.address}/api/ats/{kind}/{call}" for call in _CALLS[kind])]


async def connections(settings: Settings, progress: Progress) -> list[str]:
    async with open_database(settings, progress) as database, database.session() as session:
        rows = await ats.list_connections(session)
    return [
        f"{row.id}  {row.kind}  ...{row.hint}  {', '.join(row.plans) or 'all plans'}"
        + ("" if row.livemode else ", test")
        + (f", last used {row.last_used_at:%Y-%m-%d %H:%M} UTC" if row.last_used_at else ", never used")
        + (", revoked" if row.revoked_at else "")
        + (f"  {row.name}" if row.name else "")
        for row in rows
    ]


async def remove(settings: Settings, progress: Progress, connection_id: str) -> list[str]:
    async with open_database(settings, progress) as database, database.session() as session:
        if not await ats.revoke_connection(session, connection_id):
            raise Refused(f"No connection with the id {connection_id} is in use; `interviewer ats list` shows them.")
    return [f"{connection_id} is revoked"]
