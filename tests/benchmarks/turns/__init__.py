"""Cut-ins and gaps of every turn policy, as a curve, replayed over real answers with real and spliced pauses.

Data: audio/read_en, spontaneous_en, fillers_en and moon_intent_pauses of DIR, each clip as it is and spliced (see
``pause_set``), heard by the product's own voice activity, listening and recogniser (see ``endings``), and decided by
the conversation's own ``TurnSoFar`` and ``Wait``. A pause is cut where the policy would have answered in it; pauses of
1 s and more count, and the share cut is the mean over pause lengths (1 to 6 s, to the second). The gap is from the true
end of an answer to the decision, words included where they are later; recognition takes 0.4 s on this clock, and the
time to Melvin's first sound is not in it. Finality is judged for each speaker by coefficients fitted to the others
alone. Where smart-turn's model is there (see ``smart_turn``), it stands beside, alone. ``--quick``: each sixth clip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median, quantiles

from interviewer.conversation.cues import Cue
from interviewer.conversation.pace import FINALITY_STEPS, LEARNED_FROM_S, LEARNED_TO_S, Pace
from interviewer.conversation.pauses import verdict
from interviewer.conversation.turns import Finality, FixedSilence, Paced, TailAware, TurnPolicy, TurnSoFar, Wait
from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.turns.endings import HeardPause, HeardPauses, heard_pauses
from tests.benchmarks.turns.fit import examples_of, fit
from tests.benchmarks.turns.smart_turn import SECONDS, SmartTurn
from tests.clips import RATE

__all__ = ["run"]

COUNTED_FROM_S = 1.0
AT_MOST = {Pace.NORMAL: 0.03, Pace.RELAXED: 0.01}
LEAST_PAUSES = {Pace.NORMAL: 200, Pace.RELAXED: 300}
FIXED_S = (0.7, 1.0, 1.5, 2.0, 3.0)


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
    judged = _judged(heard)
    points = {pace: [_point(p, judged, pace) for p in (Finality(), Paced())] for pace in Pace}
    others: list[TurnPolicy] = [TailAware(), *(FixedSilence(s) for s in FIXED_S)]
    points[Pace.NORMAL] += [_point(p, judged, Pace.NORMAL) for p in others]
    model = SmartTurn.found()
    if model is not None:
        sounded = _sounded(heard.pauses, model)
        points[Pace.NORMAL] += [_point(p, sounded, Pace.NORMAL) for p in SMART_TURNS]
    notes = [
        f"{heard.model}; {sum(p.kind == 'spliced' for p in judged)} spliced pauses and "
        f"{sum(p.kind == 'own' and _counts(p) for p in judged)} of the candidates' own of 1 s and more, "
        f"{sum(_ends(p) for p in judged)} ends of answers, of {len({p.answer.clip.name for p in judged})} clips",
        *(_line(pace, point) for pace in Pace for point in points[pace]),
    ]
    if model is None:
        notes.append("smart-turn was not measured: MELVIN_SMART_TURN names no file")
    return Report([f for pace in Pace for f in _figures(pace, points[pace][0])], notes)


def _judged(heard: HeardPauses) -> list[HeardPause]:
    """With the finality of a judge that never heard the speaker, and what was learned before each pause by it."""
    examples = examples_of(heard)
    out: list[HeardPause] = []
    for speaker in {p.answer.clip.speaker for p in heard.pauses}:
        judge = fit([e for e in examples if e.speaker != speaker])
        learned: dict[str, list[float]] = {}
        for found in (p for p in heard.pauses if p.answer.clip.speaker == speaker):
            own = learned.setdefault(found.answer.name, [])
            finality = None if found.ending is None else judge(found.ending)
            turn = replace(found.pause.turn, finality=finality, pauses=tuple(own))
            out.append(replace(found, pause=replace(found.pause, turn=turn)))
            final = finality is None or finality >= FINALITY_STEPS[0]
            if found.pause.went_on and final and LEARNED_FROM_S <= found.pause.silence_s <= LEARNED_TO_S:
                own.append(found.pause.silence_s)
    return out


def _sounded(pauses: Sequence[HeardPause], model: SmartTurn) -> list[HeardPause]:
    def probability(found: HeardPause) -> float:
        end = found.at + RATE // 5
        return model(found.answer.pcm[max(0, end - SECONDS * RATE) : end])

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
