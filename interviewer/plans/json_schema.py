"""JSON Schemas of plan, rubric and requests files, published in prompts/schema/ for editors and other tools.

``python -m interviewer.plans.json_schema [FOLDER]`` writes them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from interviewer.plans.library import default_folder
from interviewer.plans.requests import Requests
from interviewer.plans.schema import Plan
from scoring.rubric import Rubric

__all__ = ["plan_schema", "requests_schema", "rubric_schema", "schema_files", "write_schemas"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plan_schema() -> dict[str, Any]:
    """What a plan file may hold. Checks across fields and files are the library's."""
    return {"$schema": _DIALECT, **Plan.model_json_schema(by_alias=True)}


def rubric_schema() -> dict[str, Any]:
    return {"$schema": _DIALECT, **Rubric.model_json_schema(by_alias=True)}


def requests_schema() -> dict[str, Any]:
    return {"$schema": _DIALECT, **Requests.model_json_schema(by_alias=True)}


def schema_files() -> dict[str, str]:
    """Name and text of each published schema."""
    schemas = {
        "plan.schema.json": plan_schema(),
        "requests.schema.json": requests_schema(),
        "rubric.schema.json": rubric_schema(),
    }
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}


def write_schemas(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]) if len(sys.argv) > 1 else default_folder() / "schema")
