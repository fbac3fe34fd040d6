"""Rubrics and worked examples from files: all that is shipped reads, and a bad file says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoring.coverage_check import read_sets
from scoring.rubric_file import RubricFileError, read_examples, read_rubric

PROMPTS = Path(__file__).parents[2] / "prompts"


def test_every_shipped_example_names_key_points_of_its_rubric() -> None:
    sets = read_sets(PROMPTS)
    assert sets
    for rubric, examples in sets:
        known = {p.id for p in rubric.key_points}
        assert {c for e in examples.examples for c in e.covers} <= known


def test_variables_are_put_into_a_rubric() -> None:
    path = PROMPTS / "rubrics" / "domain-explanation.yaml"
    assert "{field}" in read_rubric(path).title
    assert "in law" in read_rubric(path, {"field": "law"}).title


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "cannot be read"),
        (b"rubric: [", "not YAML"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"rubric: x\nversion: 1\n", "title: Field required"),
        (b"- a list", "valid dictionary"),
    ],
)
def test_a_bad_file_is_named_with_its_reason(tmp_path: Path, text: bytes | None, reason: str) -> None:
    path = tmp_path / "bad.yaml"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(RubricFileError, match=reason) as refused:
        read_rubric(path)
    assert "bad.yaml" in str(refused.value)
    with pytest.raises(RubricFileError):
        read_examples(path)
