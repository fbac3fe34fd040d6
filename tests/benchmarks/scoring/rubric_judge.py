"""How a judge's belief moves with evidence, on rubric-judge cases and simulated interviews (data/rubric_judge, MIT).

Twenty short interviews for two roles, each with one more exchange: nothing to do with the job, said before, or praise
(no dimension's expected level may move by more than 0.1 of the scale); evidence for a low, medium or high level of one
dimension, or what takes such evidence back (that level's probability must move the right way by more than 0.1). Where
a dimension was never spoken of, no level may be above 0.5. And 120 simulated interviews with known levels: partial
Spearman of score and level given the log of the word count, mean over dimensions and roles.

From the scorecard of the interview as it stood to that with the exchange, through ``scoring.score.score``. The embedded
judge reads the anchors alone (measure "anchors"), with a model that was fitted on one role and is tested on the other.
Other judges run as they are. Levels 1 to 5 are read as low, medium and high, with 2 and 4 shared by their neighbours;
where a judge finds nothing to judge, all five are equally likely. Intervals: bootstrap over cases, or over interviews.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from scoring.embeddings import Embedder, EmbedderOptions
from scoring.judges.base import Citation, CriterionJudgement, Judge, Judgement
from scoring.judges.choice import make_judge
from scoring.judges.embedded import EmbeddedJudge
from scoring.rubric import Rubric
from scoring.score import score
from scoring.scorecard import ScoreStatus
from scoring.transcript import Answer
from tests.benchmarks.report import Figure, Options, Report
from tests.benchmarks.scoring.rubric_judge_data import (
    INVARIANT,
    LEVELS,
    ROLES,
    Case,
    Data,
    Exchange,
    answer_of,
    asked,
    read,
    rubric_of,
)
from tests.benchmarks.scoring.rubric_judge_fit import fit, fold

__all__ = ["Movement", "partial_spearman", "run"]

SCALE_SHARE = 0.4  # levels: 0.1 of the scale from 1 to 5
MOVED_BY = 0.1
NO_FAVOURITE = 0.5
QUICK = 4  # of the interviews, every fourth
SAMPLES = 1000

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Movement:
    """``right``: it moved, or stayed, as it must. ``by``: levels for the invariant tests, else probability."""

    case: Case
    right: bool
    by: float


class _Constant:
    """A judge that never looks: level 3 for everything. Passes every test of standing still."""

    name = "constant"
    version = "1"
    model = "none"
    calibration = "uncalibrated"

    def judge(self, answer: Answer, rubric: Rubric, question_text: str) -> Judgement:
        end = min(len(answer.text) // 2, 20)
        quote = (Citation(0, end, answer.text[:end]),)
        return Judgement({c.id: CriterionJudgement((0.1, 0.2, 0.4, 0.2, 0.1), "", quote) for c in rubric.criteria})


def run(options: Options) -> Report:
    data = read(options.data)
    if options.quick:
        data = _fewer(data)
    embedder = Embedder(EmbedderOptions(threads=options.judge.threads, cache=40_000))
    judges: dict[str, Judge]
    if options.judge.kind == "embedded":
        whole = read(options.data)
        judges = {r: EmbeddedJudge(embedder, fit(whole, [o for o in ROLES if o != r], embedder)) for r in ROLES}
    else:
        judges = dict.fromkeys(ROLES, make_judge(options.judge))
    scorer = _Scorer(data)
    figures, notes = _moves(scorer, judges, "")
    figures += _simulated(scorer, judges)
    constant: dict[str, Judge] = dict.fromkeys(ROLES, _Constant())
    figures += [
        Figure(f"constant judge, {f.name}", f.value, f.unit) for f in _moves(scorer, constant, "", short=True)[0]
    ]
    figures += _plain_cosine(data, embedder)
    if scorer.failed:
        notes.append(f"{scorer.failed} of {scorer.scored} scorecards had a criterion that the judge failed on")
    if data.unusable:
        notes.append(f"{data.unusable} uniform-prior cases are about a rubric that the data does not hold")
    return Report(figures, notes)


class _Scorer:
    """Probabilities of all dimensions for an interview, by way of scorecards."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.rubrics = {r: rubric_of(f"rubric-{r}", data.dimensions[r]) for r in ROLES}
        self.failed = self.scored = 0

    def beliefs(self, judge: Judge, role: str, exchanges: Sequence[Exchange], foreign: str | None = None) -> Numbers:
        """Shape (dimensions, 5). ``foreign``: a dimension of the other role that is put last into the rubric."""
        rubric = self.rubrics[role]
        if foreign is not None:
            other = next(r for r in ROLES if r != role)
            rubric = rubric_of(
                "rubric-wider", {**self.data.dimensions[role], foreign: self.data.dimensions[other][foreign]}
            )
        card = score(
            answer_of(exchanges), rubric, judge, question_text=asked(exchanges), now=datetime(2026, 1, 1, tzinfo=UTC)
        )
        self.scored += 1
        self.failed += any(c.status is ScoreStatus.JUDGE_FAILED for c in card.criteria)
        return np.array([c.probabilities or (0.2,) * 5 for c in card.criteria])


