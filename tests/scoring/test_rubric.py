"""Rubrics refuse what a judge could not use, name the place of each fault, and are named by their content."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from scoring.faults import Faults, repeated
from scoring.rubric import Rubric


def rubric_data() -> dict[str, Any]:
    def criterion(name: str) -> dict[str, Any]:
        return {
            "id": name,
            "title": name,
            "description": name,
            "anchors": {str(level): f"Behaviour at level {level}." for level in range(1, 6)},
            "key_points": [{"id": f"{name}-{i}", "text": f"Point {i}"} for i in (1, 2)],
        }

    return {
        "rubric": "r", "version": 1, "title": "R", "job_analysis": "Because the work asks for it.",
        "criteria": [criterion("a"), criterion("b")],
    }  # fmt: skip


def faults_of(data: dict[str, Any]) -> list[tuple[Any, str]]:
    with pytest.raises(ValidationError) as caught:
        Rubric.model_validate(data)
    error = caught.value.errors()[0]
    raised = error["ctx"]["error"]
    assert isinstance(raised, Faults)
    return [((*error["loc"], *place), reason) for place, reason in raised.faults]


def test_anchors_are_read_by_level() -> None:
    rubric = Rubric.model_validate(rubric_data())
    assert [rubric.criteria[0].anchors[level] for level in (1, 5)] == ["Behaviour at level 1.", "Behaviour at level 5."]
    assert [p.id for p in rubric.key_points] == ["a-1", "a-2", "b-1", "b-2"]


def test_every_repeated_id_is_told_with_its_place() -> None:
    data = rubric_data()
    data["criteria"][1]["id"] = "a"
    data["criteria"][1]["key_points"][0]["id"] = "a-2"
    data["criteria"][1]["key_points"][1]["id"] = "a-1"
    assert [place for place, _ in faults_of(data)] == [
        ("criteria", 1, "id"),
        ("criteria", 1, "key_points", 0, "id"),
        ("criteria", 1, "key_points", 1, "id"),
    ]


def test_length_fit_needs_bounds_in_order() -> None:
    data = rubric_data()
    data["criteria"][0]["measures"] = ["length-fit"]
    assert faults_of(data)[0][0] == ("criteria", 0, "measures")
    data["criteria"][0]["words"] = [100, 50]
    assert faults_of(data)[0][0] == ("criteria", 0, "words")
    data["criteria"][0]["words"] = [50, 100]
    assert Rubric.model_validate(data).criteria[0].words == (50, 100)


def test_the_hash_is_that_of_the_content() -> None:
    one = Rubric.model_validate(rubric_data())
    assert one.hash == Rubric.model_validate(one.model_dump(mode="json", by_alias=True)).hash
    changed = rubric_data()
    changed["criteria"][0]["anchors"]["3"] += " "
    assert Rubric.model_validate(changed).hash != one.hash


def test_repeated_gives_each_later_occurrence() -> None:
    assert repeated(["a", "b", "a", "a"]) == [(2, "a"), (3, "a")]
    Faults.check([])
    with pytest.raises(Faults, match="one; two"):
        Faults.check([((), "one"), (("x",), "two")])


def test_a_changed_copy_has_a_hash_of_its_own(moon: Rubric) -> None:
    before = moon.hash
    assert moon.model_copy(update={"version": 99}).hash != before
    assert moon.model_copy().hash == before
