"""A small rubric, an answer to it, and the one small language model that these tests share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from scoring.judges import chat_endpoint
from scoring.judges.local_model import CausalModel, LocalOptions
from scoring.rubric import Rubric
from tests.smollm import GGUF, read_once, weights_folder

QUESTION = "Why does bread rise?"
TEXT = (
    "Yeast eats the sugar in the dough. It makes gas, and the gas is caught in little bubbles. "
    "So the bread grows while it rests in a warm place for an hour."
)


def _criterion(name: str, title: str, points: Mapping[str, str]) -> dict[str, Any]:
    anchors = {str(n): f"{title}: {word} of it is there." for n, word in enumerate(
        ("nothing", "a little", "a part", "nearly all", "all"), start=1)}  # fmt: skip
    return {
        "id": name, "title": title, "description": f"Says {title.lower()}.", "anchors": anchors,
        "key_points": [{"id": i, "text": t} for i, t in points.items()],
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_known_of_endpoints() -> None:
    """What was found out of one test's endpoint is not true of the next one that is given the same port."""
    chat_endpoint._probed.clear()


@pytest.fixture(scope="session")
def bread() -> Rubric:
    return Rubric.model_validate(
        {
            "rubric": "bread", "version": 1, "title": "Why bread rises",
            "job_analysis": "People who write for cooks must know why a recipe works.",
            "criteria": [
                _criterion("cause", "What makes the gas", {"yeast": "Yeast eats sugar.", "gas": "Gas is made."}),
                _criterion("time", "How long it takes", {"rest": "The dough rests in a warm place."}),
            ],
        }
    )  # fmt: skip


@pytest.fixture(scope="session")
def smollm() -> CausalModel:
    model = CausalModel(LocalOptions(weights_folder(), GGUF))
    with read_once():
        model.loaded()
    return model


def judgement(**criteria: Any) -> str:
    """A good reply for the rubric of bread, with what a test wants otherwise."""
    good: dict[str, Any] = {
        "cause": {
            "evidence": [{"quote": "Yeast eats the sugar in the dough.", "key_point": "yeast"}],
            "missing": [], "reason": "Names yeast and gas.", "levels": levels(0, 0, 0.1, 0.6, 0.3),
        },
        "time": {
            "evidence": [{"quote": "it rests in a warm place", "key_point": "rest"}],
            "missing": [], "reason": "An hour.", "levels": levels(0, 0.1, 0.6, 0.3, 0),
        },
    }  # fmt: skip
    return json.dumps({"criteria": good | criteria})


def levels(*five: float) -> dict[str, float]:
    return {str(n): p for n, p in enumerate(five, start=1)}


def without(reply: str, *path: str) -> str:
    held = json.loads(reply)
    inner = held
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return json.dumps(held)
