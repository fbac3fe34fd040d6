"""Cut-ins and gaps of every turn policy, as a curve, replayed over real answers with real and spliced pauses.

Data: audio/read_en, spontaneous_en, fillers_en and moon_intent_pauses of DIR, each clip as it is and spliced (see
``pause_set``), heard by the product's own voice activity, listening and recogniser (see ``endings``), and decided by
the conversation's own ``TurnSoFar`` and ``Wait``. A pause is cut where the policy would have answered in it; pauses of
1 s and more count, and the share cut is the mean over pause lengths (1 to 6 s, to the second). The gap is from the true
end of an answer to the decision, words included where they are later; recognition takes 0.4 s on this clock, and the
time to Melvin's first sound is not in it. Finality is judged for each speaker by coefficients fitted to the others
alone (and to audio/nonnative_en, on which nothing is measured). Where smart-turn's weights are there (see
``smart_turn``), the figures are those of finality with it, and the notes have finality without it and smart-turn alone,
beside the policy of before and fixed silences. ``--quick``: each sixth clip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median, quantiles

from interviewer.conversation.cues import Cue
from interviewer.conversation.pace import LEARNED_FROM_S, LEARNED_TO_S, Pace
from interviewer.conversation.pauses import verdict
from interviewer.conversation.turns import (
    Finality,
    FixedSilence,
    LeastCost,
    Paced,
    TailAware,
    TurnPolicy,
    TurnSoFar,
    Wait,
)
from interviewer.conversation.waiting import FINAL, PRICES
from interviewer.speech.finality import Ending
from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.turns.endings import HeardPause, HeardPauses, Treated, heard_pauses
from tests.benchmarks.turns.fit import examples_of, fit
from tests.benchmarks.turns.smart_turn import Tunes
from tests.clips import RATE

__all__ = ["run"]

COUNTED_FROM_S = 1.0
AT_MOST = {Pace.NORMAL: 0.03, Pace.RELAXED: 0.01}
LEAST_PAUSES = {Pace.NORMAL: 200, Pace.RELAXED: 300}
FIXED_S = (0.7, 1.0, 1.5, 2.0, 3.0)
CUT_INS_S = (3.0, 6.0, 9.0, 12.0, 25.0, 50.0, 100.0)
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
    (0.2, 0.5, 3.0), (0.7, 0.5, 3.0), (1.0, 0.5, 3.0), (1.1, 0.9, 3.0), (1.1, 0.95, 6.2), (2.0, 0.5, 3.0),
)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """One policy at one pace. ``cut``: share of pauses, mean over lengths; ``gaps_s``: one for each answer."""

    name: str
    pauses: int
    cut: float
    cut_spliced: float
    cut_own: float
    gaps_s: Sequence[float]


def run(options: Options) -> Report:
    heard = heard_pauses(options.data, quick=options.quick)
    alone = _judged(heard, tune=False)
    judged = alone if heard.tunes is None else _judged(heard, tune=True)
    points = {pace: [_point(LeastCost(), judged, pace)] for pace in Pace}
    lines = [_line(pace, points[pace][0]) for pace in Pace]
    for cut_in_s in CUT_INS_S:
        price = replace(PRICES[Pace.NORMAL], cut_in_s=cut_in_s)
        policy = LeastCost(f"  a cut-in worth {cut_in_s:g} s", {Pace.NORMAL: price})
        lines.append(_line(Pace.NORMAL, _point(policy, judged, Pace.NORMAL)))
    if heard.tunes is not None:
        lines += [_line(pace, _point(LeastCost("least-cost, no smart-turn"), alone, pace)) for pace in Pace]
    for pace in Pace:
        lines += [_line(pace, _point(policy, alone, pace)) for policy in (Finality(), Paced())]
    others: list[TurnPolicy] = [TailAware(), *(FixedSilence(s) for s in FIXED_S)]
    lines += [_line(Pace.NORMAL, _point(policy, alone, Pace.NORMAL)) for policy in others]
    if heard.tunes is not None:
        sounded = _sounded(heard.pauses, heard.tunes)
        lines += [_line(Pace.NORMAL, _point(policy, sounded, Pace.NORMAL)) for policy in SMART_TURNS]
    notes = [
        f"{heard.model}; {sum(p.kind == 'spliced' for p in judged)} spliced pauses and "
        f"{sum(p.kind == 'own' and _counts(p) for p in judged)} of the candidates' own of 1 s and more, "
        f"{sum(_ends(p) for p in judged)} ends of answers, of {len({p.answer.clip.name for p in judged})} clips; each "
        f"of {len({p.answer.clip.speaker for p in judged})} speakers by coefficients fitted to the others and to "
        f"{len({p.answer.clip.speaker for p in heard.others})} more",
        *lines,
        _changed(heard, judged),
    ]
    if heard.tunes is None:
        notes.append("smart-turn was not measured: its weights are not installed, and MELVIN_SMART_TURN names none")
    return Report([f for pace in Pace for f in _figures(pace, points[pace][0])], notes)


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
            final = finality is None or finality >= FINAL
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
        ends: [(p.pause.turn.finality or 0.0) >= FINAL for p in judged if (_ends(p) if ends else p.kind == "spliced")]
        for ends in (True, False)
    }
    return "sounds final: " + ", ".join(
        f"{fmean(of[ends] or [0.0]):.0%} of {len(of[ends])} {'ends' if ends else 'pauses'} {how}"
        for of, how in ((as_is, "as recorded"), (gated, "behind a noise gate"))
        for ends in (True, False)
    )


def _plain(treated: Treated, heard: HeardPauses) -> Ending:
    return treated.ending if heard.tunes is not None else replace(treated.ending, tune=None)


def _sounded(pauses: Sequence[HeardPause], tunes: Tunes) -> list[HeardPause]:
    def probability(found: HeardPause) -> float:
        return tunes.probability(found.answer.pcm[: found.at + RATE // 5])

    return [
        replace(p, pause=replace(p.pause, turn=replace(p.pause.turn, finality=probability(p)))) for p in pauses
    ]  # fmt: skip


def _counts(found: HeardPause) -> bool:
    return found.length_s is not None and found.length_s >= COUNTED_FROM_S


def _ends(found: HeardPause) -> bool:
    return found.kind == "end" and found.answer.clip.ends


def _point(policy: TurnPolicy, pauses: Sequence[HeardPause], pace: Pace) -> Point:
    cut: dict[tuple[str, int], list[bool]] = {}
    gaps = []
    for found in pauses:
        pause = replace(found.pause, turn=replace(found.pause.turn, pace=pace))
        answered_s = verdict(pause, policy).answers_after_s
        if _ends(found) and answered_s is not None:
            gaps.append(answered_s + found.late_s)
        elif found.length_s is not None and _counts(found):
            cut.setdefault((found.kind, round(found.length_s)), []).append(answered_s is not None)
    return Point(
        policy.name,
        sum(len(each) for each in cut.values()),
        fmean(_by_length(cut, ("spliced", "own"))),
        fmean(_by_length(cut, ("spliced",))),
        fmean([c for (kind, _), each in cut.items() if kind == "own" for c in each] or [0.0]),
        gaps,
    )


def _by_length(cut: dict[tuple[str, int], list[bool]], kinds: Sequence[str]) -> Iterator[float]:
    for length in sorted({length for _, length in cut}):
        each = [c for kind in kinds for c in cut.get((kind, length), ())]
        if each:
            yield fmean(each)


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _line(pace: Pace, point: Point) -> str:
    return (
        f"{pace.value:8} {point.name:26} cut {point.cut:6.1%} (spliced {point.cut_spliced:6.1%}, "
        f"own {point.cut_own:6.1%})  gap median {median(point.gaps_s):.2f} s, p95 {_p95(point.gaps_s):.2f} s"
    )


def _figures(pace: Pace, point: Point) -> list[Figure]:
    normal = pace is Pace.NORMAL
    return [
        Figure(f"{pace.value}: pauses of 1 s and more", point.pauses, "", at_least=LEAST_PAUSES.get(pace)),
        Figure(f"{pace.value}: of them cut", point.cut, "", at_most=AT_MOST.get(pace)),
        Figure(
            f"{pace.value}: gap to the decision, median", median(point.gaps_s), "s", at_most=1.3 if normal else None
        ),
        Figure(f"{pace.value}: gap to the decision, p95", _p95(point.gaps_s), "s", at_most=2.0 if normal else None),
    ]
