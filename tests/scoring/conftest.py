"""The real embedding model, loaded once; and the rubric of the moon landing as shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoring.embeddings import Embedder
from scoring.examples import ExampleSet
from scoring.rubric import Rubric
from scoring.rubric_file import read_examples, read_rubric

PROMPTS = Path(__file__).parents[2] / "prompts"


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="session")
def moon() -> Rubric:
    return read_rubric(PROMPTS / "rubrics" / "explain-to-six-year-old.yaml")


@pytest.fixture(scope="session")
def moon_examples() -> ExampleSet:
    return read_examples(PROMPTS / "examples" / "explain-to-six-year-old.yaml")
