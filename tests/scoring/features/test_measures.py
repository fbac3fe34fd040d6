"""Every text measure: what raises it, what does not, and the sentences it rests on. No model is needed for these."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

import pytest

from scoring.content import content
from scoring.features.plain_words import is_hard
from scoring.features.reading import Context, Reading
from scoring.features.table import MEASURES
from scoring.rubric import Criterion, Measure, Rubric

Read = Callable[..., Reading]


@pytest.fixture
def read(moon: Rubric) -> Read:
    def reading(measure: Measure, text: str, criterion: Criterion | None = None) -> Reading:
        return MEASURES[measure](Context(criterion or moon.criteria[-1], "", content(text), {}, 0.5))

    return reading


CHILD = "They flew up in a big rocket. It was so loud. Then they came down on the moon and got out. They hopped."
ADULT = (
    "The extravehicular activity commenced following a powered descent whose trajectory was determined autonomously. "
    "Geopolitical considerations necessitated an unprecedented expenditure."
)


@pytest.mark.parametrize(
    ("with_articles", "without"),
    [
        ("The moon is like a ball.", "Moon is like ball."),
        ("It had legs like a spider.", "It had legs like spider."),
        ("The rocket is bigger than a house.", "Rocket is bigger than house."),
        ("The moon is the size of an apple.", "Moon is size of apple."),
    ],
)
def test_who_leaves_articles_out_compares_all_the_same(read: Read, with_articles: str, without: str) -> None:
    assert read("concrete-comparison", with_articles).value == read("concrete-comparison", without).value > 0


def test_who_leaves_articles_out_is_hardly_shorter(read: Read) -> None:
    text = "The men flew to the moon in a rocket and put a flag into the dust. Then they took the way back to the sea."
    bare = re.sub(r"\b(?:the|an?) ", "", text, flags=re.IGNORECASE)
    assert len(bare.split()) < 0.75 * len(text.split())
    assert read("length-fit", text).value - read("length-fit", bare).value < 0.01


def test_plain_words(read: Read) -> None:
    plain, hard = read("plain-words", CHILD), read("plain-words", ADULT)
    assert plain.value > 0.9
    assert hard.value < 0.2
    assert "extravehicular" in hard.note


@pytest.mark.parametrize(
    "word", ["moon", "rocket", "bouncing", "grandma", "splash", "walked", "stones", "1969", "because"]
)
def test_words_that_a_child_knows(word: str) -> None:
    assert not is_hard(word)


@pytest.mark.parametrize("word", ["trajectory", "geopolitical", "extravehicular", "unprecedented", "autonomously"])
def test_words_that_a_child_has_to_ask_about(word: str) -> None:
    assert is_hard(word)


@pytest.mark.parametrize(
    "text",
    [
        "It was as tall as a house.",
        "They hopped like bunnies on the grass.",
        "Imagine you are sitting on a big swing.",
        "It is bigger than your school.",
        "Walking there feels a bit like swimming in a pool.",
    ],
)
def test_a_comparison_with_an_everyday_thing_counts(read: Read, text: str) -> None:
    reading = read("concrete-comparison", text)
    assert reading.value > 0
    assert reading.sentences[0].start == 0


@pytest.mark.parametrize(
    "text",
    [
        "I would like a rocket.",
        "They like the moon a lot.",
        "It was like really far.",
        "They flew to the moon.",
        "There was like water.",
        "Rather than wait they went.",
    ],
)
def test_liking_and_filling_are_no_comparisons(read: Read, text: str) -> None:
    assert read("concrete-comparison", text).value == 0


def test_warmth_speaks_to_the_listener(read: Read) -> None:
    warm = read("warmth", "Do you see the moon? Imagine you are up there. Isn't that amazing? What would you do first?")
    assert warm.value > 0.7
    assert read("warmth", "They flew to the moon and they came back.").value == 0


def test_flattering_whoever_asked_is_not_warmth(read: Read) -> None:
    flattery = "Thank you for this amazing question, you are so kind. I appreciate the wonderful opportunity you give."
    assert read("warmth", flattery).value == 0


def test_length_fits_between_its_bounds_and_repeats_do_not_count(read: Read, moon: Rubric) -> None:
    least, most = next(c for c in moon.criteria if c.id == "length").words or (0, 0)
    # Each of another frame: what is hung into one frame again and again is a list and does not count.
    frames = product(("On", "After", "Before", "By"), ("they", "we", "you", "she"), ("at", "for", "over"), ("a", "the"))
    numbers = [
        f"{o} day {i} {w} looked {p} stone number {i + 7} and wrote {i + 90} into {a} book. "
        for i, (o, w, p, a) in enumerate(frames)
    ]
    fits = "".join(numbers[: (least + most) // 2 // 13])
    assert read("length-fit", fits).value == 1.0
    assert 0 < read("length-fit", "".join(numbers[:4])).value < 1.0
    assert read("length-fit", "".join(numbers)).value == 0.0
    assert read("length-fit", " ".join([CHILD] * 20)).value == read("length-fit", CHILD).value


def test_specificity(read: Read) -> None:
    told = (
        "In 2019 I checked 300 invoices for a dentist in Porto. I compared each one with the bank statement. "
        "We found 14 errors, and I wrote a list for Maria."
    )
    vague = "I always work in a careful way. It is important to be good. People say that work has to be right."
    assert read("specificity", told).value > 0.7
    assert read("specificity", vague).value < 0.2
    assert read("specificity", told).sentences


def test_structure(read: Read) -> None:
    joined = (
        "First I read the whole text, because I want to know its purpose. Then I check each claim. For example, I look "
        "up every date. However, some sources disagree, so I write that down. Finally I read it again."
    )
    loose = "I read the text. I check claims. I look up dates. I write things down. I read again."
    assert read("structure", joined).value > read("structure", loose).value + 0.4


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_every_measure_stays_between_nothing_and_one_even_with_nothing_to_read(read: Read, measure: Measure) -> None:
    for text in ("", CHILD, ADULT, CHILD + ADULT * 3, "?!" * 50, "you " * 300):
        assert 0.0 <= read(measure, text).value <= 1.0
