"""Ratings as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["NUMBERS", "levels", "numbers"]

LEVELS = st.integers(1, 5)
NUMBERS = st.integers(-1000, 1000).map(lambda n: n / 8)


def levels(columns: int, least: int = 2) -> st.SearchStrategy[list[tuple[int, ...]]]:
    """Rows of one level from each rater."""
    return st.lists(st.tuples(*[LEVELS] * columns), min_size=least, max_size=40)


def numbers(columns: int, least: int = 3) -> st.SearchStrategy[list[tuple[float, ...]]]:
    return st.lists(st.tuples(*[NUMBERS] * columns), min_size=least, max_size=40)
