"""``python -m scoring.relevance_check prompts/``: fit and try what tells an answer's own sentences from foreign ones.

The worked answers of each rubric are mixed with parts of worked answers of the others. Prints, with each rubric left
out of the fit in turn, how much of the foreign text is dropped where a given share of the own is; then the weights of
the fit on all, for scoring/relevance.py.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scoring.content import ContentSentence, content
from scoring.coverage_check import read_sets
from scoring.embeddings import Embedder
from scoring.empty_talk import EMPTY_TALK
from scoring.examples import ExampleSet
from scoring.judges.embedded import sources_of
from scoring.relevance import BELONGS_AT, FEATURES, features, relevance
from scoring.rubric import Rubric

__all__ = ["Mixed", "fitted", "mixed"]

SEED = 20261122
MIXES = 4  # of each worked answer
LONGEST_FOREIGN = 8  # sentences
LONGEST_TALK = 4  # sentences
GOOD = 3  # level from which an answer's sentences should all be kept
LOST = (0.01, 0.02, 0.03, 0.05)  # shares of the own words
RIDGE = 3.0  # on standardised features
STEPS = 30

_Parts = list[tuple[list[ContentSentence], bool]]
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mixed:
    """Sentences of one rubric's answers: ``own`` says which belong, ``good`` which of these are of a good answer."""

    features: Array
    words: Array
    own: npt.NDArray[np.bool_]
    good: npt.NDArray[np.bool_]
    judged: Array


def mixed(rubric: Rubric, examples: ExampleSet, foreign: Sequence[str], embedder: Embedder, seed: int) -> Mixed:
    draw = random.Random(f"{seed}:{rubric.rubric}")  # noqa: S311 - a repeatable draw, not a secret
    sources = sources_of(rubric, examples.question)
    meaning = embedder.encode([examples.question, *(t for p in rubric.key_points for t in (p.text, *p.examples))])
    rows: list[tuple[Array, Array, list[bool], list[bool], Array]] = []
    for example in examples.examples:
        own = list(content(example.text, sources).sentences)
        for parts, talk in _mixes(own, foreign, draw):
            sentences = [s for part, _ in parts for s in part]
            if not sentences:
                continue
            belongs = [is_own for part, is_own in parts for _ in part]
            good = [b and example.level >= GOOD for b in belongs]
            empty = embedder.encode(talk)
            vectors = embedder.encode([s.text for s in sentences])
            lengths = [len(s.words) for s in sentences]
            rows.append(
                (features(vectors, lengths, meaning, empty), np.array(lengths, float), belongs, good,
                 relevance(vectors, lengths, meaning, empty))
            )  # fmt: skip
    return Mixed(
        np.concatenate([r[0] for r in rows]),
        np.concatenate([r[1] for r in rows]),
        np.concatenate([r[2] for r in rows]),
        np.concatenate([r[3] for r in rows]),
        np.concatenate([r[4] for r in rows]),
    )


def _mixes(
    own: list[ContentSentence], foreign: Sequence[str], draw: random.Random
) -> Iterator[tuple[_Parts, list[str]]]:
    """Parts in order, and the empty talk that is not among them: what is compared with must not be what is tried."""
    yield [(own, True)], list(EMPTY_TALK)
    for text in draw.sample(foreign, MIXES):
        yield _mix(own, text, draw), list(EMPTY_TALK)
    for _ in range(MIXES):
        talk = draw.sample(EMPTY_TALK, draw.randint(1, LONGEST_TALK))
        yield _mix(own, " ".join(talk), draw), [t for t in EMPTY_TALK if t not in talk]


def _mix(own: list[ContentSentence], text: str, draw: random.Random) -> _Parts:
    part = list(content(text).sentences)[: draw.randint(1, LONGEST_FOREIGN)]
    return [(own, True), (part, False)] if draw.random() < 0.5 else [(part, False), (own, True)]


def fitted(parts: Sequence[Mixed]) -> tuple[Array, float]:
    """(weights, bias) of a ridge logistic regression by Newton's method; own and foreign weigh the same."""
    x = np.concatenate([p.features for p in parts])
    y = np.concatenate([p.own for p in parts]).astype(float)
    # Weak answers wander off the topic themselves, so only good ones show what belongs.
    shown = np.concatenate([p.good | ~p.own for p in parts])
    x, y = x[shown], y[shown]
    mean, spread = x.mean(axis=0), x.std(axis=0)
    z = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    weight = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    ridge = RIDGE * np.eye(z.shape[1])
    ridge[-1, -1] = 0.0
    beta = np.zeros(z.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-(z @ beta)))
        gradient = z.T @ (weight * (p - y)) + ridge @ beta
        beta -= np.linalg.solve((z.T * (weight * p * (1 - p))) @ z + ridge, gradient)
    weights = beta[:-1] / spread
    return weights, float(beta[-1] - weights @ mean)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scoring.relevance_check", description=__doc__)
    parser.add_argument("prompts", type=Path, help="the folder with rubrics/ and examples/")
    sets = read_sets(parser.parse_args(argv).prompts)
    if len(sets) < 2:
        sys.stderr.write("two rubrics with worked examples are needed\n")
        return 2
    embedder = Embedder()
    found: dict[str, Mixed] = {}
    for rubric, examples in sets:
        others = [e.text for r, own in sets if r.rubric != rubric.rubric for e in own.examples]
        found[rubric.rubric] = mixed(rubric, examples, others, embedder, SEED)
    held_out = {
        name: own.features @ weights + bias
        for name, own in found.items()
        for weights, bias in [fitted([p for other, p in found.items() if other != name])]
    }
    lines = [
        "each rubric left out of the fit in turn; shares of words",
        f"{'own lost':>10}  threshold  foreign dropped",
    ]
    good = np.concatenate([held_out[n][p.good] for n, p in found.items()])
    foreign = np.concatenate([held_out[n][~p.own] for n, p in found.items()])
    foreign_words = np.concatenate([p.words[~p.own] for p in found.values()])
    for least in LOST:
        at = float(np.quantile(good, least, weights=_words_of_good(found), method="inverted_cdf"))
        lines.append(f"{least:10.0%}  {at:9.2f}  {_share(foreign < at, foreign_words):15.0%}")
    lines += ["", f"{'at BELONGS_AT, as shipped':32}  own lost  foreign dropped"]
    for name, own in found.items():
        off = own.judged < BELONGS_AT
        lost, dropped = (_share(off[which], own.words[which]) for which in (own.good, ~own.own))
        lines.append(f"{name:32}  {lost:8.0%}  {dropped:15.0%}")
    weights, bias = fitted(list(found.values()))
    lines += ["", "fit on all:"]
    lines += [f"{n:14} {w:8.3f}" for n, w in zip((*FEATURES, "bias"), (*weights, bias), strict=True)]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _words_of_good(found: dict[str, Mixed]) -> Array:
    words: Array = np.concatenate([p.words[p.good] for p in found.values()])
    return words


def _share(which: npt.NDArray[np.bool_], words: Array) -> float:
    return float(words[which].sum() / words.sum()) if len(words) else 0.0


if __name__ == "__main__":
    sys.exit(main())
