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
recordings of at most 30 s (as they are, 20 s) with at least 2.5 s from the first to the last sample of speech. 20
answers as they are and answers with spliced silences until there are 40 in all, and 60 pauses. An interview has
answers of one speaker, since Melvin learns how long a candidate's pauses are, at most twelve, all as they are or all
spliced; one interview is held after the other: about 20 minutes on two quiet cores. ``--quick`` takes 4 answers and 6
pauses.
``--answers N`` takes N answers and half as many pauses again, at least; ``--minutes M`` begins no answer that would end
later than that, from when Melvin is ready. Each answer is printed when it was given, and the figures so far are kept
each time (``--json``). Two interviews at once would take each other's processor time, and the gaps would not be those
of one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice, zip_longest

from playwright.sync_api import Browser, Error

from tests.benchmarks.gap.answers import Answer, by_speaker, few_words, plain, spliced, words_by_whisper
from tests.benchmarks.gap.caller import Caller, open_browser
from tests.benchmarks.gap.given import Given, line, report
from tests.benchmarks.gap.measure import Outcome, outcome
from tests.benchmarks.gap.melvin import Melvin, running_melvin
from tests.benchmarks.gap.stages import stages_of
from tests.benchmarks.report import DataMissing, Options, Report
from tests.clips import RATE

__all__ = ["Interview", "give", "kept", "run"]

SEED = 4
ANSWERS, PAUSES_PER_ANSWER, QUICK_ANSWERS = 40, 1.5, 4
MOST_IN_ONE = 12
LONGEST_WHOLE_S = 20.0
THINKS_S = 0.5
"""Nobody answers in the instant that a question ends."""
QUIET_S = 1.2
"""Silence after which Melvin's question is taken to be over."""
PATIENCE_S = 20.0
AROUND_S = 9.0
"""What an answer takes besides its own sound: thinking, the gap, Melvin's reply, and the silence after it."""

Interview = Callable[[], Iterator[Given]]
"""Holds one, and gives each answer when it was given."""


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
    chosen = _chosen(options)
    planned = sum(len(answers) for answers, _ in chosen)
    with running_melvin(few_words(options.data)) as melvin, open_browser() as browser:
        fits = _limit(options.minutes)
        interviews = [partial(_interview, melvin, browser, answers, broken, fits) for answers, broken in chosen]
        return kept(interviews, planned, options.so_far)


def _interview(
    melvin: Melvin, browser: Browser, answers: Sequence[Answer], broken: bool, fits: Callable[[Answer], bool]
) -> Iterator[Given]:
    if not answers or not fits(answers[0]):
        return
    with melvin.interview(browser) as (caller, log):
        caller.wait_for_reply(0.0, QUIET_S, PATIENCE_S)
        log.entries()
        for answer in answers:
            if not fits(answer):
                return
            found = give(caller, answer)
            entries = log.entries()
            stages = None if found.gap_s is None else stages_of(entries, found.gap_s)
            yield Given(answer, found, broken, stages)


def kept(interviews: Iterable[Interview], planned: int, so_far: Callable[[Report], None]) -> Report:
    """Prints each answer, and hands the report on all so far to ``so_far``. An interview whose browser breaks ends
    there, and the next one is held."""
    given: list[Given] = []
    broken: list[str] = []
    for interview in interviews:
        try:
            for found in interview():
                given.append(found)
                print(f"  {len(given)} of {planned}  {line(found)}", flush=True)
                so_far(report(given, _notes(len(given), planned, broken)))
        except Error as error:
            broken.append(f"an interview broke off after answer {len(given)}: {error.message.splitlines()[0]}")
            print(f"  {broken[-1]}", flush=True)
    return report(given, _notes(len(given), planned, broken))


def _notes(given: int, planned: int, broken: Sequence[str]) -> list[str]:
    return [*([f"{given} of {planned} answers were given"] if given < planned else []), *broken]


def _limit(minutes: float | None) -> Callable[[Answer], bool]:
    """Whether there is time for an answer; from now on."""
    began = time.monotonic()

    def fits(answer: Answer) -> bool:
        lasts_s = time.monotonic() - began + len(answer.pcm) / RATE + AROUND_S
        return minutes is None or lasts_s <= 60 * minutes

    return fits


def _chosen(options: Options) -> list[tuple[list[Answer], bool]]:
    """For each interview its answers, and whether they are spliced; the more of those the fewer pauses they give."""
    answers = options.answers or (QUICK_ANSWERS if options.quick else ANSWERS)
    pauses = round(answers * PAUSES_PER_ANSWER)
    short = (answer for answer in plain(options.data, SEED) if len(answer.pcm) <= LONGEST_WHOLE_S * RATE)
    whole = list(islice(short, answers // 2))
    broken: list[Answer] = []
    for answer in spliced(options.data, words_by_whisper(), SEED + 1):
        broken.append(answer)
        if len(whole) + len(broken) >= answers and _pauses(whole) + _pauses(broken) >= pauses:
            return _interviews(whole, broken)
    raise DataMissing(f"{options.data}/audio holds too few recordings for {pauses} pauses")


def _interviews(whole: Sequence[Answer], broken: Sequence[Answer]) -> list[tuple[list[Answer], bool]]:
    """One speaker in each; both kinds by turns while there are both, so that those begun in time have some of each."""
    by_kind: list[list[tuple[list[Answer], bool]]] = []
    for answers, is_broken in ((whole, False), (broken, True)):
        by_kind.append([(list(some), is_broken) for own in by_speaker(answers) for some in _parts(own)])
    return [one for pair in zip_longest(*by_kind) for one in pair if one is not None]


def _parts(answers: Sequence[Answer]) -> Iterator[Sequence[Answer]]:
    """As few as can be, of about the same length."""
    parts = -(-len(answers) // MOST_IN_ONE)
    return (answers[n::parts] for n in range(parts))


def _pauses(answers: Sequence[Answer]) -> int:
    return sum(len(a.spoken.pauses) for a in answers)
