"""Variables come with an invitation, are checked against the plan, and are data wherever they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from interviewer.plans.library import Library
from interviewer.plans.schema import Plan, Variable
from interviewer.plans.variables import VariableError, announced, check_variables, fill, filled


def plan_with(**variables: Variable) -> Plan:
    question = {"id": "a", "kind": "written", "title": "A", "text": "Write something.", "rubric": "r"}
    return Plan.model_validate(
        {
            "plan": "p", "version": 1, "title": "P", "summary": "S", "minutes": 10,
            "variables": {n: v.model_dump() for n, v in variables.items()}, "questions": [question],
        }
    )  # fmt: skip


FIELD = Variable(description="The field", examples=("law",), max_length=20)
LEVEL = Variable(description="The level", choices=("junior", "senior"), default="junior")


def test_values_are_trimmed_and_defaults_fill_the_rest() -> None:
    assert check_variables(plan_with(field=FIELD, level=LEVEL), {"field": " cooking "}) == {
        "field": "cooking",
        "level": "junior",
    }


@pytest.mark.parametrize(
    ("given", "variable", "words"),
    [
        ({}, "field", "field: is missing. Give the field, for example field=law."),
        ({"field": "  "}, "field", "field: is empty."),
        ({"field": "x" * 21}, "field", "has 21 characters; at most 20"),
        ({"field": "law\nand order"}, "field", "line break or a control character"),
        ({"field": "law\x07"}, "field", "line break or a control character"),
        ({"field": "law", "level": "boss"}, "level", "cannot be 'boss'. Choose one of: junior, senior."),
        ({"field": "law", "levle": "junior"}, "levle", "not a variable of the plan p. Did you mean level?"),
        ({"field": "law", "zzz": "1"}, "zzz", "It takes: field, level."),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_name_and_a_way_out(
    given: dict[str, str], variable: str, words: str
) -> None:
    with pytest.raises(VariableError) as caught:
        check_variables(plan_with(field=FIELD, level=LEVEL), given)
    assert [p.variable for p in caught.value.problems] == [variable]
    assert words in str(caught.value)


def test_all_faults_come_at_once() -> None:
    with pytest.raises(VariableError) as caught:
        check_variables(plan_with(field=FIELD, level=LEVEL), {"level": "boss", "town": "Cluj"})
    assert {p.variable for p in caught.value.problems} == {"field", "level", "town"}


def test_a_plan_without_variables_takes_none() -> None:
    assert check_variables(plan_with(), {}) == {}
    with pytest.raises(VariableError, match="takes no variables"):
        check_variables(plan_with(), {"field": "law"})


def test_values_are_put_in_once_and_never_read_as_variables() -> None:
    assert fill("{a} and {b}, {c}", {"a": "{b}", "b": "2"}) == "{b} and 2, {c}"
    assert fill("{a.__class__} {0} {}", {"a": "x"}) == "{a.__class__} {0} {}"


def test_questions_probes_and_rubrics_are_filled_and_the_hash_stays(folder: Path) -> None:
    bundle = Library.load(folder).get("tiny")
    result = filled(bundle, {"field": "{law} <b>"})
    question = result.plan.questions[0]
    assert question.text == "Why do you like {law} <b>?"
    assert question.probes[0].text == "Which reason weighs most in {law} <b>?"
    assert result.plan.summary == "One question about {law} <b>."
    assert result.rubrics["reasons"].criteria[0].description == "Gives reasons for {law} <b>."
    assert result.hash == bundle.hash
    assert result.rubrics["reasons"].hash != bundle.rubrics["reasons"].hash
    assert bundle.plan.questions[0].text == "Why do you like {field}?"


def test_minutes_announced_grow_with_the_accommodation() -> None:
    plan = plan_with()
    assert announced(plan) == {"title": "P", "minutes": "10", "count": "1", "contact": "the recruiter who invited you"}
    assert announced(plan, 1.25)["minutes"] == "13"