def _moves(
    scorer: _Scorer, judges: Mapping[str, Judge], note: str, *, short: bool = False
) -> tuple[list[Figure], list[str]]:
    found = [_movement(scorer, judges[c.role], c) for c in scorer.data.cases]
    by_test: dict[str, list[Movement]] = {}
    for movement in found:
        by_test.setdefault(movement.case.test, []).append(movement)
    figures: list[Figure] = []
    pooled = [m for t in INVARIANT for m in by_test.get(t, [])]
    figures += _share("invariance held, all", pooled, 0.95)
    if not short:
        for test in INVARIANT:
            figures += _share(f"invariance held, {test}", by_test.get(test, []), None, interval=False)
    for level in LEVELS:
        figures += _share(f"{level} evidence moves the right way", by_test.get(f"{level}-evidence", []), 0.6)
    figures += _share(
        "debasing moves the right way", [m for x in LEVELS for m in by_test.get(f"{x}-evidence-debase", [])], 0.5
    )
    if not short:
        for level in LEVELS:
            figures += _share(
                f"debasing {level} evidence", by_test.get(f"{level}-evidence-debase", []), None, interval=False
            )
    figures += _share("nothing said, no level above 0.5", by_test.get("uniform-prior", []), 1.0)
    notes = [
        f"{m.case.test} {m.case.interview}: an expected level moved by {m.by:.2f}"
        for m in pooled if not m.right and not short
    ]  # fmt: skip
    return ([f for f in figures if not short or "interval" not in f.name], notes)


def _movement(scorer: _Scorer, judge: Judge, case: Case) -> Movement:
    names = list(scorer.data.dimensions[case.role])
    if not case.added:
        p = fold(scorer.beliefs(judge, case.role, case.before, case.dimension)[-1])
        return Movement(case, bool(p.max() <= NO_FAVOURITE), float(p.max()))
    before = scorer.beliefs(judge, case.role, case.before)
    after = scorer.beliefs(judge, case.role, (*case.before, *case.added))
    if case.dimension is None or case.level is None:
        by = float(np.abs((after - before) @ np.arange(1, 6)).max())
        return Movement(case, by <= SCALE_SHARE, by)
    k = names.index(case.dimension)
    by = float(fold(after[k])[case.level] - fold(before[k])[case.level]) * case.sign
    return Movement(case, by > MOVED_BY, by)


def _share(name: str, movements: Sequence[Movement], at_least: float | None, *, interval: bool = True) -> list[Figure]:
    if not movements:
        return []
    right = np.array([m.right for m in movements], dtype=float)
    figures = [
        Figure(
            name, 100 * float(right.mean()), f"% of {len(right)}", at_least=None if at_least is None else 100 * at_least
        )
    ]
    if interval:
        low, high = _interval(len(right), lambda drawn: float(right[drawn].mean()))
        figures.append(Figure(f"{name}, 95 % interval from", 100 * low, f"% to {100 * high:.0f}"))
    return figures


