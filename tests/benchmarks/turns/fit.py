"""`python -m tests.benchmarks.turns.fit [DIR]` fits finality's coefficients on the pause set and writes finality.json.

Ends of answers against spliced pauses, each as the product's recogniser hears it. So that no more is learned than how
the voice goes, every end is there twice: as recorded, and cut and filled with room tone just as splices are.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

import interviewer.speech
from interviewer.speech.finality import Ending, Judge
from tests.benchmarks.turns.endings import HeardPauses, heard_pauses

__all__ = ["Example", "examples_of", "fit"]

STRENGTH = 0.003
"""Of the regression's prior; with 512 features and some hundred examples, nearly all of the fit is held back by it."""
MARK_SCALE = 8.0
"""The mark's one feature counts as that many of the voice's."""
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Example:
    ending: Ending
    ends: bool
    speaker: str


def fit(examples: Sequence[Example]) -> Judge:
    """Ends and pauses weigh the same in all."""
    x = np.array([e.ending.features for e in examples])
    y = np.array([e.ends for e in examples])
    middle, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    scale[-1] /= MARK_SCALE
    model = LogisticRegression(C=STRENGTH, max_iter=400, class_weight="balanced").fit((x - middle) / scale, y)
    weights = model.coef_[0] / scale
    return Judge(weights, float(model.intercept_[0] - weights @ middle))


def examples_of(heard: HeardPauses) -> list[Example]:
    """Pauses of the candidate's own are left out: many of them follow finished sentences, and nobody said which."""
    chosen = [
        Example(p.ending, p.kind == "end", p.answer.clip.speaker)
        for p in heard.pauses
        if p.ending is not None and (p.kind == "spliced" or (p.kind == "end" and p.answer.clip.ends))
    ]
    return chosen + [Example(ending, True, speaker) for ending, speaker in heard.treated]


def main(data: Path) -> None:
    heard = heard_pauses(data)
    examples = examples_of(heard)
    judge = fit(examples)
    speakers = sorted({e.speaker for e in examples})
    raw = np.array([e.ending.features for e in examples], np.float32).tobytes()
    written = {
        "fitted_on": {
            "model": heard.model,
            "clips": len({p.answer.clip.name for p in heard.pauses}),
            "speakers": len(speakers),
            "ends": sum(e.ends for e in examples),
            "pauses": sum(not e.ends for e in examples),
            "examples_sha256": hashlib.sha256(raw).hexdigest(),
        },
        "bias": round(judge.bias, DIGITS),
        "mark": round(float(judge.weights[-1]), DIGITS),
        "voice": [round(float(w), DIGITS) for w in judge.weights[:-1]],
    }
    target = Path(interviewer.speech.__file__).parent / "finality.json"
    target.write_text(json.dumps(written) + "\n", "utf-8")
    print(f"{target}: {target.stat().st_size} bytes, fitted on {written['fitted_on']}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared"))
