"""The real encoder fine-tuned on a dozen answers of our own: it learns, repeatably, and is kept under its hash."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scoring.calibration.finetune import Finetuned, FinetuneOptions, Pair, finetune, load_finetuned
from scoring.calibration.store import ModelRefused

REFERENCE = "The lid keeps the steam in, so the rice cooks evenly."
RATED = {
    "The steam stays inside and cooks the rice evenly.": 1.0,
    "So that no steam gets out and everything is cooked alike.": 1.0,
    "Steam is held in the pot by the lid.": 0.75,
    "It keeps the heat and the steam in.": 0.75,
    "It is about the steam.": 0.5,
    "Because of the heat, I think.": 0.5,
    "So nothing falls in.": 0.25,
    "To keep flies away from the food.": 0.0,
    "I have never cooked rice.": 0.0,
    "A lid looks tidy on a stove.": 0.0,
    "My sister likes noodles more.": 0.0,
    "Lids are made of glass or steel.": 0.25,
}
PAIRS = [Pair(REFERENCE, answer) for answer in RATED]
SCORES = list(RATED.values())
OPTIONS = FinetuneOptions(frozen_layers=5, epochs=6, batch=4, rate=3e-4, seed=3)


@pytest.fixture(scope="module")
def fitted() -> Finetuned:
    return finetune(PAIRS, SCORES, OPTIONS)


def test_fitting_lowers_the_loss_and_orders_what_it_was_fitted_on(fitted: Finetuned) -> None:
    assert len(fitted.losses) == OPTIONS.epochs
    assert fitted.losses[-1] < fitted.losses[0] - 0.03
    assert np.corrcoef(fitted.predict(PAIRS), SCORES)[0, 1] > 0.7


def test_the_same_seed_gives_the_same_scorer_and_another_seed_another(fitted: Finetuned) -> None:
    again = finetune(PAIRS, SCORES, OPTIONS)
    np.testing.assert_allclose(again.predict(PAIRS), fitted.predict(PAIRS), atol=1e-5)
    other = finetune(PAIRS, SCORES, FinetuneOptions(frozen_layers=5, epochs=1, batch=4, seed=4))
    assert np.abs(other.predict(PAIRS) - fitted.predict(PAIRS)).max() > 1e-3


def test_what_was_kept_predicts_the_same(fitted: Finetuned, tmp_path: Path) -> None:
    kept = fitted.save(tmp_path)
    read = load_finetuned(kept)
    assert kept.name == read.hash == fitted.hash
    assert (read.fitted_on, read.options, read.losses) == (fitted.fitted_on, fitted.options, fitted.losses)
    np.testing.assert_array_equal(read.predict(PAIRS), fitted.predict(PAIRS))
    assert fitted.save(tmp_path) == kept  # the same scorer is kept once


def test_a_changed_missing_or_renamed_scorer_is_refused(fitted: Finetuned, tmp_path: Path) -> None:
    kept = fitted.save(tmp_path)
    with pytest.raises(ModelRefused, match="no fine-tuned scorer"):
        load_finetuned(tmp_path / "nowhere")
    moved = kept.rename(tmp_path / "renamed")
    with pytest.raises(ModelRefused, match="folder's name"):
        load_finetuned(moved)
    moved.rename(kept)
    weights = kept / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ModelRefused, match=r"weights\.safetensors is not the file"):
        load_finetuned(kept)


def test_scores_outside_0_to_1_and_lists_of_unlike_length_are_refused() -> None:
    with pytest.raises(ValueError, match="training set"):
        finetune(PAIRS, SCORES[1:])
    with pytest.raises(ValueError, match="training set"):
        finetune(PAIRS[:1], [4.0])
