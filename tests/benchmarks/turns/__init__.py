"""Cut-ins and gaps of every turn policy, as a curve, replayed over real answers with real and spliced pauses.

Data: audio/read_en, spontaneous_en, fillers_en and moon_intent_pauses of DIR, each clip as it is and spliced (see
``pause_set``), heard by the product's own voice activity, listening and recogniser (see ``endings``), and decided by
the conversation's own ``TurnSoFar`` and ``Wait``. A pause is cut where the policy would have answered in it; pauses of
1 s and more count, and the share cut is the mean over pause lengths (1 to 6 s, to the second). The gap is from the true
end of an answer to the decision, words included where they are later; recognition takes 0.4 s on this clock, and the
time to Melvin's first sound is not in it.

Finality is judged for each speaker by coefficients fitted to the others alone (and to audio/nonnative_en, on which
nothing is measured). The price of a cut-in is one number for all; beside it stands what comes out where each speaker
is waited for by the least price that cuts at most the target of the others. Pauses at which a sentence ends by the
reference text (see ``reference``) count; beside that stands what comes out without them. Where smart-turn's weights are
there (see ``smart_turn``), the figures are those of finality with it, and the notes have finality without it and
smart-turn alone, beside the policies of before and fixed silences. ``--quick``: each sixth clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from interviewer.conversation.cues import Cue
from interviewer.conversation.fates import PRICE_OF_PACE
from interviewer.conversation.pace import LEARNED_FROM_S, LEARNED_TO_S, Pace
from interviewer.conversation.turns import (
    Finality,
    FixedSilence,
    LeastCost,
    Paced,
    TailAware,
    TurnPolicy,
    TurnSoFar,
    Wait,
    Weighed,
)
from interviewer.conversation.waiting import FINAL
from interviewer.speech.finality import Ending
from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.turns.endings import HeardPause, HeardPauses, Treated, heard_pauses
from tests.benchmarks.turns.fit import examples_of, fit
from tests.benchmarks.turns.points import Point, counts, ends, frontier, line, p95, point, point_by_speaker
from tests.benchmarks.turns.smart_turn import Tunes
from tests.benchmarks.turns.waited import waited
from tests.clips import RATE

__all__ = ["measured", "run"]

AT_MOST = {Pace.NORMAL: 0.03, Pace.RELAXED: 0.01}
LEAST_PAUSES = {Pace.NORMAL: 200, Pace.RELAXED: 300}
FIXED_S = (0.7, 1.0, 1.5, 2.0, 3.0)
CUT_INS_S = (1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 9.0, 12.0, 15.0, 20.0, 30.0, 60.0)
"""What a cut-in may be worth, in seconds of waiting: the curve of the policy in use."""


@dataclass(frozen=True, slots=True)
class SmartTurnAlone:
    """As pipecat uses it: over at once where the model says so (``at_least``), else after a silence. ``finality`` holds
    the model's probability."""

    quick_s: float
    at_least: float = 0.5
    slow_s: float = 3.0

    @property
    def name(self) -> str:
        return f"smart-turn {self.quick_s:g}/{self.slow_s:g} s at {self.at_least:g}"

    def wait(self, turn: TurnSoFar) -> Wait:
        over = turn.finality is not None and turn.finality >= self.at_least
        return Wait(self.quick_s if over else self.slow_s, Cue.COMPLETE)


SMART_TURNS = [SmartTurnAlone(q, p, s) for q, p, s in (
    (0.2, 0.5, 3.0), (0.7, 0.5, 3.0), (1.0, 0.5, 3.0), (1.1, 0.9, 3.0), (1.1, 0.5, 6.2), (1.1, 0.95, 6.2),
    (2.0, 0.5, 3.0),
)]  # fmt: skip


def run(options: Options) -> Report:
    return measured(heard_pauses(options.data, quick=options.quick))


def measured(heard: HeardPauses) -> Report:
    alone = _judged(heard, tune=False)
    judged = alone if heard.tunes is None else _judged(heard, tune=True)
    points = {pace: point(Weighed(), judged, pace) for pace in Pace}
    lines = [line(pace, points[pace]) for pace in Pace]
    lines += _aside(judged, "weighed")
    curve = [point(_worth(cut_in_s), judged, Pace.NORMAL) for cut_in_s in CUT_INS_S]
    lines += [*(line(Pace.NORMAL, of) for of in curve), *frontier(curve)]
    if heard.tunes is not None:
        named = Weighed("weighed, no smart-turn")
        lines += [line(pace, point(named, alone, pace)) for pace in Pace]
        lines += _aside(alone, named.name)
    for pace in Pace:
        lines += [line(pace, point(policy, judged, pace)) for policy in (LeastCost(), Finality(), Paced())]
    others: list[TurnPolicy] = [TailAware(), *(FixedSilence(s) for s in FIXED_S)]
    lines += [line(Pace.NORMAL, point(policy, alone, Pace.NORMAL)) for policy in others]
    if heard.tunes is not None:
        sounded = _sounded(heard.pauses, heard.tunes)
        lines += [line(Pace.NORMAL, point(policy, sounded, Pace.NORMAL)) for policy in SMART_TURNS]
    notes = [
        f"{heard.model}; {sum(p.kind == 'spliced' for p in judged)} spliced pauses and "
        f"{sum(p.kind == 'own' and counts(p) for p in judged)} of the candidates' own of 1 s and more, "
        f"{sum(ends(p) for p in judged)} ends of answers, of {len({p.answer.clip.name for p in judged})} clips; each "
        f"of {len({p.answer.clip.speaker for p in judged})} speakers by coefficients fitted to the others and to "
        f"{len({p.answer.clip.speaker for p in heard.others})} more",
        _by_reference(judged),
        *lines,
        _changed(heard, judged),
        *waited(Weighed(), judged, Pace.NORMAL),
    ]
    if heard.tunes is None:
        notes.append("smart-turn was not measured: its weights are not installed, and MELVIN_SMART_TURN names none")
    return Report([f for pace in Pace for f in _figures(pace, points[pace])], notes)


