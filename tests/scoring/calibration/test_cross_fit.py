"""The fine-tuned encoder's scores, left out of the folds: no rating that is held out has any part in them."""

from __future__ import annotations

import numpy as np

from scoring.calibration.conformal import FOLDS
from scoring.calibration.cross_fit import cross_fit
from scoring.calibration.tuning import FinetuneOptions, Pair
from tests.scoring.calibration.rated_rice import QUESTION, rated_rows

OPTIONS = FinetuneOptions(frozen_layers=5, epochs=1, batch=32, head_rate=0.01, answer_pieces=24, reference_pieces=12)


def test_what_is_held_out_changes_nothing_in_its_column_and_everything_in_the_others() -> None:
    rows = rated_rows(15, raters=1, sentences_each=1)
    pairs = [Pair(QUESTION, row["text"]) for row in rows]
    levels = np.array([row["level"] for row in rows])
    folds = np.arange(15) % FOLDS
    before = cross_fit(pairs, levels, folds, OPTIONS)
    assert before.left_out.shape == (15, FOLDS)
    assert ((before.left_out > 1) & (before.left_out < 5)).all()
    turned = np.where(folds == 2, 6 - levels, levels)
    after = cross_fit(pairs, turned, folds, OPTIONS)
    same = np.isclose(before.left_out, after.left_out, atol=1e-4)
    assert same[:, 2].all()
    assert same[folds == 2].all()
    rest = np.delete(np.delete(same, 2, axis=1), np.flatnonzero(folds == 2), axis=0)
    assert not rest.any()
    assert before.encoder.fitted_on != after.encoder.fitted_on
