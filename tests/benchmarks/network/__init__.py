"""What a bad network does to an interview: loss, bursts, jitter, reordering, a blackout, a new address.

A candidate's end (aiortc's own, which sends Opus as it comes) speaks the clips of tests/data/audio through a UDP relay
in this process, a NAT that stands in every ICE candidate and makes the network bad both ways, by seeded chance.

Part ``uplink``: from the candidate's microphone to the recording, without a service around it, once with our receive
buffer and, at the same time, once with aiortc's own ("stock"). The delay is that from the first sample of a block to
when it is handed on here; it is "back" when, after the network is good again, it is no more than 30 ms above what it
was before, and stays there. The word error rate is that of the recording, by the recogniser of record transcripts.

Part ``interview``: whole interviews of three questions with the running service, and the word error rate of their
record transcripts. In the blackout (10 s in the middle of the second answer) the candidate speaks on, and nothing but
the page's own recording could keep what was said then; this candidate's end makes none.

The new address is what a NAT does that forgets a mapping: another port, the old one dead. The page notices when its
pings stay unanswered for 3 s, and makes a new connection. Both parts by default; ``--part`` takes one. ``--quick`` says
less.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from interviewer.speech.recognition import RecognitionOptions, RecordRecogniser
from tests.benchmarks.network.conditions import CONDITIONS, Condition
from tests.benchmarks.network.interview import Answer, Held, hold
from tests.benchmarks.network.uplink import Uplink, listen
from tests.benchmarks.report import Figure, Options, Report
from tests.clips import FOLDER, clips, load, word_error_rate

__all__ = ["run"]

ANSWERS = (
    ("nasa_spacewalk",),
    ("LJ001-0001", "libri_2412-153948-0000", "librivox_0870"),
    ("jfk", "LJ001-0005", "librivox_0920", "librivox_0890"),
)
QUICK_ANSWERS = (("librivox_0870",), ("LJ001-0001", "libri_2412-153948-0000"), ("librivox_0890",))
BETWEEN_S = 0.4
BACK_S = 5.0
POINTS = 1.0
SEED = 20
NEVER_S = 99.0
"""Shown for a delay that was not back when the measurement ended."""
PARTS = ("uplink", "interview")


def run(options: Options) -> Report:
    parts = PARTS if options.part is None else (options.part,)
    if not set(parts) <= set(PARTS):
        raise SystemExit(f"--part is one of {', '.join(PARTS)}")
    answers = [_answer(names) for names in (QUICK_ANSWERS if options.quick else ANSWERS)]
    figures: list[Figure] = []
    notes = [f"{sum(len(a.text.split()) for a in answers)} words; one word is "
             f"{100 / sum(len(a.text.split()) for a in answers):.1f} points of word error rate"]  # fmt: skip
    if "uplink" in parts:
        heard = _listen(answers)
        figures += _uplink(answers, heard)
        lag = max(u.lag_s for both in heard.values() for u in both)
        notes.append(
            f"this process came {1000 * lag:.0f} ms late to its work (95th percentile, worst condition); above 20 the "
            "machine was busy with other things, and the delays say nothing"
        )
        notes.append(f"{NEVER_S:.0f} s: not back when the measurement ended, 12 s after the bad network")
    if "interview" in parts:
        held = hold(CONDITIONS, answers, SEED)
        figures += _interviews(held)
        notes += [f"{name}: {h.ended[0]}, {h.ended[1]}; {h.connections} connections" for name, h in held.items()]
    return Report(figures, notes)


def _answer(names: Sequence[str]) -> Answer:
    gap = np.zeros(round(BETWEEN_S * 48_000), np.int16)
    sounds = [piece for name in names for piece in (load(FOLDER / f"{name}.flac", 48_000), gap)]
    return Answer(" ".join(clips()[name].text for name in names), np.concatenate(sounds))


def _listen(answers: Sequence[Answer]) -> dict[str, Sequence[Uplink]]:
    sound = np.concatenate([a.sound for a in answers])
    return {c.name: asyncio.run(listen(c, sound, SEED + n)) for n, c in enumerate(CONDITIONS)}


def _uplink(answers: Sequence[Answer], heard: dict[str, Sequence[Uplink]]) -> list[Figure]:
    said = " ".join(a.text for a in answers)
    with tempfile.TemporaryDirectory(prefix="melvin-network-") as cache:
        recogniser = RecordRecogniser(RecognitionOptions(Path(cache)))
        rates = {
            (name, uplink.stock): 100 * word_error_rate(said, recogniser.recognise(uplink.pcm).text)
            for name, both in heard.items()
            for uplink in both
        }
    figures = []
    for condition in CONDITIONS:
        for uplink in heard[condition.name]:
            figures += _uplink_figures(condition, uplink, rates)
    return figures


def _uplink_figures(condition: Condition, uplink: Uplink, rates: dict[tuple[str, bool], float]) -> list[Figure]:
    who = "stock" if uplink.stock else "uplink"
    name = f"{who}, {condition.name}"
    rate, clean = rates[condition.name, uplink.stock], rates["clean", uplink.stock]
    ours = not uplink.stock
    figures = [Figure(f"{name}: delay before", 1000 * _finite(uplink.base_s), "ms")]
    if condition.name == "clean":
        return [*figures, Figure(f"{name}: word error rate", rate, "%")]
    return [
        *figures,
        Figure(f"{name}: delay meanwhile, median", 1000 * _finite(uplink.during_s), "ms"),
        Figure(f"{name}: delay back after", _finite(uplink.back_after_s), "s", at_most=BACK_S if ours else None),
        Figure(f"{name}: word error rate beyond clean", rate - clean, "points", at_most=POINTS if ours else None),
    ]


def _finite(seconds: float) -> float:
    return seconds if np.isfinite(seconds) else NEVER_S


def _interviews(held: dict[str, Held]) -> list[Figure]:
    clean = held["clean"].error_rate
    figures = [Figure("interview, clean: word error rate", 100 * clean, "%")]
    figures += [
        Figure(f"interview, {name}: word error rate beyond clean", 100 * (h.error_rate - clean), "points", POINTS)
        for name, h in held.items()
        if name != "clean"
    ]
    completed = sum(h.completed for h in held.values())
    return [*figures, Figure("interviews completed", completed, f"of {len(held)}", at_least=len(held))]
