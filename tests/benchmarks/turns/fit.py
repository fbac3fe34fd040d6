"""`python -m tests.benchmarks.turns.fit [DIR]` fits finality's coefficients on the pause set and writes finality.json.

Ends of answers against spliced pauses, each as the product's recogniser hears it, of the clips that turn policies are
measured on and of forty more speakers. So that no more is learned than how the voice goes, ends are there once more,
cut and filled with room tone just as splices are; and a third of all once more behind a noise gate, for browsers have
them. Twice: with what smart-turn hears (its weights must be there, see ``smart_turn``), and without.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

import interviewer.speech
from interviewer.speech.finality import Ending, Judge
from tests.benchmarks.turns.endings import HeardPauses, heard_pauses

__all__ = ["Example", "examples_of", "fit"]

STRENGTH = 0.003
"""Of the regression's prior; with 512 features and some hundred examples, nearly all of the fit is held back by it."""
MARK_SCALE = LOGIT_SCALE = 8.0
"""The mark's one feature, and smart-turn's own answer, count as that many of the voice's."""
POOLED_SCALE = 2.0
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Example:
    ending: Ending
    ends: bool
    speaker: str


def fit(examples: Sequence[Example]) -> Judge:
    """Ends and pauses weigh the same in all. All examples have a tune, or none has."""
    x = np.array([e.ending.features for e in examples])
    y = np.array([e.ends for e in examples])
    middle, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    tune = examples[0].ending.tune
    heard = x.shape[1] - (0 if tune is None else len(tune))
    scale[heard - 1] /= MARK_SCALE
    if tune is not None:
        scale[heard] /= LOGIT_SCALE
        scale[heard + 1 :] /= POOLED_SCALE
    model = LogisticRegression(C=STRENGTH, max_iter=400, class_weight="balanced").fit((x - middle) / scale, y)
    weights = model.coef_[0] / scale
    return Judge(weights, float(model.intercept_[0] - weights @ middle))


def examples_of(heard: HeardPauses, *, tune: bool) -> list[Example]:
    """Pauses of the candidate's own are left out: many of them follow finished sentences. So are silences after speech
    that gave no words: the ending before them is that of another silence."""
    chosen = [
        Example(p.ending, p.kind == "end", p.answer.clip.speaker)
        for p in [*heard.pauses, *heard.others]
        if p.ending is not None
        and not p.pause.turn.wordless_s
        and (p.kind == "spliced" or (p.kind == "end" and p.answer.clip.ends))
    ]
    chosen += [Example(t.ending, t.ends, t.speaker) for t in heard.treated]
    return chosen if tune else [replace(e, ending=replace(e.ending, tune=None)) for e in chosen]


def _written(judge: Judge, voice: int) -> dict[str, Any]:
    weights = [round(float(w), DIGITS) for w in judge.weights]
    return {
        "bias": round(judge.bias, DIGITS),
        "mark": weights[voice],
        "voice": weights[:voice],
        "tune": weights[voice + 1 :],
    }


def main(data: Path) -> None:
    heard = heard_pauses(data)
    if heard.tunes is None:
        raise SystemExit("smart-turn's weights are not there: name them in MELVIN_SMART_TURN")
    sets = [examples_of(heard, tune=tune) for tune in (True, False)]
    examples = sets[0]
    raw = np.array([e.ending.features for e in examples], np.float32).tobytes()
    written = {
        "fitted_on": {
            "models": [heard.model, heard.tunes.folder.name],
            "clips": len({p.answer.clip.name for p in [*heard.pauses, *heard.others]}),
            "speakers": len({e.speaker for e in examples}),
            "ends": sum(e.ends for e in examples),
            "pauses": sum(not e.ends for e in examples),
            "examples_sha256": hashlib.sha256(raw).hexdigest(),
        },
        "judges": [_written(fit(of), len(examples[0].ending.voice)) for of in sets],
    }
    target = Path(interviewer.speech.__file__).parent / "finality.json"
    target.write_text(json.dumps(written) + "\n", "utf-8")
    print(f"{target}: {target.stat().st_size} bytes, fitted on {written['fitted_on']}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared"))
