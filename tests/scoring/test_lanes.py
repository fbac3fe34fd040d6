"""Lanes: processes that ask at once give what one thread gives, in its order, stream after stream; a death is told."""

from __future__ import annotations

import json
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scoring.batch import Item
from scoring.judges.chat import ChatJudge
from scoring.judges.chat_options import ChatOptions
from scoring.judges.choice import JudgeOptions
from scoring.lanes import Lanes
from scoring.rubric import Rubric
from scoring.score import score
from scoring.transcript import Answer
from tests.endpoint.scripted import Endpoint, Step

QUESTION = "Explain the moon landing."
TEXT = "They flew to the moon in a big rocket. It took three days. Then two of them walked around in the dust."


def test_lanes_give_what_one_thread_gives_and_in_order(moon: Rubric) -> None:
    items = [Item(Answer(f"q{n}", f"{TEXT} I did so {n} times.", "en"), moon, QUESTION) for n in range(40)]
    quote = {"quote": "It took three days.", "key_point": None}
    levels = {"1": 0, "2": 0.1, "3": 0.6, "4": 0.3, "5": 0}
    own = {"evidence": [quote], "missing": [], "reason": "Three days.", "levels": levels}
    reply = json.dumps({"criteria": {c.id: own for c in moon.criteria}})
    with Endpoint([Step.says(reply)]) as endpoint:
        alone = score(
            items[0].answer, moon, ChatJudge(ChatOptions(endpoint.url, "small")), question_text=QUESTION,
            now=datetime.now(UTC),
        )  # fmt: skip
        options = JudgeOptions("chat", base_url=endpoint.url, model="small", slots=4)
        with Lanes(options, processes=2, threads=4) as lanes:
            first, again = list(lanes.score(iter(items))), list(lanes.score(items[:3]))
        most = endpoint.most_at_once
    assert [card.question_id for card in first] == [i.answer.question_id for i in items]
    assert [card.question_id for card in again] == ["q0", "q1", "q2"]
    assert {card.criteria for card in (*first, *again)} == {alone.criteria}
    assert most <= 4


def test_a_lane_that_dies_is_told(tmp_path: Path, moon: Rubric) -> None:
    broken = JudgeOptions(calibrations=tmp_path / "none")
    item = Item(Answer("q", "They flew to the moon.", "en"), moon, "?")
    with Lanes(broken, processes=1, threads=2) as lanes, pytest.raises(BrokenProcessPool):
        list(lanes.score([item]))
