"""What a bad network does to an interview: loss, bursts, jitter, reordering, a blackout, a new address.

A candidate's end (aiortc's own, which sends Opus as it comes, and again what it is asked for, as our page lets browsers
do) speaks the clips of tests/data/audio through a UDP relay in this process, a NAT that stands in every ICE candidate
and makes the network bad both ways, by seeded chance.

Part ``uplink``: from the candidate's microphone to the recording, without a service around it, once through our peer
and, at the same time, once through aiortc as it comes ("stock"). The delay is that from the first sample of a block to
when it is handed on here; it is "back" when, after the network is good again, it is no more than 30 ms above what it
was before, and stays there. The word error rate is that of the recording, by the recogniser of record transcripts.

Part ``interview``: whole interviews of three questions with the running service, two at a time, and the word error rate
of their record transcripts. In the blackout (10 s in the middle of the second answer) the candidate speaks on, and
nothing but the page's own recording could keep what was said then; this candidate's end makes none, so no target stands
beside that figure.

The new address is what a NAT does that forgets a mapping: another port, the old one dead. The page notices when nothing
has come for 3 s, and makes a new connection; until that stands, it goes on sending over the old one. Part ``turn``: two
peers that meet through a real coturn alone (Debian's package), with credentials that are good, of a wrong secret, and
expired. All parts by default; ``--part`` takes one.
``--quick`` takes fewer conditions and says less.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt

from interviewer.speech.recognition import RecognitionOptions, RecordRecogniser
from tests.benchmarks.network.conditions import CONDITIONS, Condition
from tests.benchmarks.network.interview import Answer, Held, hold
from tests.benchmarks.network.turn import Relayed, relayed
from tests.benchmarks.network.uplink import AFTER_S, Uplink, listen
from tests.benchmarks.report import DataMissing, Figure, Options, Report
from tests.clips import FOLDER, clips, load, word_error_rate

__all__ = ["answer", "run"]

ANSWERS = (
    ("librivox_0870",),
    ("LJ001-0001", "libri_2412-153948-0000", "nasa_spacewalk"),
    ("jfk", "LJ001-0005", "librivox_0890"),
)
QUICK_ANSWERS = (("librivox_0870",), ("LJ001-0001", "libri_2412-153948-0000"), ("librivox_0890",))
QUICK = ("clean", "loss 5 %", "blackout 10 s", "new address")
BETWEEN_S = 0.4
BACK_S = 5.0
POINTS = 1.0
SEED = 20
NEVER_S = 99.0
"""Shown for a delay that was not back when the measurement ended."""
TURN_S = 5.0
PARTS = ("uplink", "interview", "turn")
AT_ONCE = 2


def run(options: Options) -> Report:
    parts = PARTS if options.part is None else (options.part,)
    if not set(parts) <= set(PARTS):
        raise SystemExit(f"--part is one of {', '.join(PARTS)}")
    answers = [answer(names) for names in (QUICK_ANSWERS if options.quick else ANSWERS)]
    conditions = [c for c in CONDITIONS if not options.quick or c.name in QUICK]
    words = sum(len(a.text.split()) for a in answers)
    figures: list[Figure] = []
    notes = [f"{words} words; one word is {100 / words:.1f} points of word error rate"]
    if "uplink" in parts:
        heard = _listen(conditions, answers)
        figures += [figure for c in conditions for one in heard[c.name] for figure in _uplink(c, one, heard)]
        lag = max(one.uplink.lag_s for both in heard.values() for one in both)
        notes.append(
            f"this process came {1000 * lag:.0f} ms late to its work (95th percentile, worst condition); above 20 the "
            "machine was busy with other things, and the delays say nothing"
        )
        notes.append(f"{NEVER_S:.0f} s: not back when the measurement ended, {AFTER_S:.0f} s after the bad network")
    if "interview" in parts:
        held = hold(conditions, answers, SEED, AT_ONCE)
        figures += _interviews(held)
        notes += [f"{name}: {h.ended[0]}, {h.ended[1]}; {h.connections} connections" for name, h in held.items()]
    if "turn" in parts:
        try:
            figures += _turn(relayed())
        except DataMissing as missing:
            if options.part is not None:
                raise
            notes.append(f"turn: {missing}")
    return Report(figures, notes)


def answer(names: Sequence[str]) -> Answer:
    """The clips of these names one after the other."""
    gap = np.zeros(round(BETWEEN_S * 48_000), np.int16)
    sounds = [piece for name in names for piece in (load(FOLDER / f"{name}.flac", 48_000), gap)]
    return Answer(" ".join(clips()[name].text for name in names), np.concatenate(sounds))


@dataclass(frozen=True, slots=True)
class _Heard:
    uplink: Uplink
    text: str
    error_rate: float


def _listen(conditions: Sequence[Condition], answers: Sequence[Answer]) -> dict[str, list[_Heard]]:
    """Two conditions at a time, each in a process of its own; recognised when all are over."""
    sound = np.concatenate([a.sound for a in answers])
    with ProcessPoolExecutor(AT_ONCE, get_context("spawn")) as processes:
        running = [processes.submit(_listened, c, sound, SEED + n) for n, c in enumerate(conditions)]
        uplinks = [future.result() for future in running]
    said = " ".join(a.text for a in answers)
    heard: dict[str, list[_Heard]] = {}
    with tempfile.TemporaryDirectory(prefix="melvin-network-") as cache:
        recogniser = RecordRecogniser(RecognitionOptions(Path(cache)))
        for condition, both in zip(conditions, uplinks, strict=True):
            texts = [recogniser.recognise(uplink.pcm).text for uplink in both]
            heard[condition.name] = [
                _Heard(uplink, text, 100 * word_error_rate(said, text))
                for uplink, text in zip(both, texts, strict=True)
            ]
    return heard


def _listened(condition: Condition, sound: npt.NDArray[np.int16], seed: int) -> Sequence[Uplink]:
    return asyncio.run(listen(condition, sound, seed))


def _uplink(condition: Condition, one: _Heard, heard: dict[str, list[_Heard]]) -> list[Figure]:
    uplink = one.uplink
    name = f"{'stock' if uplink.stock else 'uplink'}, {condition.name}"
    clean = next(c.error_rate for c in heard["clean"] if c.uplink.stock == uplink.stock)
    ours = not uplink.stock
    figures = [Figure(f"{name}: delay before", 1000 * _finite(uplink.base_s), "ms")]
    if condition.name == "clean":
        return [*figures, Figure(f"{name}: word error rate", one.error_rate, "%")]
    points = POINTS if ours and not condition.impairment.dead else None
    return [
        *figures,
        Figure(f"{name}: delay meanwhile, median", 1000 * _finite(uplink.during_s), "ms"),
        Figure(f"{name}: delay back after", _finite(uplink.back_after_s), "s", at_most=BACK_S if ours else None),
        Figure(f"{name}: word error rate beyond clean", one.error_rate - clean, "points", at_most=points),
    ]


def _turn(found: dict[str, Relayed]) -> list[Figure]:
    good = found["good"]
    return [
        Figure("turn, relay only: first sound after the offer", _finite(good.sound_after_s), "s", at_most=TURN_S),
        Figure("turn, relay only: addresses that are no relay's", 0 if good.relays_only else 1, "", at_most=0),
        Figure("turn, relay only: gaps in the sound", good.gaps, "", at_most=0),
        *(
            Figure(f"turn, {name}: let in", float(np.isfinite(one.sound_after_s)), "", at_most=0)
            for name, one in found.items()
            if name != "good"
        ),
    ]


def _finite(seconds: float) -> float:
    return seconds if np.isfinite(seconds) else NEVER_S


def _interviews(held: dict[str, Held]) -> list[Figure]:
    clean = held["clean"].error_rate
    figures = [Figure("interview, clean: word error rate", 100 * clean, "%")]
    dead = {c.name for c in CONDITIONS if c.impairment.dead}
    figures += [
        Figure(
            f"interview, {name}: word error rate beyond clean",
            100 * (h.error_rate - clean),
            "points",
            at_most=None if name in dead else POINTS,
        )
        for name, h in held.items()
        if name != "clean"
    ]
    count = len(held)
    written = sum(bool(h.heard) for h in held.values())  # without one, every word is wrong in both, and none "beyond"
    completed = sum(h.completed for h in held.values())
    return [
        *figures,
        Figure("interviews completed", completed, f"of {count}", at_least=count),
        Figure("interviews with a record transcript", written, f"of {count}", at_least=count),
    ]
