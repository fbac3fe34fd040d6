"""The shipped plans, rubrics, phrases and examples keep the promises made to candidates and authors."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest

from interviewer.plans.bundle import PlanBundle
from interviewer.plans.library import Library, default_folder
from interviewer.plans.persona import PHRASE_COUNTS
from interviewer.plans.schema import Question
from interviewer.plans.variables import announced, check_variables, fill
from scoring.examples import ExampleSet
from scoring.rubric import Criterion, Rubric

LIBRARY = Library.load(default_folder())
BUNDLES = [LIBRARY.get(name) for name in LIBRARY.names()]
RUBRICS = {slug: rubric for b in BUNDLES for slug, rubric in b.rubrics.items()}
SKILL_TESTS = (
    "explain-to-six-year-old", "golden-answer", "stumper", "rubric-writing", "marketing-copy", "domain-explanation",
)  # fmt: skip
EXAMPLES = {slug: found for slug in RUBRICS if (found := LIBRARY.examples(slug))}


def spoken() -> Iterator[tuple[PlanBundle, Question]]:
    return ((b, q) for b in BUNDLES for q in b.plan.questions if q.kind == "spoken")


def criteria() -> Iterator[tuple[Rubric, Criterion]]:
    return ((r, c) for r in RUBRICS.values() for c in r.criteria)


def test_the_four_plans_are_there() -> None:
    assert set(LIBRARY.names()) == {"generalist-ai-trainer", "domain-expert", "marketing-writer", "ai-fluency"}


def test_the_generalist_plan_has_five_questions_with_the_moon_landing_and_a_written_one() -> None:
    questions = LIBRARY.get("generalist-ai-trainer").plan.questions
    assert [q.kind for q in questions] == ["spoken"] * 4 + ["written"]
    assert "moon landing" in next(q.text for q in questions if q.rubric == "explain-to-six-year-old")


def test_the_domain_plan_takes_its_field_with_the_invitation() -> None:
    plan = LIBRARY.get("domain-expert").plan
    for field in ("law", "medicine", "cooking", "wildlife conservation"):
        values = check_variables(plan, {"field": field})
        assert field in fill(plan.questions[0].text, values)
        assert "{" not in fill(plan.questions[1].text, values)


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda b: b.plan.plan)
def test_every_shipped_rubric_is_used_and_none_is_left_over(bundle: PlanBundle) -> None:
    files = {p.stem for p in (default_folder() / "rubrics").glob("*.yaml")}
    assert set(bundle.rubrics) <= files
    assert files == set(RUBRICS)


def test_spoken_questions_have_three_probes_that_ask_for_key_points_and_one_that_deepens() -> None:
    for bundle, question in spoken():
        asking = [p for p in question.probes if p.covers]
        assert len(asking) >= 3, (bundle.plan.plan, question.id)
        assert any(not p.covers for p in question.probes)


def test_spoken_texts_are_short_enough_to_hear_once() -> None:
    for bundle, question in spoken():
        assert len(question.text.split()) <= 70, (bundle.plan.plan, question.id)
        assert all(len(p.text.split()) <= 30 for p in question.probes)
        assert question.rephrase
        assert question.rephrase != question.text


def test_every_criterion_has_five_distinct_anchors_and_key_points_in_candidates_words() -> None:
    for rubric, criterion in criteria():
        where = (rubric.rubric, criterion.id)
        anchors = [criterion.anchors[level] for level in range(1, 6)]
        assert len(set(anchors)) == 5, where
        assert 3 <= len(criterion.key_points) <= 7, where
        assert all(3 <= len(set(p.examples)) <= 5 for p in criterion.key_points), where


def test_no_example_sentence_stands_for_two_key_points() -> None:
    for rubric in RUBRICS.values():
        sentences = [e for p in rubric.key_points for e in p.examples]
        assert len(sentences) == len(set(sentences)), rubric.rubric


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda b: b.plan.plan)
def test_phrases_are_complete_and_the_greeting_says_what_it_must(bundle: PlanBundle) -> None:
    assert set(bundle.phrases) == set(PHRASE_COUNTS)
    greeting = fill(bundle.phrases["greeting"][0], announced(bundle.plan))
    for word in (
        "Melvin",
        "AI",
        f"{len(bundle.plan.questions)} questions",
        f"{bundle.plan.minutes} minutes",
        "buttons",
    ):
        assert word in greeting
    assert "people decide" in greeting
    assert len(greeting.split()) <= 55, "twenty seconds of calm speech"


def test_no_phrase_praises_or_judges() -> None:
    judging = re.compile(
        r"\b(great|excellent|perfect|wonderful|amazing|impressive|interesting|well done|good (answer|point|job)|"
        r"correct|wrong answer|right answer|unfortunately|sadly)\b",
        re.IGNORECASE,
    )
    phrases = LIBRARY.get("generalist-ai-trainer").phrases
    for key, text in itertools.chain.from_iterable(((k, t) for t in v) for k, v in phrases.items()):
        found = judging.search(text)
        assert found is None or (key, found[0]) == ("closing", "correct"), (key, text)


def test_a_lead_in_fits_whatever_is_said_after_it() -> None:
    """They come before a probe, a question, a written one or the closing, so they may not announce any of these."""
    phrases = LIBRARY.get("generalist-ai-trainer").phrases
    for key in ("acknowledge", "time-up", "skip"):
        for text in phrases[key]:
            assert not re.search(r"\b(next|last|another|come back|later|seconds)\b", text), (key, text)


def test_examples_are_there_for_the_generalist_plan_and_the_six_skill_tests() -> None:
    assert set(EXAMPLES) >= {*LIBRARY.get("generalist-ai-trainer").rubrics, *SKILL_TESTS}


@pytest.mark.parametrize("examples", EXAMPLES.values(), ids=EXAMPLES)
def test_ten_examples_spread_over_all_levels_with_a_long_weak_and_a_short_strong_one(examples: ExampleSet) -> None:
    words = {e.id: len(e.text.split()) for e in examples.examples}
    weak = max(words[e.id] for e in examples.examples if e.level <= 2)
    strong = min(words[e.id] for e in examples.examples if e.level >= 4)
    assert len(examples.examples) == 10
    assert {e.level for e in examples.examples} == {1, 2, 3, 4, 5}
    assert weak > 2 * strong, "length must not give the level away"


@pytest.mark.parametrize("examples", EXAMPLES.values(), ids=EXAMPLES)
def test_every_key_point_is_covered_by_some_example_and_missed_by_another(examples: ExampleSet) -> None:
    for point in RUBRICS[examples.rubric].key_points:
        held = {point.id in e.covers for e in examples.examples}
        assert held == {True, False}, (examples.rubric, point.id)
