"""Reading a rubric and its worked example answers from YAML files."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from scoring.examples import ExampleSet
from scoring.rubric import Rubric

__all__ = ["RubricFileError", "read_examples", "read_rubric"]

Model = TypeVar("Model", bound=BaseModel)
_VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class RubricFileError(ValueError):
    """A file is missing or is not what it should be; the message names the file and every reason."""


def read_rubric(path: Path, variables: Mapping[str, str] | None = None) -> Rubric:
    """The rubric with ``variables`` put where ``{name}`` stands. Raises RubricFileError."""
    return _read(path, Rubric, variables or {})


def unfilled(rubric: Rubric) -> list[str]:
    """The variables that still stand in it as ``{name}``: nobody's answer can hold them."""
    return sorted(set(_VARIABLE.findall(rubric.model_dump_json())))


def variable(given: str) -> tuple[str, str]:
    """For argparse: ``NAME=VALUE``."""
    name, sign, value = given.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f"{given!r} is not NAME=VALUE")
    return name, value


def read_examples(path: Path) -> ExampleSet:
    """Raises RubricFileError."""
    return _read(path, ExampleSet, {})


def _read(path: Path, model: type[Model], variables: Mapping[str, str]) -> Model:
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RubricFileError(f"{path}: cannot be read ({(error.strerror or 'unknown').lower()})") from error
    except UnicodeDecodeError as error:
        raise RubricFileError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from error
    except yaml.YAMLError as error:
        raise RubricFileError(f"{path}: is not YAML ({error})") from error
    except ValueError as error:  # a name that is none, a date that is none
        raise RubricFileError(f"{str(path)!r}: cannot be read ({error})") from error
    try:
        return model.model_validate(_filled(data, variables))
    except RecursionError as error:
        raise RubricFileError(f"{path}: holds itself") from error
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise RubricFileError(f"{path}: {reasons}") from error


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: variables.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [_filled(part, variables) for part in value]
    if isinstance(value, dict):
        return {key: _filled(part, variables) for key, part in value.items()}
    return value