def _worth(cut_in_s: float, pace: Pace = Pace.NORMAL) -> Weighed:
    return Weighed(f"  a cut-in worth {cut_in_s:g} s", {pace: replace(PRICE_OF_PACE[pace], cut_in_s=cut_in_s)})


def _aside(judged: Sequence[HeardPause], name: str) -> list[str]:
    """What the figures owe to the choice of a price, and to pauses after finished sentences."""
    chosen: dict[str, TurnPolicy] = {}
    for speaker in {p.answer.clip.speaker for p in judged}:
        rest = [p for p in judged if p.answer.clip.speaker != speaker]
        prices = (_worth(cut_in_s) for cut_in_s in CUT_INS_S)
        kept = (policy for policy in prices if point(policy, rest, Pace.NORMAL).cut <= AT_MOST[Pace.NORMAL])
        chosen[speaker] = next(kept, _worth(CUT_INS_S[-1]))
    within = [p for p in judged if p.ends_sentence is not True]
    return [
        line(Pace.NORMAL, point_by_speaker(f"{name}, price by the others", chosen, judged, Pace.NORMAL)),
        *(line(pace, point(Weighed(f"{name}, within sentences"), within, pace)) for pace in AT_MOST),
    ]


def _by_reference(judged: Sequence[HeardPause]) -> str:
    def told(kind: str, ends_sentence: bool | None) -> int:
        return sum(p.kind == kind and counts(p) and p.ends_sentence is ends_sentence for p in judged)

    return "by the reference text, a sentence ends at: " + "; ".join(
        f"{told(kind, True)} {kind} pauses, at {told(kind, False)} none, {told(kind, None)} it does not say"
        for kind in ("spliced", "own")
    )


def _judged(heard: HeardPauses, *, tune: bool) -> list[HeardPause]:
    """With the finality of a judge that never heard the speaker, and what was learned before each pause by it."""
    examples = examples_of(heard, tune=tune)
    out: list[HeardPause] = []
    for speaker in {p.answer.clip.speaker for p in heard.pauses}:
        judge = fit([e for e in examples if e.speaker != speaker])
        learned: dict[str, list[float]] = {}
        for found in (p for p in heard.pauses if p.answer.clip.speaker == speaker):
            own = learned.setdefault(found.answer.name, [])
            ending = found.ending if tune or found.ending is None else replace(found.ending, tune=None)
            finality = None if ending is None else judge(ending)
            turn = replace(found.pause.turn, finality=finality, pauses=tuple(own))
            out.append(replace(found, pause=replace(found.pause, turn=turn)))
            final = (finality is None or finality >= FINAL) and not turn.wordless_s
            if found.pause.went_on and final and LEARNED_FROM_S <= found.pause.silence_s <= LEARNED_TO_S:
                own.append(found.pause.silence_s)
    return out


def _changed(heard: HeardPauses, judged: Sequence[HeardPause]) -> str:
    """How finality stands up to a noise gate: ends and pauses of speakers that it was not fitted to."""
    examples = examples_of(heard, tune=heard.tunes is not None)
    gated: dict[bool, list[bool]] = {True: [], False: []}
    for speaker in {p.answer.clip.speaker for p in heard.pauses}:
        judge = fit([e for e in examples if e.speaker != speaker])
        for treated in (t for t in heard.treated if t.gated and t.speaker == speaker):
            gated[treated.ends].append((judge(_plain(treated, heard)) or 0.0) >= FINAL)
    as_is = {
        over: [(p.pause.turn.finality or 0.0) >= FINAL for p in judged if (ends(p) if over else p.kind == "spliced")]
        for over in (True, False)
    }
    return "sounds final: " + ", ".join(
        f"{fmean(of[over] or [0.0]):.0%} of {len(of[over])} {'ends' if over else 'pauses'} {how}"
        for of, how in ((as_is, "as recorded"), (gated, "behind a noise gate"))
        for over in (True, False)
    )


def _plain(treated: Treated, heard: HeardPauses) -> Ending:
    return treated.ending if heard.tunes is not None else replace(treated.ending, tune=None)


def _sounded(pauses: Sequence[HeardPause], tunes: Tunes) -> list[HeardPause]:
    def probability(found: HeardPause) -> float:
        return tunes.probability(found.answer.pcm[: found.at + RATE // 5])

    return [
        replace(p, pause=replace(p.pause, turn=replace(p.pause.turn, finality=probability(p)))) for p in pauses
    ]  # fmt: skip


def _figures(pace: Pace, found: Point) -> list[Figure]:
    normal = pace is Pace.NORMAL
    return [
        Figure(f"{pace.value}: pauses of 1 s and more", found.pauses, "", at_least=LEAST_PAUSES.get(pace)),
        Figure(f"{pace.value}: of them cut", found.cut, "", at_most=AT_MOST.get(pace)),
        Figure(
            f"{pace.value}: gap to the decision, median", median(found.gaps_s), "s", at_most=1.3 if normal else None
        ),
        Figure(f"{pace.value}: gap to the decision, p95", p95(found.gaps_s), "s", at_most=2.0 if normal else None),
    ]