def _simulated(scorer: _Scorer, judges: Mapping[str, Judge]) -> list[Figure]:
    expected: dict[str, Numbers] = {}
    levels: dict[str, Numbers] = {}
    lengths: dict[str, Numbers] = {}
    for role in ROLES:
        own = [s for s in scorer.data.simulated if s.role == role]
        expected[role] = np.stack([scorer.beliefs(judges[role], role, s.exchanges) @ np.arange(1, 6) for s in own])
        levels[role] = np.array([[s.levels[d] for d in scorer.data.dimensions[role]] for s in own], dtype=float)
        lengths[role] = np.array([np.log(sum(len(e.reply.split()) for e in s.exchanges)) for s in own])

    def mean_partial(rows: Mapping[str, Numbers], drawn: Mapping[str, npt.NDArray[np.int64]]) -> float:
        return float(np.nanmean([
            partial_spearman(rows[r][drawn[r], k], levels[r][drawn[r], k], lengths[r][drawn[r]])
            for r in ROLES for k in range(levels[r].shape[1])
        ]))  # fmt: skip

    everything = {r: np.arange(len(lengths[r])) for r in ROLES}
    chance = np.random.default_rng(20261122)
    drawn = [
        mean_partial(expected, {r: chance.choice(len(lengths[r]), len(lengths[r])) for r in ROLES})
        for _ in range(SAMPLES // 5)
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    by_length = np.mean([_spearman(lengths[r], levels[r].mean(axis=1)) for r in ROLES])
    partial = mean_partial(expected, everything)
    return [
        Figure("simulated interviews, partial Spearman given length", partial, "", at_least=0.35),
        Figure("simulated interviews, 95 % interval from", float(low), f"to {high:.2f}"),
        Figure("simulated interviews, length alone with the mean level", float(by_length), ""),
    ]  # fmt: skip


def partial_spearman(one: Numbers, two: Numbers, given: Numbers) -> float:
    """Spearman's correlation of two with the ranks of a third taken out; nan where one of them does not vary."""
    ab, ac, bc = _spearman(one, two), _spearman(one, given), _spearman(two, given)
    return float((ab - ac * bc) / np.sqrt((1 - ac**2) * (1 - bc**2)))


def _spearman(one: Numbers, two: Numbers) -> float:
    a, b = _ranks(one), _ranks(two)
    size = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / size) if size else float("nan")


def _ranks(values: Numbers) -> Numbers:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Numbers = (last - (counts - 1) / 2)[inverse]
    return ranks - ranks.mean()


def _plain_cosine(data: Data, embedder: Embedder) -> list[Figure]:
    """How often the anchor nearest to the reply is that of the level; and cosine with the high anchor as a score."""
    anchors = {
        r: {d: embedder.encode([data.dimensions[r][d][x] for x in LEVELS]) for d in data.dimensions[r]} for r in ROLES
    }
    picked = [
        int((anchors[c.role][c.dimension] @ embedder.encode([c.added[0].reply])[0]).argmax()) == c.level
        for c in data.cases
        if c.sign > 0 and c.dimension is not None
    ]
    partials: list[float] = []
    for role in ROLES:
        own = [s for s in data.simulated if s.role == role]
        replies = [embedder.encode([e.reply for e in s.exchanges]) for s in own]
        lengths = np.array([np.log(sum(len(e.reply.split()) for e in s.exchanges)) for s in own])
        for d, levels in anchors[role].items():
            scores = np.array([float((r @ levels[2]).max()) for r in replies])
            partials.append(partial_spearman(scores, np.array([float(s.levels[d]) for s in own]), lengths))
    return [
        Figure("plain cosine picks the level of the evidence", 100 * float(np.mean(picked)), f"% of {len(picked)}"),
        Figure("plain cosine with the high anchor, simulated, partial Spearman", float(np.nanmean(partials)), ""),
    ]


def _interval(size: int, statistic: Callable[[npt.NDArray[np.int64]], float]) -> tuple[float, float]:
    chance = np.random.default_rng(20261122)
    drawn = [statistic(chance.integers(size, size=size)) for _ in range(SAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _fewer(data: Data) -> Data:
    kept = sorted(data.base)[::QUICK]
    return Data(
        data.dimensions,
        data.base,
        tuple(c for c in data.cases if c.interview in kept),
        data.simulated[::QUICK],
        data.unusable,
    )
