"""Ratings files: what is read, and what is refused with its line and how to mend it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from scoring.calibration.ratings import OVERALL, read_ratings

ROW = {
    "question_id": "q", "question_text": "Why?", "answer_id": "a1", "text": "Because it rained all day.",
    "rater": "r1", "level": 4,
}  # fmt: skip


def read(*rows: dict[str, Any] | str, **about: Any) -> Any:
    lines = [r if isinstance(r, str) else json.dumps(r) for r in rows]
    return read_ratings([("f.jsonl", i, raw) for i, raw in enumerate(lines, start=1)], **about)


def test_rows_come_together_by_question_answer_and_rater() -> None:
    questions, refused = read(
        ROW,
        ROW | {"rater": "r2", "level": 2.5, "levels": {"tone": 3}},
        "",
        ROW | {"answer_id": "a2", "text": "No idea.", "rater": "r2", "level": 1},
        {k: v for k, v in ROW.items() if k != "question_id"} | {"rubric": "other"},
    )
    assert refused == ()
    other, question = questions
    assert (other.question_id, question.question_id) == ("other", "q")
    assert question.targets == (OVERALL, "tone")
    raters, table = question.table(OVERALL)
    assert raters == ("r1", "r2")
    np.testing.assert_array_equal(table, [[4.0, 2.5], [np.nan, 1.0]])
    assert question.table("tone")[1].tolist()[0] == [3.0]


def test_the_hash_is_of_what_was_rated_not_of_the_order_of_rows() -> None:
    second = ROW | {"rater": "r2", "level": 2}
    (one,), _ = read(ROW, second)
    (two,), _ = read(second, ROW)
    (three,), _ = read(ROW, second | {"level": 3})
    assert one.hash == two.hash != three.hash


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{not json", "Invalid JSON"),
        (ROW | {"level": 6}, "level: Input should be less than or equal to 5"),
        (ROW | {"level": 0}, "level: Input should be greater than or equal to 1"),
        (json.dumps(ROW).replace(": 4", ": NaN"), "level: "),
        (ROW | {"level": True}, "level: true and false are no levels"),
        (ROW | {"level": "good"}, "level: Input should be a valid number"),
        ({k: v for k, v in ROW.items() if k != "level"}, 'give "level"'),
        ({k: v for k, v in ROW.items() if k != "question_id"}, 'give "question_id"'),
        ({k: v for k, v in ROW.items() if k != "rater"}, "rater: Field required"),
        (ROW | {"text": " ... "}, "the answer has no words"),
        (ROW | {"score": 3}, "score: Extra inputs"),
        (ROW | {"rubric": "tea"}, "for rubric 'tea', not 'rain'; put it into a file of its own"),
        (ROW | {"levels": {"humour": 3}}, "no criterion 'humour'; it has tone, content"),
        (ROW, "'r1' has rated answer 'a1' before (overall level); keep one of the two rows"),
        (ROW | {"rater": "r2", "text": "Because of rain."}, "answer 'a1' has another text in line 1"),
        (ROW | {"answer_id": "a2", "question_text": "How?"}, "question 'q' is worded otherwise in line 1"),
        (ROW | {"answer_id": "a2", "reference": "Rain."}, "reference: it differs from the one in line 1"),
    ],
)
def test_a_bad_row_is_refused_with_how_to_mend_it_and_the_others_count(row: dict[str, Any] | str, reason: str) -> None:
    good = ROW | {"answer_id": "a9", "text": "It was wet."}
    (question,), (refused,) = read(ROW, row, good, rubric="rain", criteria=["tone", "content"])
    assert (refused.place, refused.line) == ("f.jsonl", 2)
    assert reason in refused.reason
    assert refused.raw == (row if isinstance(row, str) else json.dumps(row)), "the row itself is kept"
    assert [a.answer_id for a in question.answers] == ["a1", "a9"]


def test_the_same_words_under_another_id_are_counted_once_where_a_scorer_is_fitted() -> None:
    copied = ROW | {"answer_id": "a2", "text": "because it rained, all day"}
    (question,), refused = read(ROW, copied, ROW | {"rater": "r2"}, distinct=True)
    assert [a.answer_id for a in question.answers] == ["a1"]
    assert set(question.answers[0].levels[OVERALL]) == {"r1", "r2"}
    assert "has the same words as 'a1'" in refused[0].reason
    assert read(ROW, copied)[1] == ()


def test_one_question_under_two_ids_is_told_where_a_scorer_is_fitted() -> None:
    again = ROW | {"question_id": "q2", "question_text": " Why? ", "answer_id": "b1", "text": "The roof leaked."}
    (question,), (refused,) = read(ROW, again, distinct=True)
    assert question.question_id == "q"
    assert "question 'q' in line 1 has the same words as 'q2'" in refused.reason
    assert read(ROW, again)[1] == ()
