"""The pause set keeps what was said and adds silence where it says; coefficients are fitted to what is there."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np

from interviewer.speech.finality import Ending
from scoring.transcript import Word
from tests.benchmarks.turns.fit import Example, fit
from tests.benchmarks.turns.pause_set import APART_S, LENGTHS_S, Answer, Clip, answers_of, cut_at
from tests.benchmarks.turns.reference import sentence_ends_after
from tests.clips import RATE, clips


def answers(ends_after: int = 3) -> list[Answer]:
    """Of a clip whose reference ends a sentence after the word of that number."""
    clip = clips()["librivox_0870"]
    words = [Word(text.split("(")[0], start + 0.5, end + 0.5, 0.9) for text, start, end in clip.words]
    reference = " ".join(word.text + "." * (n == ends_after) for n, word in enumerate(words))
    recording = Clip(clip.name, "read_en", "reader", Path(clip.path), ends=True, reference=reference)
    return list(answers_of(recording, lambda pcm: words))


def test_a_spliced_answer_is_the_recorded_one_and_its_silences() -> None:
    recorded, *spliced = answers()
    assert spliced
    for answer in spliced:
        added = sum(length for _, length in answer.spliced)
        assert len(answer.pcm) == len(recorded.pcm) + added
        assert answer.end == recorded.end + added
        for at, length in answer.spliced:
            assert length / RATE >= min(LENGTHS_S)
            assert np.abs(answer.pcm[at : at + length]).max() < 0.1 * np.abs(recorded.pcm).max()
            assert np.abs(answer.pcm[at : at + length]).max() > 0  # room tone, not digital silence


def test_silences_stand_apart_and_elsewhere_in_each_variant() -> None:
    _, *spliced = answers()
    places = []
    for answer in spliced:
        grown, own = 0, []
        for at, length in answer.spliced:
            own.append(at - grown)
            grown += length
        assert all(b - a >= APART_S * RATE for a, b in pairwise(own))
        places += own
    assert len(set(places)) == len(places) > 1


def test_a_cut_end_sounds_as_recorded_before_it_and_is_room_tone_after_it() -> None:
    pcm = np.full(RATE, 1000, np.int16)
    cut = cut_at(pcm, 8000, lambda samples: np.full(samples, 7, np.int16))
    assert (cut[:7000] == 1000).all()
    assert (cut[8000:] == 7).all()
    assert len(cut) == len(pcm)


def test_a_fitted_judge_tells_apart_what_it_was_shown() -> None:
    rng = np.random.default_rng(1)
    examples = [
        Example(Ending(0.8 if ends else 0.1, rng.normal(0.5 if ends else -0.5, 1.0, 512).astype(np.float32)), ends, "a")
        for ends in (True, False) * 40
    ]
    judge = fit(examples)
    final, held = ([judge(e.ending) or 0.0 for e in examples if e.ends is ends] for ends in (True, False))
    assert min(final) > max(held)


def test_the_reference_says_where_a_sentence_ends_whatever_the_recogniser_wrote() -> None:
    reference = 'A gold ring. It pleases -- "most any girl?" Well... yes, it does.'
    heard = ["a", "old", "Wring", "it", "Pleases.", "most", "any", "girl", "well.", "yes", "it", "does"]
    ends_after = sentence_ends_after(reference, heard)
    assert len(ends_after) == len(heard) - 1
    said = dict(zip(heard, ends_after, strict=False))
    assert [word for word, ends in said.items() if ends] == ["Wring", "girl"]  # by the word after it, where misheard
    assert said["old"] is None
    assert said["Pleases."] is False
    assert said["well."] is False


def test_a_reference_without_marks_says_nothing() -> None:
    assert sentence_ends_after("ONCE MORE AND AGAIN", ["once", "more", "and"]) == [None, None]


def test_what_the_reference_says_of_a_place_moves_along_with_the_silences_put_before_it() -> None:
    for ends_after in (3, 9):
        recorded, *spliced = answers(ends_after)
        place = recorded.between_words[ends_after][0]
        assert [ends for _, ends in recorded.between_words].count(True) == 1
        assert recorded.ends_sentence(place) is True
        for answer in spliced:
            moved = answer.between_words[ends_after][0]
            before = [length for at, length in answer.spliced if at + length < moved]
            assert moved == place + sum(before)
            assert answer.ends_sentence(moved) is True
