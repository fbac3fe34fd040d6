"""Telling an applicant tracking system how an assessment goes, by the ways and with the patience of webhooks.

Greenhouse: a PATCH without a body to the address that came with the candidate (developers.greenhouse.io,
"PATCH - Mark Test as Completed"); Greenhouse then asks for the result. Ashby: a POST to assessment.update
(developers.ashbyhq.com, "Creating an Assessments Integration").
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import structlog

from interviewer import __version__
from interviewer.jobs.deliver import Outcome, Post, not_due, pause_after
from interviewer.jobs.targets import check_url
from interviewer.jobs.work import Work
from interviewer.records import ats
from interviewer.records.tables import AtsAssessment, AtsConnection

__all__ = ["host_allowed", "report", "review_address"]

_STATUS = {"started": "Started", "completed": "Completed"}

log = structlog.get_logger(__name__)


async def report(work: Work, assessment_id: str, post: Post | None = None) -> None:
    """One try. The next one is put into the queue in the transaction that notes this one."""
    async with work.database.session() as session:
        found = await ats.assessment(session, assessment_id)
    if found is None or found.report != "pending" or not_due(found.due_at):
        return
    now = datetime.now(UTC)
    outcome = await _send(found, now, post or Post())
    pause = None if outcome.problem is None else pause_after(found.tries + 1)
    async with work.database.session() as session:
        await ats.settle_report(
            session, found, response_status=outcome.response_status, problem=outcome.problem, now=now,
            again_at=None if pause is None else now + pause,
        )  # fmt: skip
    log.info(
        "ats.reported" if outcome.problem is None else "ats.not_reported", assessment=found.id,
        kind=found.connection.kind, tries=found.tries + 1, status=outcome.response_status,
    )  # fmt: skip


def host_allowed(url: str, connection: AtsConnection) -> bool:
    """Whether the address is the tracking system's own, and nobody on the way can read the key that goes there: a
    forged request must not send it elsewhere. Plain http only where the connection is to a private network."""
    wanted = connection.callback_host or ""
    try:
        check_url(url, private_allowed=connection.private_allowed)
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return bool(wanted) and (host == wanted or host.endswith(f".{wanted}"))


def review_address(public_url: str, interview_id: str) -> str:
    """The page of an interview, for recruiters, who sign in there."""
    return f"{public_url.rstrip('/')}/interviews/{interview_id}"


async def _send(found: AtsAssessment, now: datetime, post: Post) -> Outcome:
    connection = found.connection
    if connection.callback_secret is None:
        return Outcome(None, "The connection has no key to answer with.")
    headers = {
        "Authorization": "Basic " + base64.b64encode(f"{connection.callback_secret}:".encode()).decode(),
        "User-Agent": f"Melvin/{__version__}",
    }
    if connection.kind == "greenhouse":
        url = found.callback_url or ""
        if not host_allowed(url, connection):
            return Outcome(None, f"The address is not one of {connection.callback_host}.")
        return await post.send(url, b"", headers, private_allowed=connection.private_allowed, method="PATCH")
    headers |= {"Content-Type": "application/json", "Accept": "application/json; version=1"}
    body = json.dumps(_update(found, now), separators=(",", ":")).encode()
    url = f"{(connection.callback_url or '').rstrip('/')}/assessment.update"
    return await post.send(url, body, headers, private_allowed=connection.private_allowed)


def _update(found: AtsAssessment, now: datetime) -> dict[str, Any]:
    """Every value is a blob with identifier, value, type and label; ``assessment_result`` says that it is over."""
    body: dict[str, Any] = {"assessment_id": found.id, "timestamp": int(now.timestamp() * 1000)}
    if found.stage == "cancelled":
        return {**body, "cancelled_reason": _blob("cancelled", "Cancelled", "string", "Cancelled in Ashby")}
    body["assessment_status"] = _blob("status", "Status", "string", _STATUS[found.stage])
    interview = found.invitation.interview
    if found.stage == "completed" and interview is not None:
        review_url = review_address(str(found.about["public_url"]), interview.id)
        body["assessment_result"] = _blob("result", "Interview", "string", "Ready to review")
        body["assessment_profile_url"] = _blob("review", "Review in Melvin", "url", review_url)
    return body


def _blob(identifier: str, label: str, kind: str, value: str) -> dict[str, str]:
    return {"identifier": identifier, "label": label, "type": kind, "value": value}
