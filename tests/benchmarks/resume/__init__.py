"""The server killed (kill -9) at random points of spoken interviews, which go on by the same link when it is up again.

Interviews of two questions with the running service, two at a time; each is killed once, at a moment drawn for its
round (seeded), so the two are hit at two points. The service is started again at once. The candidate's end (aiortc over
this machine, without loss) makes its connection anew as the page does, and says an answer again where Melvin still
waits for it.

Completed: the interview ended as "completed". Lost sound: what the candidate had sent before the kill and is not in the
recording, by how far the recording lagged behind before. Asked twice: questions and probes of the event log that were
said again although they had been said whole. Lost answers: answers of which less than nine in ten words are in the
record transcript. ``--quick``: four interviews; else twenty.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import jiwer

from tests.benchmarks.network import answer
from tests.benchmarks.network.interview import Answer, invite, prompts_with, record_transcript
from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.resume.candidate import Talk
from tests.benchmarks.resume.log import asked_twice, entries
from tests.clips import plain
from tests.end_to_end.service import RunningService

__all__ = ["kept", "run"]

QUESTIONS = 2
ANSWERS = (("librivox_0870",), ("LJ001-0005", "librivox_0890"))
ROUNDS, QUICK_ROUNDS = 10, 2
AT_ONCE = 2
APART_S = 4.0
"""Between the beginnings of the two, so that a kill finds them at different points."""
FIRST_S, LAST_S = 2.0, 26.0
"""Seconds after the second has joined in which the kill comes. Without one an interview takes about 40."""
SEED = 9
OVER_S = 180.0
KEPT = 0.9
MOST_LOST_S = 1.0
NOTHING_MEASURED_S = 99.0
"""Stands where no kill hit a recording: what was not measured is not met."""


def run(options: Options) -> Report:
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    answers = [answer(names) for names in ANSWERS]
    folder = Path(tempfile.mkdtemp(prefix="melvin-resume-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    prompts = prompts_with(folder, QUESTIONS)
    # Who is let in is not asked here: after each kill the next two would wait in the lobby of a busy machine.
    service = RunningService(folder, extra={"MELVIN_PROMPTS_FOLDER": str(prompts), "MELVIN_ADMISSION": "fixed"})
    chance = random.Random(SEED)
    talks: list[Talk] = []
    try:
        service.start()
        service.settle()
        with service.api() as api:
            for _ in range(rounds):
                talks += _round(service, api, answers, chance.uniform(FIRST_S, LAST_S))
            transcripts = [record_transcript(api, talk.interview_id) for talk in talks]
            reasons = [api.get(f"/interviews/{talk.interview_id}").json()["end_reason"] for talk in talks]
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return _report(talks, transcripts, reasons, answers)


def _round(service: RunningService, api: httpx.Client, answers: Sequence[Answer], kill_after_s: float) -> list[Talk]:
    recordings, journals = service.folder / "data" / "recordings", service.folder / "data" / "journals"
    with ThreadPoolExecutor(AT_ONCE) as threads:
        talks, running = [], []
        for n in range(AT_ONCE):
            invitation = invite(api)
            talk = Talk(invitation["link"], answers, recordings)
            running.append(threads.submit(talk.hold, OVER_S))
            talk.joined.wait(60)
            ids = {row["invitation_id"]: row["id"] for row in api.get("/interviews").json()["data"]}
            talk.interview_id = ids[invitation["id"]]
            talks.append(talk)
            if n < AT_ONCE - 1:
                talk.watch_for(APART_S)
        talks[0].watch_for(kill_after_s, others=talks[1:])
        service.kill()
        for talk in talks:
            talk.killed()
        service.start()
        for one in running:
            one.result()
        for talk in talks:
            talk.asked_twice = asked_twice(entries(journals, talk.interview_id), service.folder / "prompts")
    return talks


def _report(
    talks: Sequence[Talk], transcripts: Sequence[str], reasons: Sequence[str | None], answers: Sequence[Answer]
) -> Report:
    count = len(talks)
    lost = [talk.lost_s for talk in talks if talk.lost_s is not None]
    found = [[kept(one.text, heard) for one in answers] for heard in transcripts]
    notes = [
        f"kill {n + 1}: {talk.phase or 'not begun'}, {talk.connections} connections, {reason}, "
        f"{'nothing recorded yet' if talk.lost_s is None else f'{talk.lost_s:.2f} s lost'}, "
        f"answers kept {', '.join(f'{100 * share:.0f} %' for share in shares)}, back after {talk.away_s:.1f} s"
        for n, (talk, reason, shares) in enumerate(zip(talks, reasons, found, strict=True))
    ]
    return Report(
        [
            Figure("interviews completed", sum(r == "completed" for r in reasons), f"of {count}", at_least=count),
            Figure("sound lost at the kill, most", max(lost, default=NOTHING_MEASURED_S), "s", at_most=MOST_LOST_S),
            Figure("prompts asked twice that were not cut", sum(t.asked_twice for t in talks), "", at_most=0),
            Figure("answers lost", sum(share < KEPT for shares in found for share in shares), "", at_most=0),
            Figure("back after the kill, most", max(t.away_s for t in talks), "s"),
        ],
        notes,
    )


def kept(said: str, heard: str) -> float:
    """The share of the words of ``said`` that are in ``heard``, in their order; what stands between them is free."""
    words = jiwer.process_words(plain(said), plain(heard) or "-")
    return words.hits / (words.hits + words.substitutions + words.deletions)
