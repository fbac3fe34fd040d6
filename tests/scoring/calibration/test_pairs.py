"""An answer beside its reference, on the real encoder: saying what it says counts, repeating the question does not."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.calibration.encoder import read_texts
from scoring.calibration.pairs import PAIR_NAMES, overlap, pair_features

QUESTION = "Why does rice need a lid while it boils?"
REFERENCE = "The lid keeps the steam in, so that the rice cooks evenly and does not dry out."
OTHER = "Without a lid the water evaporates before the grains are soft."
SAME = "Because the steam stays in the pot and the rice gets cooked evenly instead of drying out."
ASIDE = "My grandfather sold rice and lids in a shop near the harbour."


@pytest.fixture(scope="module")
def features() -> dict[str, dict[str, float]]:
    question, reference, other, *answers = read_texts([QUESTION, REFERENCE, OTHER, SAME, ASIDE, QUESTION, ""])
    named = dict(zip((SAME, ASIDE, QUESTION, ""), answers, strict=True))
    found = {name: pair_features(read, question, [other, reference]) for name, read in named.items()}
    return {name: dict(zip(PAIR_NAMES, row, strict=True)) for name, row in found.items()}


def test_an_answer_that_says_it_in_other_words_recalls_more_of_the_reference(
    features: dict[str, dict[str, float]],
) -> None:
    for name in ("cosine", "soft-recall", "new-soft-recall", "part-recall"):
        assert features[SAME][name] > features[ASIDE][name], name


def test_repeating_the_question_says_nothing_new(features: dict[str, dict[str, float]]) -> None:
    assert features[QUESTION]["new-hard-precision"] == 0
    assert features[QUESTION]["new-soft-precision"] == 0
    assert features[SAME]["new-hard-precision"] > 0


def test_an_empty_answer_gives_numbers(features: dict[str, dict[str, float]]) -> None:
    assert np.isfinite(list(features[""].values())).all()
    assert features[""]["soft-recall"] == features[""]["hard-precision"] == 0


def test_rare_words_in_common_weigh_more_than_frequent_ones() -> None:
    mine = ["the", "photosynthesis"]
    assert overlap(mine, ["photosynthesis"])[0] > 0.8 > 0.2 > overlap(mine, ["the"])[0]
    assert overlap([], ["the"]) == (0.0, 0.0)


def test_a_pair_needs_a_reference() -> None:
    (read,) = read_texts([SAME])
    with pytest.raises(ValueError, match="reference"):
        pair_features(read, read, [])
