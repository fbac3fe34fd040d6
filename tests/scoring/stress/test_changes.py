"""The perturbations: what stays, what changes, and how much; the same on every machine."""

from __future__ import annotations

from pathlib import Path

import jiwer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.content import content, without_fillers
from scoring.rubric_file import read_examples, read_rubric
from scoring.sentences import sentences, words
from scoring.stress.attacks import alone, irrelevant_to, repetition
from scoring.stress.change import Material
from scoring.stress.injection import HIDINGS
from scoring.stress.placing import PLACES, Place, placed
from scoring.stress.recognition import misheard, sounds_like
from scoring.stress.speech import dialects, filled, grammars
from scoring.stress.suite import SUITE
from scoring.stress.swaps import criterion_orders, names
from scoring.stress.texts import texts
from scoring.visible import visible

PROMPTS = Path(__file__).parents[3] / "prompts"
WORDS = "the rocket flew because people there wanted their own moon rocks and nobody knew where"
WORD = st.sampled_from(WORDS.split())
SENTENCE = st.lists(WORD, min_size=4, max_size=14).map(lambda found: " ".join(found).capitalize() + ".")
ANSWER = st.lists(SENTENCE, min_size=1, max_size=8).map(" ".join)


@pytest.fixture(scope="module")
def material() -> Material:
    own = read_examples(PROMPTS / "examples" / "explain-to-six-year-old.yaml")
    rubric = read_rubric(PROMPTS / "rubrics" / "explain-to-six-year-old.yaml", own.variables)
    return Material("nurse", own.examples[0].text, own.question, rubric)


@settings(max_examples=20, deadline=None)
@given(ANSWER, SENTENCE, st.sampled_from(PLACES))
def test_placing_keeps_every_word_of_the_answer_in_order(answer: str, text: str, place: Place) -> None:
    found = words(placed(answer, text, place))
    own, added = words(answer), words(text)
    at = {"start": 0, "middle": None, "end": len(own)}[place]
    places = range(len(own) + 1) if at is None else [at]
    assert any(found == own[:i] + added + own[i:] for i in places)


def test_the_middle_is_between_two_sentences() -> None:
    assert placed("One is here. Two is there.", "Now this.", "middle") == "One is here. Now this. Two is there."
    assert placed("one two three four", "now this", "middle") == "one two now this three four"


@settings(max_examples=20, deadline=None)
@given(st.lists(WORD, min_size=10, max_size=60).map(" ".join), st.sampled_from([0.05, 0.1, 0.2]), st.integers(0, 9))
def test_recognition_errors_have_the_rate_they_are_named_after(text: str, share: float, seed: int) -> None:
    wrong = misheard(text, share, seed)
    wanted = max(1, round(share * len(text.split())))
    # Errors side by side may cancel out in part, so the rate may be a little lower, and never higher.
    assert 0.5 * wanted <= jiwer.wer(text, wrong) * len(text.split()) <= wanted + 1e-9
    assert misheard(text, share, seed) == wrong


def test_a_misheard_word_is_a_word_that_sounds_alike() -> None:
    assert "where" in sounds_like("wear")
    assert "weak" in sounds_like("week")
    near = sounds_like("patient")
    assert near
    assert all(w.isalpha() and w != "patient" for w in near)
    assert misheard("In 1969 they flew 300000 km", 1.0, 1).count("1969") == 1


@settings(max_examples=20, deadline=None)
@given(ANSWER, st.integers(0, 9))
def test_fillers_are_all_that_is_added(text: str, seed: int) -> None:
    assert [w for w in words(without_fillers(filled(text, seed))) if w != "um"] == words(without_fillers(text))


@pytest.mark.parametrize(
    ("rewrite", "plain", "other"),
    [
        (dialects, "They aren't going to land because it isn't safe.", "They ain't gonna land cause it ain't safe."),
        (dialects, "We were walking there.", "We was walkin' there."),
        (dialects, "They don't need any air and she works hard.", "They don't need no air and she work hard."),
        (dialects, "He doesn't see anything.", "He doesn't see nothing."),
        (grammars, "The moon is a big rock.", "Moon is big rock."),
        (grammars, "It takes three days and he carries two stones.", "It take three day and he carry two stone."),
    ],
)  # fmt: skip
def test_rewrites_keep_the_meaning(rewrite: object, plain: str, other: str, material: Material) -> None:
    assert callable(rewrite)
    found = [c.after for c in rewrite(Material("x", plain, "", material.rubric))]
    assert other in found


def test_what_has_nothing_to_rewrite_makes_no_case(material: Material) -> None:
    assert list(dialects(Material("x", "Moon rocks!", "", material.rubric))) == []


def test_names_are_swapped_and_nothing_else(material: Material) -> None:
    found = list(names(material))
    first = texts().names[0]
    for change in found:
        other = change.label.partition(":")[0]
        assert change.before == change.after.replace(other, first)
        assert change.after.endswith(material.text)
        assert (change.name_after == other) == change.after.startswith(("Hi", "Good morning"))
    assert len({c.label for c in found}) == len(found) >= 20


def test_criteria_change_places_and_stay_the_same(material: Material) -> None:
    for change in criterion_orders(material):
        assert change.rubric is not None
        assert change.rubric.criteria != material.rubric.criteria
        assert set(change.rubric.criteria) == set(material.rubric.criteria)


def test_repetition_adds_no_sentence_that_was_not_there(material: Material) -> None:
    own = {material.text[s.start : s.end] for s in sentences(material.text)}
    for change in repetition(material):
        assert {change.after[s.start : s.end] for s in sentences(change.after)} <= own


def test_irrelevant_passages_are_those_that_share_the_least_with_the_rubric(material: Material) -> None:
    garden = material.rubric.model_copy(update={"title": "Garden"})
    question = " ".join(texts().irrelevant[2].split())
    chosen = irrelevant_to(garden, question)
    assert len(chosen) == 3
    assert texts().irrelevant[2] not in chosen.values()


def test_hidden_texts_are_read_as_what_they_are_or_not_at_all() -> None:
    attack = texts().injections["en"][0]
    for name, hide in HIDINGS.items():
        text = f"They flew up. {hide(attack)} They came down."
        assert hide(attack) != attack, name
        assert len(visible(text)) == len(text)
        assert [s.words[0] for s in content(text).sentences] in (["they", "they"], ["they"]), name


def test_attacks_come_in_three_languages_with_texts_enough() -> None:
    own = texts()
    assert set(own.injections) == {"en", "vi", "ro"}
    assert all(len(set(lines)) == len(lines) >= 6 for lines in own.injections.values())
    assert "ă" in "".join(own.injections["ro"])
    assert "ứ" in "".join(own.injections["vi"])


def test_every_perturbation_makes_cases_and_the_same_ones_again(material: Material) -> None:
    assert len({p.name for p in SUITE}) == len(SUITE)
    for perturbation in SUITE:
        once, again = list(perturbation.changes(material)), list(perturbation.changes(material))
        assert once, perturbation.name
        assert once == again, perturbation.name
        assert len({c.label for c in once}) == len(once), perturbation.name


def test_an_attack_alone_has_no_word_of_the_answer(material: Material) -> None:
    for kind in ("flattery", "padding", "master-key", "injection"):
        assert all(c.before == "" and material.text not in c.after for c in alone(material, kind))
