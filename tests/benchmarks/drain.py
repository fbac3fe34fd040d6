"""A service told to stop (SIGTERM) under four running interviews, and started again: how many of them are harmed.

Four candidates (aiortc over this machine), two seconds apart, answer two questions each with recorded speech. In the
middle of it the service is told to stop; as soon as it has ended, it is started again, and the candidates go on by the
same link. An answer is said again only where Melvin still waits for it after the new connection.

Harmed: an interview that was cut while its candidate spoke, that did not end as "completed", or of which an answer has
less than nine in ten of its words in the record transcript. Also measured: how soon after SIGTERM /readyz fails and a
newcomer is told that Melvin is being restarted, how long the process takes to end (default MELVIN_DRAIN_S 25, ten
seconds for what follows), and how long the candidates were away, the next process's start included. ``--quick`` does
it once (about two minutes), else three times with other moments.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.benchmarks.network import answer
from tests.benchmarks.network.interview import Answer, invite, prompts_with
from tests.benchmarks.nodes import ANSWERS, AT_ONCE, KEPT, QUESTIONS, joined, outcomes
from tests.benchmarks.nodes.candidate import Candidate, kept
from tests.benchmarks.report import Figure, Options, Report
from tests.end_to_end.service import RunningService

__all__ = ["run"]

AFTER_S, QUICK_AFTER_S = (5.0, 12.0, 20.0), (12.0,)
"""Seconds after the last of them has joined."""
ENDS_WITHIN_S = 35.0
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class _Stop:
    talks: list[Candidate]
    ends: list[tuple[str, str]]
    unready_s: float
    refused: str
    ended_s: float
    code: int


def run(options: Options) -> Report:
    answers = [answer(names) for names in ANSWERS]
    stops = [_stopped(answers, after_s) for after_s in (QUICK_AFTER_S if options.quick else AFTER_S)]
    harmed, notes = 0, []
    for stop in stops:
        for talk, (reason, heard) in zip(stop.talks, stop.ends, strict=True):
            shares = [kept(a.text, heard) for a in answers]
            whole = reason == "completed" and not talk.cut and min(shares) >= KEPT
            harmed += not whole
            notes.append(
                f"{'whole' if whole else 'harmed'}: {reason}, {talk.connections} connections, cut {talk.cut} times, "
                f"away {talk.away_s:.1f} s, answers kept {', '.join(f'{100 * s:.0f} %' for s in shares)}"
            )
    talks = [talk for stop in stops for talk in stop.talks]
    return Report(
        [
            Figure("interviews harmed", harmed, f"of {len(talks)}", at_most=0),
            Figure("/readyz fails after, most", max(s.unready_s for s in stops), "s", at_most=1.0),
            Figure("newcomers told calmly", sum(s.refused == "restarting" for s in stops), f"of {len(stops)}",
                   at_least=len(stops)),
            Figure("process ended after, most", max(s.ended_s for s in stops), "s", at_most=ENDS_WITHIN_S),
            Figure("ended cleanly", sum(s.code == 0 for s in stops), f"of {len(stops)}", at_least=len(stops)),
            Figure("candidates away, most", max(t.away_s for t in talks), "s"),
        ],
        notes,
    )  # fmt: skip


def _stopped(answers: Sequence[Answer], after_s: float) -> _Stop:
    folder = Path(tempfile.mkdtemp(prefix="melvin-drain-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    service = RunningService(folder)
    service.extra = {
        "MELVIN_PROMPTS_FOLDER": str(prompts_with(folder, QUESTIONS)), "MELVIN_MOST_INTERVIEWS": str(AT_ONCE),
        "MELVIN_ADMISSION": "fixed",
    }  # fmt: skip
    try:
        service.start()
        with service.api() as api, ThreadPoolExecutor(AT_ONCE) as threads:
            newcomer = invite(api)["link"]
            talks, running = joined(threads, api, answers, [service.address])
            time.sleep(after_s)
            unready_s, refused, ended_s, code = _told_to_stop(service, newcomer)
            service.start()
            for one in running:
                one.result()
            return _Stop(talks, outcomes(api, [t.interview_id for t in talks]), unready_s, refused, ended_s, code)
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _told_to_stop(service: RunningService, newcomer: str) -> tuple[float, str, float, int]:
    """Seconds until /readyz fails, what a newcomer is told, seconds until the process has ended, and its exit code."""
    assert service.process is not None
    page = newcomer
    with httpx.Client(headers={"Origin": service.address}, timeout=10, trust_env=False) as http:
        notice_hash = http.get(page).text.partition('name="notice_hash" value="')[2].partition('"')[0]
        http.post(f"{page}/consent", data={"agree": "yes", "notice_hash": notice_hash})
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        while http.get(f"{service.address}/readyz").status_code == 200:
            time.sleep(LOOK_S)
        unready_s = time.monotonic() - began
        reply = http.post(f"{page}/lobby", json={"sound": True, "knows": None})
        refused = str(reply.json().get("code"))
    code = service.process.wait(timeout=120)
    return unready_s, refused, time.monotonic() - began, code
