"""Fitting the anchor model (scoring/anchors) on the cases and simulated interviews of some roles.

``python -m tests.benchmarks.scoring.rubric_judge_fit [--data DIR]`` fits on both roles and writes the file that ships.
The benchmark fits on one role and tests on the other, by the same function. What a simulated exchange is about is not
in the data: its question and reply are held against the rubric, and where two criteria are nearly as near, it is left
out. Penalties and the weight of written cases are those with which the levels of evidence were likeliest in the fitting
roles' own interviews, a fifth of them left out in turn. That belief mixes with "no idea" (scoring/anchors/belief.py),
and all criteria of our rubrics count as foreign, was settled with the figures of the other role in sight.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

import scoring.anchors
from scoring.anchors.belief import Signs, believed
from scoring.anchors.manner import LEVEL_RATES, QUALIFYING_RATES, RELEVANCE_RATES, rates
from scoring.anchors.model import Model, Shape, level_numbers, log_ratios, relevance_numbers, taking_back_numbers
from scoring.anchors.stretches import Stretch, stretches
from scoring.anchors.yardstick import Yardstick, yardstick
from scoring.content import content
from scoring.embeddings import Embedder
from scoring.judges.embedded import sources_of
from scoring.rubric import Rubric
from scoring.rubric_file import read_rubric
from tests.benchmarks.scoring.rubric_judge_data import Case, Data, Exchange, Simulated, read, rubric_of
from tests.benchmarks.scoring.rubric_judge_regression import Row, ordinal, two_sided

__all__ = ["fit", "fold"]

PROMPTS = Path(__file__).parents[3] / "prompts" / "rubrics"
FOREIGN = ("careful-work", "domain-explanation", "judging-answers", "marketing-copy", "stumper", "rubric-writing")
FOLDS = 5
ABOUT_BY = 0.1  # cosine by which a simulated exchange must be nearer to its criterion than to the next
SIMULATED_RELEVANCE = 0.1  # weight of a simulated exchange against that of a written case
BACKGROUND = 0.3  # weight of what a case says of the criteria that it does not name
ANCHOR_SCALE = 0.6  # of the nine numbers of nearness to anchors, against those of manner
SHAPE = Shape()
WRITTEN = (24.0, 48.0)  # weight of a written case's level against that of a simulated exchange
LEAST = 1e-6  # of a probability whose logarithm is taken

Numbers = npt.NDArray[np.float64]
_FOLD = np.array([[1, 0.5, 0, 0, 0], [0, 0.5, 1, 0.5, 0], [0, 0, 0, 0.5, 1]])


def fold(five: Numbers) -> Numbers:
    """Probabilities of low, medium and high from those of levels 1 to 5: 2 and 4 belong to both neighbours by half."""
    return _FOLD @ five


@dataclass(frozen=True, slots=True)
class _Read:
    """All stretches of an interview as numbers. ``added`` counts those of the added exchange, at the end.

    ``foreign``: relevance numbers for criteria of other jobs that were put into the rubric, a row each.
    """

    group: int
    turns: npt.NDArray[np.int64]
    added: int
    relevance: Numbers
    level: Numbers
    taking_back: Numbers
    near: Numbers
    case: Case | None = None
    simulated: Simulated | None = None
    foreign: Numbers | None = None


def fit(data: Data, roles: Sequence[str], embedder: Embedder) -> Model:
    read_all, typical, names = _read_all(data, roles, embedder)
    best: tuple[float, float] | None = None
    for written in WRITTEN:
        held_out: list[tuple[_Read, Signs]] = []
        for left in range(FOLDS):
            weights = _weights([r for r in read_all if r.group != left], names, written)
            held_out += [(r, _signs(r, *weights)) for r in read_all if r.group == left and r.foreign is None]
        likelihood = _likelihood(held_out, names)
        if best is None or likelihood > best[0]:
            best = (likelihood, written)
    assert best is not None
    relevance, level, taking_back = _weights(read_all, names, best[1])
    return Model(
        _rounded(relevance),
        tuple(_rounded(row) for row in level),
        _rounded(taking_back),
        _rounded(typical),
        SHAPE,
        f"rubric_judge ({', '.join(roles)}): written cases and simulated interviews, MIT, arXiv 2603.01775",
        _hash(data, roles),
    )


def _read_all(
    data: Data, roles: Sequence[str], embedder: Embedder
) -> tuple[list[_Read], Numbers, dict[str, list[str]]]:
    rubrics = {r: rubric_of(r, data.dimensions[r]) for r in roles}
    scales = {r: yardstick(rubrics[r], embedder) for r in roles}
    names = {r: list(data.dimensions[r]) for r in roles}
    simulated = [(i, s) for i, s in enumerate(data.simulated) if s.role in roles]
    replies = [p for _, s in simulated for p in _parts(s.exchanges, rubrics[s.role], embedder)]
    typical = np.mean(
        [
            np.concatenate([rates(p.counts, n) for n in (LEVEL_RATES, RELEVANCE_RATES, QUALIFYING_RATES)])
            for p in replies
        ],
        axis=0,
    )
    found: list[_Read] = []
    for case in data.cases:
        if case.role in roles and case.added:
            parts = _parts((*case.before, *case.added), rubrics[case.role], embedder)
            new = sum(p.turn == len(case.before) for p in parts)
            group = int(case.interview.split("_")[1]) % FOLDS
            found.append(replace(_numbers(parts, scales[case.role], typical, group, new), case=case))
    for i, one in simulated:
        parts = _parts(one.exchanges, rubrics[one.role], embedder)
        questions = embedder.encode([e.question for e in one.exchanges])
        scale = scales[one.role]
        both = np.stack([questions[p.turn] + p.vector for p in parts])
        both /= np.linalg.norm(both, axis=1, keepdims=True)
        own, topics = scale.centres - scale.topic, both - scale.topic
        near = _unit(topics) @ _unit(own).T
        found.append(replace(_numbers(parts, scale, typical, i % FOLDS, 0), near=near, simulated=one))
    found += [_foreign(data, interview, embedder, typical) for interview in data.base if interview[:2] in roles]
    return found, typical, names


def _foreign(data: Data, interview: str, embedder: Embedder, typical: Numbers) -> _Read:
    """A short interview held against criteria of our own rubrics, which it says nothing about."""
    role = interview.split("_")[0]
    own = rubric_of(role, data.dimensions[role])
    parts = _parts(data.base[interview], own, embedder)
    rows: list[Numbers] = []
    for other in FOREIGN:
        for criterion in read_rubric(PROMPTS / f"{other}.yaml").criteria:
            scale = yardstick(own.model_copy(update={"criteria": (*own.criteria, criterion)}), embedder)
            rows += [relevance_numbers(p, scale, tuple(typical))[-1] for p in parts]
    empty = np.empty(0)
    group = int(interview.split("_")[1]) % FOLDS
    return _Read(group, empty.astype(np.int64), 0, empty, empty, empty, empty, foreign=np.stack(rows))


def _parts(exchanges: Sequence[Exchange], rubric: Rubric, embedder: Embedder) -> list[Stretch]:
    parts: list[Stretch] = []
    for turn, exchange in enumerate(exchanges):
        counted = content(exchange.reply, sources_of(rubric, exchange.question))
        rows = embedder.encode([s.text for s in counted.sentences])
        parts += [replace(p, turn=turn) for p in stretches(counted.sentences, rows, (0,))]
    return parts


def _numbers(parts: Sequence[Stretch], scale: Yardstick, typical: Numbers, group: int, added: int) -> _Read:
    opens = [i > 0 and p.turn != parts[i - 1].turn for i, p in enumerate(parts)]
    usual = tuple(typical)
    return _Read(
        group,
        np.array([p.turn for p in parts]),
        added,
        np.stack([relevance_numbers(p, scale, usual) for p in parts]),
        np.stack([level_numbers(p, scale, usual) for p in parts]),
        np.stack([
            taking_back_numbers(p, [b for b in parts if b.turn < p.turn], usual) if first else np.full(8, np.nan)
            for p, first in zip(parts, opens, strict=True)
        ]),
        np.empty(0),
    )  # fmt: skip


def _weights(rows: Sequence[_Read], names: dict[str, list[str]], written: float) -> tuple[Numbers, Numbers, Numbers]:
    relevance: list[Row] = []
    level: list[Row] = []
    taking_back: list[Row] = []
    seen: set[str] = set()
    for row in rows:
        case, one = row.case, row.simulated
        if case is not None:
            own = range(len(row.turns) - row.added, len(row.turns))
            named = names[case.role].index(case.dimension) if case.dimension else None
            for i in own:
                for k, numbers in enumerate(row.relevance[i]):
                    relevance.append((numbers, int(k == named), 1.0 if named in (None, k) else BACKGROUND))
                if named is not None and case.level is not None and case.sign > 0:
                    level.append((row.level[i, named], case.level, written))
                if not np.isnan(row.taking_back[i]).any():
                    taking_back.append((row.taking_back[i], int(case.sign < 0), 1.0))
            if case.interview not in seen and case.sign >= 0:
                seen.add(case.interview)
                for i in range(len(row.turns) - row.added):
                    relevance += [(numbers, 0, BACKGROUND) for numbers in row.relevance[i]]
                    if not np.isnan(row.taking_back[i]).any():
                        taking_back.append((row.taking_back[i], 0, 1.0))
        if row.foreign is not None:
            relevance += [(numbers, 0, BACKGROUND) for numbers in row.foreign]
        if one is not None:
            order = np.argsort(-row.near, axis=1)
            for i, ranked in enumerate(order):
                if row.near[i, ranked[0]] - row.near[i, ranked[1]] >= ABOUT_BY:
                    relevance.append((row.relevance[i, ranked[0]], 1, SIMULATED_RELEVANCE))
                    relevance += [(row.relevance[i, k], 0, SIMULATED_RELEVANCE / 4) for k in ranked[3:]]
                    level.append((row.level[i, ranked[0]], one.levels[names[one.role][ranked[0]]], 1.0))
                if not np.isnan(row.taking_back[i]).any():
                    taking_back.append((row.taking_back[i], 0, 0.1))
    scale = np.ones(len(level[0][0]))
    scale[len(LEVEL_RATES) :] = ANCHOR_SCALE
    return (
        two_sided(relevance, 1.0),
        ordinal(level, scale),
        two_sided(taking_back, 0.3),
    )


def _signs(row: _Read, relevance: Numbers, level: Numbers, taking_back: Numbers) -> Signs:
    back = row.taking_back @ taking_back[:-1] + taking_back[-1]
    return Signs(
        1 / (1 + np.exp(-(row.relevance @ relevance[:-1] + relevance[-1]))),
        log_ratios(row.level @ level[:, :-1].T + level[:, -1]),
        np.where(np.isnan(back), 0.0, 1 / (1 + np.exp(-back))),
        row.turns,
    )


def _likelihood(held_out: Sequence[tuple[_Read, Signs]], names: dict[str, list[str]]) -> float:
    """Mean log of the probability that the level shown has after its evidence."""
    logs: list[float] = []
    for row, signs in held_out:
        case = row.case
        if case is not None and case.dimension is not None and case.level is not None and case.sign > 0:
            after = fold(believed(signs, SHAPE)[0][names[case.role].index(case.dimension)])
            logs.append(float(np.log(max(after[case.level], LEAST))))
    return float(np.mean(logs))


def _unit(rows: Numbers) -> Numbers:
    unit: Numbers = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


def _rounded(values: Numbers) -> tuple[float, ...]:
    return tuple(round(float(v), 4) for v in values)


def _hash(data: Data, roles: Sequence[str]) -> str:
    seen = {
        "dimensions": {r: data.dimensions[r] for r in roles},
        "cases": [asdict(c) for c in data.cases if c.role in roles],
        "simulated": [asdict(s) for s in data.simulated if s.role in roles],
    }
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the anchor model on both roles and write it for shipping.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MELVIN_DATA", "../shared")))
    data = read(parser.parse_args().data)
    model = fit(data, sorted(data.dimensions), Embedder())
    place = Path(scoring.anchors.__file__).with_name("coefficients.json")
    place.write_text(json.dumps(model.to_dict(), indent=1) + "\n", "utf-8")
    print(f"{place}: {model.shape}, data {model.data_hash[:12]}")


if __name__ == "__main__":
    main()
