"""Long texts go in parts that fit a data channel and join again, in any script."""

from __future__ import annotations

import json

import pytest

from interviewer.conversation.actions import Phase
from interviewer.conversation.pace import Pace
from interviewer.conversation.view import QuestionView, View
from interviewer.live.messages import MESSAGE_LIMIT, cut, in_parts, shown


@pytest.mark.parametrize("text", ["", "short", "word " * 500, "thảo cố hết sức " * 100, "🚀" * 400, '"\\\n' * 300])
def test_parts_are_small_and_join_to_the_text(text: str) -> None:
    parts = list(in_parts({"t": "caption", "id": "c12345", "side": "candidate", "text": text, "final": True}))
    assert "".join(p["text"] for p in parts) == text
    assert [p["part"] for p in parts] == list(range(len(parts)))
    assert {p["parts"] for p in parts} == {len(parts)}
    assert all(len(json.dumps(p).encode()) <= MESSAGE_LIMIT for p in parts)


def test_cut_keeps_short_texts_and_marks_long_ones() -> None:
    assert cut("hello") == "hello"
    assert len(cut("x" * 1000)) == 300
    assert cut("x" * 1000).endswith("…")


@pytest.mark.parametrize("text", ["x", "ế", "🚀", '"'])
@pytest.mark.parametrize("length", [1, 119, 120, 121, 299, 300, 2000])
def test_the_state_fits_one_message_whatever_a_plan_says_and_in_any_script(text: str, length: int) -> None:
    question = QuestionView("q" * 64, 100, 100, "written", text * length)
    view = View(Phase.LISTENING, question, text * length, False, False, "", 3600, Pace.RELAXED, False)
    message = shown(view)
    assert len(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()) <= MESSAGE_LIMIT
    assert message["asked"].rstrip("…") == text * len(message["asked"].rstrip("…"))
    if length == 1:
        assert (message["asked"], message["question"]["title"]) == (text, text)
