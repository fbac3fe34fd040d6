"""Key points are covered by meaning, not by keywords, not by copies, and with the stretch that covers them."""

from __future__ import annotations

import pytest

from scoring.coverage import COVERED_AT, Coverage
from scoring.embeddings import Embedder
from scoring.rubric import KeyPoint, Rubric

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def coverage(embedder: Embedder) -> Coverage:
    return Coverage(embedder)


def test_a_key_point_is_covered_in_other_words_and_the_stretch_is_named(coverage: Coverage, moon: Rubric) -> None:
    text = (
        "Hello there, little friend. You could not breathe outside, so everyone put on a sealed suit. That was clever."
    )
    match = coverage.match(text, moon.key_points)["no-air"]
    assert match.margin >= COVERED_AT
    assert "sealed suit" in text[match.start : match.end]
    assert "no-air" in coverage.covered(text, moon.key_points)
    assert "came-home" not in coverage.covered(text, moon.key_points)


def test_speech_without_punctuation_is_covered_too(coverage: Coverage, moon: Rubric) -> None:
    text = (
        "so um they went up in this huge rocket and it took them three or four days to get there and then uh two "
        "of them climbed down the ladder and they were the first people ever to walk on it and you can jump super "
        "high up there because you are so light and then they flew back home and splashed into the sea"
    )
    assert {"rocket-journey", "first-steps", "weight-on-moon", "came-home"} <= set(
        coverage.covered(text, moon.key_points)
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "rocket, moon, astronauts, air, spacesuits, parachutes, moon rocks, footprints",
        "There is no air on the moon, so they needed spacesuits to breathe.",
    ],
    ids=["empty", "marks", "keywords", "copied key point"],
)
def test_what_does_not_count_covers_nothing(coverage: Coverage, moon: Rubric, text: str) -> None:
    assert coverage.match(text, moon.key_points) == {}
    assert coverage.covered(text, moon.key_points) == ()


def test_another_topic_covers_little(coverage: Coverage, moon: Rubric) -> None:
    text = "I sold shoes for three years. Most days I stood at the till. My manager taught me how to count the stock."
    facts = {p.id for p in moon.criteria[0].key_points}
    assert facts.isdisjoint(coverage.covered(text, moon.key_points))


def test_key_points_without_examples_and_no_key_points_at_all(coverage: Coverage) -> None:
    points = (
        KeyPoint(id="salt", text="Salt the water before the pasta goes in."),
        KeyPoint(id="time", text="Taste the pasta a minute before the time on the packet."),
        KeyPoint(id="water", text="Keep a cup of the cooking water for the sauce."),
    )
    assert coverage.covered("First I put plenty of salt into the boiling water.", points) == ("salt",)
    assert coverage.match("Some text that says something.", ()) == {}
