"""Reading a rubric and its worked example answers from YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scoring.rubric import Rubric, Slug

__all__ = ["ExampleAnswer", "Examples", "RubricFileError", "read_examples", "read_rubric"]

Model = TypeVar("Model", bound=BaseModel)


class RubricFileError(ValueError):
    """A file is missing or is not what it should be; the message names the file and every reason."""


class ExampleAnswer(BaseModel):
    """An answer of our own with its overall level, and the key points it covers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    level: int = Field(ge=1, le=5)
    covers: tuple[Slug, ...] = ()
    note: str = ""
    text: str = Field(min_length=1)


class Examples(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rubric: Slug
    question: str
    examples: tuple[ExampleAnswer, ...] = Field(min_length=1)


def read_rubric(path: Path) -> Rubric:
    """Raises RubricFileError."""
    return _read(path, Rubric)


def read_examples(path: Path) -> Examples:
    """Raises RubricFileError."""
    return _read(path, Examples)


def _read(path: Path, model: type[Model]) -> Model:
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RubricFileError(f"{path}: cannot be read ({error})") from error
    except yaml.YAMLError as error:
        raise RubricFileError(f"{path}: is not YAML ({error})") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise RubricFileError(f"{path}: {reasons}") from error
