"""What the first start on an empty database makes and prints: a recruiter account and a link to try."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from interviewer.app import Service
from interviewer.conversation.casting import script_for
from interviewer.conversation.sentences import spoken_parts
from interviewer.desk.recruiters import one_time_password
from interviewer.http.inviting import Wish, invite
from interviewer.records.accounts import count_accounts
from interviewer.settings import Settings
from interviewer.speech.process import ModelGone

__all__ = ["FIRST_EMAIL", "SAMPLE_PLAN", "announce"]

FIRST_EMAIL = "recruiter@localhost"
SAMPLE_PLAN = "generalist-ai-trainer"

log = structlog.get_logger(__name__)

Progress = Callable[[str], None]


async def announce(settings: Settings, service: Service, progress: Progress) -> None:
    """Print where Melvin is, and on the very first start what is needed to try him."""
    await _prepare_sounds(service, progress)
    rooms = service.rooms
    async with rooms.database.session() as session:
        first = await count_accounts(session) == 0
    lines = ["", f"Melvin is ready: {settings.address}"]
    if first:
        password = await one_time_password(rooms.database, FIRST_EMAIL, "Recruiter")
        _, token = await invite(rooms, Wish(plan=_sample_plan(service), candidate_name="Sample candidate"))
        lines += [
            f"  Recruiters sign in at {settings.address}/login",
            f"    e-mail    {FIRST_EMAIL}",
            f"    password  {password}   (shown once; you choose your own when you sign in)",
            f"  A sample interview, to take yourself: {settings.address}/i/{token}",
        ]
    else:
        lines.append("  Invite a candidate with: interviewer invite " + _sample_plan(service) + " --name NAME")
    if not settings.microphone_works:
        lines += [
            f"  {settings.address} is neither https nor this machine, so browsers will give it no microphone:",
            "  candidates can only type. Put a proxy with https before Melvin and set PUBLIC_URL (see README).",
        ]
    progress("\n".join([*lines, ""]))


def _sample_plan(service: Service) -> str:
    names = service.rooms.library.names()
    return SAMPLE_PLAN if SAMPLE_PLAN in names else names[0]


async def _prepare_sounds(service: Service, progress: Progress) -> None:
    """What a candidate hears first, before the link is shown; the rest of that plan while he listens to it.

    Other plans are made ready when one of their interviews is opened.
    """
    bundle = service.rooms.library.get(_sample_plan(service))
    script = script_for(bundle, {})
    opening = script.questions[0]
    first = [
        *bundle.phrases.get("sound-check", ()),
        *(
            part
            for text in (
                *script.phrases.get("greeting", ()),
                opening.text,
                *(p.text for p in opening.probes),
                *script.phrases.get("acknowledge", ()),
            )
            for part in spoken_parts(text)
        ),
    ]
    shown = -1

    def tell(done: int, total: int) -> None:
        nonlocal shown
        third = done * 3 // total if total else 3
        if third > shown and (shown >= 0 or done < total):
            progress(f"Making Melvin's sentences ready: {done} of {total}")
        shown = max(shown, third)

    await service.voice.prepare(first, tell)
    service.in_background(_prepare_rest(service, script.all_texts()))


async def _prepare_rest(service: Service, texts: tuple[str, ...]) -> None:
    try:
        await service.voice.prepare(texts, gently=True)
    except ModelGone as error:
        log.error("the voice is gone; captions are all that candidates get", error=str(error))
