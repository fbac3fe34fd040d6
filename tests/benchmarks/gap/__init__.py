"""How long a candidate waits for Melvin's reply, and how often he comes in while they pause, through a real browser.

Chromium holds whole interviews of a plan with sixty short questions, at normal pace and without probes. Its microphone
is a Web Audio graph that plays a recording when Melvin has fallen silent, and every track from Melvin goes into the
same graph: one audio clock says when the last sample of speech went out and when his first sound was received (above
50 dB below full scale, as the browser plays it, so its own jitter buffer counts too).

- Response gap: from the last sample of speech (the last 10 ms frame within 20 dB of the speech level) to Melvin's first
  sound after it, over answers that he did not come in upon. Recordings that stop in mid-sentence have no end of a turn
  and are left out.
- Where a gap's time went, by the event log: the turn policy's patience, what was decided later than that, the voice,
  and the rest, which is on the way (see ``stages``).
- Cut-ins: pauses of a second or more inside an answer, the speaker's own and ones of 1 to 6 s spliced in mid-clause, in
  which (or within 0.3 s after which) a sound of Melvin began. Pauses after a first cut in the same answer count too.

Data: the pause set of the benchmark ``turns``: audio/read_en, spontaneous_en, fillers_en and moon_intent_pauses of DIR,
recordings of at most 30 s with at least 2.5 s from the first to the last sample of speech. 20 answers as they are, in
one interview, and in a second one answers with spliced silences until there are 40 in all, and 60 pauses: about 15
minutes on two quiet cores. ``--quick`` takes 4 answers and 6 pauses: 3 minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from tests.benchmarks.gap.answers import Answer, few_words, plain, spliced, words_by_whisper
from tests.benchmarks.gap.caller import Caller, open_browser
from tests.benchmarks.gap.measure import ROUNDING_S, Outcome, outcome
from tests.benchmarks.gap.melvin import running_melvin
from tests.benchmarks.gap.stages import Stages, stages_of, table
from tests.benchmarks.report import DataMissing, Figure, Options, Report

__all__ = ["Given", "give", "run"]

SEED = 4
ANSWERS, PAUSES = 40, 60
QUICK_ANSWERS, QUICK_PAUSES = 4, 6
THINKS_S = 0.5
"""Nobody answers in the instant that a question ends."""
QUIET_S = 1.2
"""Silence after which Melvin's question is taken to be over."""
PATIENCE_S = 20.0
LENGTHS = (1, 2, 3, 4, 5, 6, 10)


@dataclass(frozen=True, slots=True)
class Given:
    answer: Answer
    outcome: Outcome
    spliced: bool
    stages: Stages | None = None


def give(
    caller: Caller, answer: Answer, quiet_s: float = QUIET_S, at_end: Callable[[], object] = lambda: None
) -> Outcome:
    """Say ``answer``, wait for what comes back and until it is over. ``at_end`` is called when its last sample of
    speech went out."""
    caller.wait(THINKS_S)
    at = caller.say(answer.wav).begin
    end = at + answer.spoken.end
    caller.wait_until(end)
    at_end()
    caller.wait_for_reply(end, quiet_s, PATIENCE_S)
    return outcome(answer.spoken, at, caller.hear()[1])


def run(options: Options) -> Report:
    whole, broken = _chosen(options)
    given: list[Given] = []
    with running_melvin(few_words(options.data)) as melvin, open_browser() as browser:
        for answers in (whole, broken):
            with melvin.interview(browser) as (caller, log):
                caller.wait_for_reply(0.0, QUIET_S, PATIENCE_S)
                log.entries()
                for answer in answers:
                    found = give(caller, answer)
                    entries = log.entries()
                    stages = None if found.gap_s is None else stages_of(entries, found.gap_s)
                    given.append(Given(answer, found, answers is broken, stages))
    return _report(given)


def _chosen(options: Options) -> tuple[list[Answer], list[Answer]]:
    """As they are, and spliced; the more of the latter the fewer pauses the recordings give."""
    answers, pauses = (QUICK_ANSWERS, QUICK_PAUSES) if options.quick else (ANSWERS, PAUSES)
    whole = list(islice(plain(options.data, SEED), answers // 2))
    broken: list[Answer] = []
    for answer in spliced(options.data, words_by_whisper(), SEED + 1):
        broken.append(answer)
        if len(whole) + len(broken) >= answers and _pauses(whole) + _pauses(broken) >= pauses:
            return whole, broken
    raise DataMissing(f"{options.data}/audio holds too few recordings for {pauses} pauses")


def _pauses(answers: list[Answer]) -> int:
    return sum(len(a.spoken.pauses) for a in answers)


def _report(given: list[Given]) -> Report:
    replied = [g for g in given if g.outcome.gap_s is not None]
    gaps = [g.outcome.gap_s or 0.0 for g in replied]
    cut = [(p.end - p.begin, c) for g in given for p, c in zip(g.answer.spoken.pauses, g.outcome.cut, strict=True)]
    median, slowest, largest = np.percentile(gaps, [50, 95, 100]) if gaps else (np.inf,) * 3
    figures = [
        Figure("answers", len(given), ""),
        Figure("answers with a response gap", len(gaps), ""),
        Figure("response gap, median", float(median), "s", at_most=1.3),
        Figure("response gap, 95th percentile", float(slowest), "s", at_most=2.0),
        Figure("response gap, largest", float(largest), "s"),
        Figure("pauses of 1 s or more", len(cut), ""),
        Figure("share of them cut in upon", 100 * sum(c for _, c in cut) / len(cut), "%", at_most=3.0),
        Figure("came in over the voice or in a shorter pause", sum(g.outcome.cut_elsewhere for g in given), ""),
        Figure("answers without a reply", sum(not g.outcome.replied for g in given), ""),
    ]  # fmt: skip
    notes = [
        f"gaps after {kind}, s: " + " ".join(f"{g.outcome.gap_s:.2f}" for g in replied if g.spliced is spliced)
        for kind, spliced in (("recordings as they are", False), ("recordings with spliced silences", True))
    ]
    for low, high in pairwise(LENGTHS):
        of = [c for s, c in cut if low <= s + ROUNDING_S < high]
        notes.append(f"pauses of {low:g} s and more, below {high:g} s: {sum(of)} of {len(of)} cut in upon")
    notes += [
        f"came in upon {g.answer.name}: pauses {g.outcome.cut}, elsewhere {g.outcome.cut_elsewhere}"
        for g in given
        if not g.outcome.clean
    ]
    notes += table([g.stages for g in given if g.stages is not None])
    return Report(figures, notes)
