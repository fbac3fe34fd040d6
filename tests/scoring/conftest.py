"""The real embedding model, loaded once; the rubric of the moon landing as shipped; one question calibrated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scoring.__main__ import main
from scoring.embeddings import Embedder
from scoring.examples import ExampleSet
from scoring.rubric import Rubric
from scoring.rubric_file import read_examples, read_rubric
from tests.scoring.calibration.rated_rice import RUBRIC_FILE, rated_rows

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


@pytest.fixture(scope="session")
def ratings_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two raters on fifty answers to the question of the rice."""
    file = tmp_path_factory.mktemp("ratings") / "rice.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rated_rows(50)))
    return file


@pytest.fixture(scope="session")
def calibrations(ratings_file: Path) -> Path:
    """The folder of models that the command makes of them. Its report lies beside, as report.json."""
    folder = ratings_file.parent / "calibrations"
    report = ratings_file.parent / "report.json"
    status = main([
        "calibrate", str(ratings_file), "--rubric", str(RUBRIC_FILE), "--out", str(folder), "--json", str(report),
        "--resamples", "100",
    ])  # fmt: skip
    assert status == 0
    return folder
