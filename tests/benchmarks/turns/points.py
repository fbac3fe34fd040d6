"""What a turn policy comes to over the heard pauses: a point on the curve of cut-ins against gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median, quantiles

from interviewer.conversation.pace import Pace
from interviewer.conversation.pauses import verdict
from interviewer.conversation.turns import TurnPolicy
from tests.benchmarks.turns.endings import HeardPause

__all__ = ["Point", "answered_s", "counts", "ends", "frontier", "line", "p90", "p95", "point", "point_by_speaker"]

COUNTED_FROM_S = 1.0
LATE_S = 2.0
BUDGETS = (0.03, 0.05, 0.08, 0.12, 0.16)


@dataclass(frozen=True, slots=True)
class Point:
    """One policy at one pace. ``cut``: share of pauses, mean over lengths; ``gaps_s``: one for each answer."""

    name: str
    pauses: int
    cut: float
    cut_spliced: float
    cut_own: float
    gaps_s: Sequence[float]


def counts(found: HeardPause) -> bool:
    return found.length_s is not None and found.length_s >= COUNTED_FROM_S


def ends(found: HeardPause) -> bool:
    return found.kind == "end" and found.answer.clip.ends


def answered_s(policy: TurnPolicy, found: HeardPause, pace: Pace) -> float | None:
    """After so many seconds of silence; None where the candidate goes on first."""
    return verdict(replace(found.pause, turn=replace(found.pause.turn, pace=pace)), policy).answers_after_s


def point(policy: TurnPolicy, pauses: Sequence[HeardPause], pace: Pace) -> Point:
    return _point(policy.name, pauses, [answered_s(policy, found, pace) for found in pauses])


def point_by_speaker(name: str, policies: Mapping[str, TurnPolicy], pauses: Sequence[HeardPause], pace: Pace) -> Point:
    """Each speaker's pauses by the policy that stands under their name."""
    return _point(name, pauses, [answered_s(policies[found.answer.clip.speaker], found, pace) for found in pauses])


def _point(name: str, pauses: Sequence[HeardPause], answered: Sequence[float | None]) -> Point:
    cut: dict[tuple[str, int], list[bool]] = {}
    gaps = []
    for found, after_s in zip(pauses, answered, strict=True):
        if ends(found) and after_s is not None:
            gaps.append(after_s + found.late_s)
        elif found.length_s is not None and counts(found):
            cut.setdefault((found.kind, round(found.length_s)), []).append(after_s is not None)
    return Point(
        name,
        sum(len(each) for each in cut.values()),
        fmean(_by_length(cut, lambda kind: True)),
        fmean(_by_length(cut, lambda kind: kind == "spliced")),
        fmean([c for (kind, _), each in cut.items() if kind == "own" for c in each] or [0.0]),
        gaps,
    )


def _by_length(cut: Mapping[tuple[str, int], Sequence[bool]], of: Callable[[str], bool]) -> Iterator[float]:
    for length in sorted({length for _, length in cut}):
        each = [c for (kind, lasted), every in cut.items() if lasted == length and of(kind) for c in every]
        if each:
            yield fmean(each)


def p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def p90(values: Sequence[float]) -> float:
    return quantiles(values, n=10, method="inclusive")[-1] if len(values) > 1 else values[0]


def frontier(points: Sequence[Point], budgets: Sequence[float] = BUDGETS) -> Iterator[str]:
    """For each share that may be cut, the point of the least waiting that keeps to it."""
    for most in budgets:
        kept = [point for point in points if point.cut <= most]
        if not kept:
            yield f"at most {most:.0%} cut: by none"
            continue
        best = min(kept, key=lambda point: fmean(point.gaps_s))
        late = fmean(gap > LATE_S for gap in best.gaps_s)
        yield (
            f"at most {most:.0%} cut: {best.cut:.1%} with {best.name.strip()}; gap median {median(best.gaps_s):.2f} s, "
            f"p90 {p90(best.gaps_s):.2f} s, p95 {p95(best.gaps_s):.2f} s, {late:.0%} later than {LATE_S:g} s"
        )


def line(pace: Pace, point: Point) -> str:
    return (
        f"{pace.value:8} {point.name:32} cut {point.cut:6.1%} (spliced {point.cut_spliced:6.1%}, "
        f"own {point.cut_own:6.1%})  gap median {median(point.gaps_s):.2f} s, p95 {p95(point.gaps_s):.2f} s, "
        f"mean {fmean(point.gaps_s):.2f} s"
    )
