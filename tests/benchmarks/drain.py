"""A service told to stop (SIGTERM) under four running interviews, and started again: how many of them are harmed.

Four candidates (aiortc over this machine, each with a recording of its own, sent in chunks, as pages have), two seconds
apart, answer two questions each with recorded speech; the first answer has a pause of two and a half seconds in
mid-sentence. In the middle of it the service is told to stop; as soon as it has ended, it is started again, and the
candidates go on by the same link. Who is speaking when the interview is handed over speaks on meanwhile, as the page
asks them to.

Harmed is an interview in which one of these happened, each of which is told: it was not completed; a word of an answer
is not in the record transcript, though it is in those of the same answer in four interviews at once that nobody
disturbed, held before; a question that had been said whole was said again; an answer was not waited for after SIGTERM
(Melvin went on while the rest was unsaid), though it was in all of those four, or had to be given again; an answer is
in two in the record transcript. Told apart are answers that Melvin cut into before SIGTERM, whose words are not
counted, and those that he cuts into with nobody disturbing him: no drain had to do with it.

Also measured: in what the handover came (speech, a pause of an answer), how soon after SIGTERM /readyz fails and a
newcomer is told that Melvin is being restarted, how long the process takes to end (default MELVIN_DRAIN_S 25, ten
seconds for what follows), and how long the candidates were away, the next process's start included. ``--quick`` does it
once (about four minutes), else three times with other moments.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from tests.benchmarks.network import answer
from tests.benchmarks.network.interview import Answer, invite, prompts_with, record_turns
from tests.benchmarks.nodes import ANSWERS, AT_ONCE, QUESTIONS, joined
from tests.benchmarks.nodes.candidate import Candidate
from tests.benchmarks.nodes.words import found
from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.resume.log import asked_twice, entries
from tests.end_to_end.service import RunningService

__all__ = ["run"]

AFTER_S, QUICK_AFTER_S = (5.0, 12.0, 20.0), (12.0,)
"""Seconds after the last of them has joined."""
ENDS_WITHIN_S = 35.0
PAUSED, PAUSE_AT_S, PAUSE_S = "libri_2412-153948-0000", 2.1, 2.5
"""A clip of connected sentences, and where in it nobody speaks."""
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class _Told:
    """One interview, when all is over. ``missing``: the words of its answers that are in the undisturbed interview's
    transcript and not in its own, by answer. ``cut_always``: answers that undisturbed ones are cut into as well."""

    talk: Candidate
    reason: str
    missing: Sequence[Sequence[str]]
    asked_twice: int
    in_two: int
    cut_before: int
    cut_always: int
    cut_after: int

    @property
    def harms(self) -> dict[str, int]:
        return {
            "not completed": self.reason != "completed",
            "words of answers missing": sum(len(words) for words in self.missing),
            "questions asked twice": self.asked_twice,
            "answers not waited for": self.cut_after,
            "answers to be given again": self.talk.said_again,
            "answers in two": self.in_two,
        }

    @property
    def note(self) -> str:
        words = " / ".join(" ".join(words) or "-" for words in self.missing)
        return (
            f"{self.reason}, {self.talk.connections} connections, handed over in speech {self.talk.in_speech} times, "
            f"in a pause {self.talk.in_pause}, away {self.talk.away_s:.1f} s, "
            f"cut into before {self.cut_before} and as undisturbed {self.cut_always}, "
            f"words missing: {words}"
        ) + "".join(f", {kind}: {count}" for kind, count in self.harms.items() if count)


@dataclass(frozen=True, slots=True)
class _Stop:
    told: list[_Told]
    unready_s: float
    refused: str
    ended_s: float
    code: int


@dataclass(frozen=True, slots=True)
class _Undisturbed:
    """``words``: of each answer, those that are in all the transcripts, by their number. ``cut_into``: the numbers of
    the answers that were not let be finished in any of them."""

    words: list[dict[int, str]]
    cut_into: set[int]


def run(options: Options) -> Report:
    answers = [_with_a_pause(), answer(ANSWERS[1])]
    stops: list[_Stop] = []
    undisturbed: _Undisturbed | None = None
    for after_s in QUICK_AFTER_S if options.quick else AFTER_S:
        stop, undisturbed = _stopped(answers, after_s, undisturbed)
        stops.append(stop)
    told = [one for stop in stops for one in stop.told]
    kinds = {kind: sum(one.harms[kind] for one in told) for kind in told[0].harms}
    harmed = [one for one in told if any(one.harms.values())]
    return Report(
        [
            Figure("interviews harmed", len(harmed), f"of {len(told)}", at_most=0),
            *(Figure(f"harm: {kind}", count, "", at_most=0) for kind, count in kinds.items()),
            Figure("answers cut into before the stop", sum(one.cut_before for one in told), ""),
            Figure("answers cut into as undisturbed ones", sum(one.cut_always for one in told), ""),
            Figure("handed over", sum(one.talk.connections > 1 for one in told), f"of {len(told)}"),
            Figure("handed over in speech", sum(one.talk.in_speech for one in told), ""),
            Figure("handed over in a pause of an answer", sum(one.talk.in_pause for one in told), ""),
            Figure("/readyz fails after, most", max(s.unready_s for s in stops), "s", at_most=1.0),
            Figure("newcomers told calmly", sum(s.refused == "restarting" for s in stops), f"of {len(stops)}",
                   at_least=len(stops)),
            Figure("process ended after, most", max(s.ended_s for s in stops), "s", at_most=ENDS_WITHIN_S),
            Figure("ended cleanly", sum(s.code == 0 for s in stops), f"of {len(stops)}", at_least=len(stops)),
            Figure("candidates away, most", max(one.talk.away_s for one in told), "s"),
        ],
        [f"{'harmed' if one in harmed else 'whole'}: {one.note}" for one in told],
    )  # fmt: skip


def _with_a_pause() -> Answer:
    one = answer((PAUSED,))
    at = round(PAUSE_AT_S * 48_000)
    return Answer(one.text, np.insert(one.sound, at, np.zeros(round(PAUSE_S * 48_000), np.int16)))


def _stopped(answers: Sequence[Answer], after_s: float, undisturbed: _Undisturbed | None) -> tuple[_Stop, _Undisturbed]:
    """``undisturbed``: None where no such interviews were held yet."""
    folder = Path(tempfile.mkdtemp(prefix="melvin-drain-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as another user and must get in
    service = RunningService(folder)
    service.extra = {
        "MELVIN_PROMPTS_FOLDER": str(prompts_with(folder, QUESTIONS)), "MELVIN_MOST_INTERVIEWS": str(AT_ONCE),
        "MELVIN_ADMISSION": "fixed",
    }  # fmt: skip
    try:
        service.start()
        service.settle()
        with service.api() as api, ThreadPoolExecutor(AT_ONCE) as threads:
            undisturbed = undisturbed or _undisturbed(threads, api, answers, service.address)
            newcomer = invite(api)["link"]
            talks, running = joined(threads, api, answers, [service.address])
            time.sleep(after_s)
            at = time.monotonic()
            unready_s, refused, ended_s, code = _told_to_stop(service, newcomer)
            for talk in talks:
                talk.gone()  # who was not told so before it ended
            service.start()
            for one in running:
                one.result()
            told = [_told(service, api, talk, answers, undisturbed, at) for talk in talks]
            return _Stop(told, unready_s, refused, ended_s, code), undisturbed
    finally:
        if service.process is not None and service.process.poll() is None:
            service.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _undisturbed(
    threads: ThreadPoolExecutor, api: httpx.Client, answers: Sequence[Answer], address: str
) -> _Undisturbed:
    talks, running = joined(threads, api, answers, [address])
    for one in running:
        one.result()
    heard = [" ".join(turn["text"] for turn in record_turns(api, talk.interview_id)) for talk in talks]
    words = [
        {number: word for number, word in in_one[0].items() if all(number in other for other in in_one)}
        for in_one in ([found(one.text, text) for text in heard] for one in answers)
    ]
    assert all(words), f"undisturbed interviews have no transcript: {heard!r}"
    return _Undisturbed(words, {number for talk in talks for number in talk.cut_into})


def _told(
    service: RunningService,
    api: httpx.Client,
    talk: Candidate,
    answers: Sequence[Answer],
    undisturbed: _Undisturbed,
    stopped_at: float,
) -> _Told:
    turns = record_turns(api, talk.interview_id)
    heard = " ".join(turn["text"] for turn in turns)
    log = entries(service.folder / "data" / "journals", talk.interview_id)
    spoken = Counter(turn["question_id"] for turn in turns if turn["question_id"])
    before = {number for number, at in talk.cut_into.items() if at < stopped_at}
    always = (undisturbed.cut_into & set(talk.cut_into)) - before
    missing = [
        [] if n + 1 in before else [word for i, word in words.items() if i not in found(one.text, heard)]
        for n, (one, words) in enumerate(zip(answers, undisturbed.words, strict=True))
    ]
    return _Told(
        talk,
        api.get(f"/interviews/{talk.interview_id}").json()["end_reason"] or "",
        missing,
        asked_twice(log, service.folder / "prompts"),
        sum(count > 1 for count in spoken.values()),
        len(before),
        len(always),
        len(talk.cut_into) - len(before) - len(always),
    )


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
