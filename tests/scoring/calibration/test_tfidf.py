"""TF-IDF of our own beside scikit-learn's: same terms, same numbers; unknown words count nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from scoring.calibration.tfidf import Tfidf

TEXTS = [
    "Rice is washed until the water runs clear, then it is boiled.",
    "You boil the rice; the water must be twice the rice.",
    "I  would ask my mother, she makes good rice!",
    "Wash it. Boil it. Let it rest for ten minutes - a lid on top.",
]
NEW = ["The lid keeps the water in, and rice needs water", "Xylophones", ""]


@pytest.mark.parametrize(
    ("lengths", "characters", "least"), [((1, 1), False, 1), ((1, 2), False, 2), ((2, 5), True, 2), ((3, 3), True, 1)]
)
def test_gives_the_numbers_of_scikit_learn(lengths: tuple[int, int], characters: bool, least: int) -> None:
    theirs = TfidfVectorizer(
        sublinear_tf=True, ngram_range=lengths, analyzer="char_wb" if characters else "word", min_df=least
    ).fit(TEXTS)
    ours = Tfidf.fit(TEXTS, lengths, characters, least)
    assert list(ours.terms) == list(theirs.get_feature_names_out())
    for texts in (TEXTS, NEW):
        np.testing.assert_allclose(ours.transform(texts), theirs.transform(texts).toarray(), atol=1e-12)


def test_a_text_without_known_terms_is_a_row_of_zeros() -> None:
    assert not Tfidf.fit(TEXTS).transform(["Xylophones", ""]).any()
