"""The same answers given to Melvin and to a bot built on pipecat, on this machine in one run, by turns.

The peer is ``bot.py`` beside this: pipecat-ai 1.14 with SmallWebRTC, Silero, smart-turn, the same Whisper base int8 and
the same Piper voice, its next question scripted, in a virtual environment of its own (``requirements.txt``; pip makes
it on the first run). It is measured with its default settings and with its fastest ones. Both sides are called through
Chromium and heard as in the benchmark ``gap``, each with the same questions and the same recordings.

- Response gap: after recordings without a silence of 0.2 s or more, which Silero would take for a pause.
- Cut pauses: spliced ones of 1 to 6 s, mid-clause, in which a sound began.
- Replies broken off or put again, and replies decided on before the answer's last words were recognised: by the bot's
  own log, from the answer's last sample of speech until it has been silent for 2 s, over answers it did not come in on.

Data: as for ``gap``. 8 answers without a pause and 16 pauses or a few more for each of the three, in two interviews
with each bot and in one for each speaker with Melvin, who learns how long a candidate's pauses are: about 16 minutes on
two quiet cores, and two more for the installation on a first run. ``--quick``: 2 answers and 3 pauses or more for each:
4 minutes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from playwright.sync_api import Browser

from interviewer.speech.models import whisper_folder
from tests.benchmarks.gap import give
from tests.benchmarks.gap.answers import Answer, by_speaker, few_words, plain, spliced, words_by_whisper
from tests.benchmarks.gap.caller import Caller, open_browser
from tests.benchmarks.gap.measure import Mark, Outcome, Reply, reply
from tests.benchmarks.gap.melvin import running_melvin
from tests.benchmarks.peer.environment import interpreter
from tests.benchmarks.peer.running import running_bot, voice_in
from tests.benchmarks.report import DataMissing, Figure, Options, Report

__all__ = ["run"]

SEED = 14
ANSWERS, PAUSES, ROUNDS = 8, 16, 2
QUICK_ANSWERS, QUICK_PAUSES, QUICK_ROUNDS = 2, 3, 1
SHORT_SILENCE_S = 0.2
QUIET_S = 2.0
"""A reply that is put again comes up to this long after the first was broken off."""
GREETING_S = 60.0
PEERS = ("pipecat, default", "pipecat, fastest")
OURS = "Melvin"


class Log(Protocol):
    def new(self) -> list[Mark]: ...


class Side(Protocol):
    def interview(self, browser: Browser) -> AbstractContextManager[tuple[Caller, Log]]: ...


@dataclass(frozen=True, slots=True)
class Given:
    answer: Answer
    outcome: Outcome
    reply: Reply


def run(options: Options) -> Report:
    whole, broken = _chosen(options)
    python = interpreter()
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="melvin-peer-")))
        whisper, voice = whisper_folder(None, folder), voice_in(folder)
        sides: dict[str, Side] = {OURS: stack.enter_context(running_melvin(few_words(options.data)))}
        for name in PEERS:
            settings = name.rpartition(" ")[2]
            sides[name] = stack.enter_context(running_bot(python, settings, whisper, voice, folder / settings))
        browser = stack.enter_context(open_browser())
        given: dict[str, list[Given]] = {name: [] for name in sides}
        for n in range(rounds):
            for name, side in sides.items():
                answers = whole[n::rounds] + broken[n::rounds]
                for some in by_speaker(answers) if name == OURS else [answers]:
                    given[name] += _interview(side, browser, some)
    return _report(given, {a.name for a in whole})


def _chosen(options: Options) -> tuple[list[Answer], list[Answer]]:
    answers, pauses = (QUICK_ANSWERS, QUICK_PAUSES) if options.quick else (ANSWERS, PAUSES)
    flowing = (a for a in plain(options.data, SEED) if a.spoken.longest_silence_s < SHORT_SILENCE_S)
    whole = list(islice(flowing, answers))
    broken: list[Answer] = []
    for answer in spliced(options.data, words_by_whisper(), SEED):
        broken.append(answer)
        if len(whole) == answers and sum(len(a.spoken.pauses) for a in broken) >= pauses:
            return whole, broken
    raise DataMissing(f"{options.data}/audio holds too few recordings for {answers} answers and {pauses} pauses")


def _interview(side: Side, browser: Browser, answers: Sequence[Answer]) -> list[Given]:
    with side.interview(browser) as (caller, log):
        caller.wait_for_reply(0.0, QUIET_S, GREETING_S)
        given = []
        for answer in answers:
            outcome = give(caller, answer, QUIET_S, at_end=log.new)
            given.append(Given(answer, outcome, reply(log.new())))
        return given


@dataclass(frozen=True, slots=True)
class _Summary:
    """``gaps``: in seconds, after answers without a pause. The rest are counts."""

    gaps: list[float]
    pauses: int
    cut: int
    replies: int
    restarted: int
    early: int

    @classmethod
    def of(cls, given: list[Given], whole: set[str]) -> _Summary:
        kept = [g.reply for g in given if g.outcome.clean and g.outcome.replied]
        return cls(
            [g.outcome.gap_s for g in given if g.answer.name in whole and g.outcome.gap_s is not None],
            sum(len(g.outcome.cut) for g in given),
            sum(sum(g.outcome.cut) for g in given),
            len(kept),
            sum(r.restarted for r in kept),
            sum(r.early for r in kept),
        )

    @property
    def cut_share(self) -> float:
        return self.cut / self.pauses


def _report(given: dict[str, list[Given]], whole: set[str]) -> Report:
    summaries = {name: _Summary.of(g, whole) for name, g in given.items()}
    ours = summaries.pop(OURS)
    figures = [
        *_figures(OURS, ours, zero=0),
        *(figure for name, theirs in summaries.items() for figure in _figures(name, theirs, zero=None)),
    ]
    figures.append(Figure("Melvin's cut pauses", 100 * ours.cut_share, "%", at_most=3.0))
    for name, theirs in summaries.items():
        figures += [
            Figure(f"Melvin's share of cut pauses over that of {name}", _over(ours.cut_share, theirs.cut_share), "",
                   at_most=0.25),
            Figure(f"Melvin's median gap over that of {name}", _ratio(ours.gaps, theirs.gaps), "",
                   at_most=0.6),
        ]  # fmt: skip
    gaps = {OURS: ours.gaps, **{name: theirs.gaps for name, theirs in summaries.items()}}
    return Report(figures, [f"{name}, gaps, s: " + " ".join(f"{g:.2f}" for g in of) for name, of in gaps.items()])


def _figures(name: str, of: _Summary, zero: int | None) -> list[Figure]:
    return [
        Figure(f"{name}: gap after an answer without a pause, median", _middle(of.gaps), "s"),
        Figure(f"{name}: the same, 95th percentile", _middle(of.gaps, 95), "s"),
        Figure(f"{name}: pauses cut, of {of.pauses}", of.cut, ""),
        Figure(f"{name}: replies broken off or put again, of {of.replies}", of.restarted, "", at_most=zero),
        Figure(f"{name}: replies before the last words were there, of {of.replies}", of.early, "", at_most=zero),
    ]


def _middle(gaps: list[float], percentile: float = 50) -> float:
    return float(np.percentile(gaps, percentile)) if gaps else float("inf")


def _ratio(ours: list[float], theirs: list[float]) -> float:
    """Of the medians; infinite, and so missed, where either has none."""
    return _middle(ours) / _middle(theirs) if ours and theirs else float("inf")


def _over(ours: float, theirs: float) -> float:
    """0 where ours is 0: nothing is at most a quarter of nothing."""
    return 0.0 if ours == 0 else ours / theirs if theirs else float("inf")
