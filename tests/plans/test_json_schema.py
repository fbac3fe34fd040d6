"""The published schemas are those of the code, and the shipped files keep to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from interviewer.plans.json_schema import (
    plan_schema,
    requests_schema,
    rubric_schema,
    schema_files,
    write_schemas,
)
from interviewer.plans.library import default_folder
from interviewer.plans.source import read_source

KINDS = ("plans", "rubrics", "requests")
FILES = [(p, kind) for kind in KINDS for p in sorted((default_folder() / kind).glob("*.yaml"))]
NAMED = {"plans": "plan.schema.json", "rubrics": "rubric.schema.json", "requests": "requests.schema.json"}
SCHEMAS = {"plans": plan_schema(), "rubrics": rubric_schema(), "requests": requests_schema()}


def data_of(path: Path) -> dict[str, Any]:
    source, problems = read_source(path, path.name)
    assert problems == []
    assert source is not None
    return source.data


@pytest.mark.parametrize("name", ["plan.schema.json", "requests.schema.json", "rubric.schema.json"])
def test_the_published_schema_is_current(name: str) -> None:
    published = (default_folder() / "schema" / name).read_text(encoding="utf-8")
    assert published == schema_files()[name], "run python -m interviewer.plans.json_schema"


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_the_schema_is_a_valid_schema(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(("path", "kind"), FILES, ids=[f"{kind}-{p.stem}" for p, kind in FILES])
def test_shipped_files_keep_to_the_schema_and_name_it(path: Path, kind: str) -> None:
    jsonschema.Draft202012Validator(SCHEMAS[kind]).validate(data_of(path))
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == default_folder() / "schema" / NAMED[kind]


def test_the_schema_refuses_what_the_service_refuses() -> None:
    data = data_of(default_folder() / "plans" / "generalist-ai-trainer.yaml")
    validator = jsonschema.Draft202012Validator(SCHEMAS["plans"])
    for wrong in ({"minuts": 5}, {"minutes": "twenty"}, {"questions": []}, {"plan": "No Slug"}):
        assert not validator.is_valid({**data, **wrong}), wrong


def test_schemas_are_written_as_json(tmp_path: Path) -> None:
    write_schemas(tmp_path / "schema")
    assert json.loads((tmp_path / "schema" / "plan.schema.json").read_text()) == plan_schema()
