"""A source checked against a model; what Pydantic says becomes problems with a line and a way to mend them."""

from __future__ import annotations

import difflib
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from interviewer.plans.problems import Problem
from interviewer.plans.source import Source
from scoring.faults import Faults, Place

__all__ = ["closest", "validated"]

Model = TypeVar("Model", bound=BaseModel)

_MEND = {
    "string_pattern_mismatch": "Use lower-case letters, digits and hyphens (underscores in variable names).",
    "string_type": "Put the value in quotes, so that YAML reads it as text.",
    "string_too_short": "Write a fuller text.",
    "too_short": "Add at least one.",
    "int_type": "Write a whole number without quotes.",
    "int_parsing": "Write a whole number.",
    "tuple_type": "Write a list: one `- item` a line, or [a, b].",
    "dict_type": "Write `key: value` lines, indented under it.",
    "model_type": "Write `key: value` lines, indented under it.",
}


def validated(model: type[Model], source: Source) -> tuple[Model | None, list[Problem]]:
    try:
        return model.model_validate(source.data), []
    except ValidationError as error:
        return None, [problem for details in error.errors() for problem in _problems(model, source, details)]


def closest(name: str, known: object) -> str:
    """``Did you mean ...?`` or the list of what is known."""
    names = sorted(known) if isinstance(known, (set, frozenset, dict, list, tuple)) else []
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Known here: {', '.join(names)}." if names else "There is none yet."


def _problems(model: type[BaseModel], source: Source, details: ErrorDetails) -> list[Problem]:
    place: Place = tuple(part for part in details["loc"] if part != "[key]")
    kind = details["type"]
    raised = details.get("ctx", {}).get("error")
    if isinstance(raised, Faults):
        return [source.problem((*place, *inner), reason) for inner, reason in raised.faults]
    if kind == "missing":
        return [source.problem(place[:-1], f"`{place[-1]}` is missing", f"Add `{place[-1]}:` here.")]
    if kind == "extra_forbidden":
        mend = closest(str(place[-1]), _fields_at(model, place[:-1]))
        return [source.problem(place, f"`{place[-1]}` is not a field of this part", mend)]
    message = details["msg"].removeprefix("Value error, ").replace("Input", "the value", 1)
    named = [str(p) for p in place if isinstance(p, str)]
    what = f"`{named[-1]}`: " if named else ""
    return [source.problem(place, f"{what}{message[0].lower()}{message[1:]}", _MEND.get(kind, ""))]


def _fields_at(model: type[BaseModel], place: Place) -> list[str]:
    """The field names that the model allows at ``place``."""
    current: type[BaseModel] | None = model
    for part in place:
        if current is None:
            return []
        if isinstance(part, int):
            continue  # an item: its list's annotation already led to the model
        by_name = {(f.alias or n): f.annotation for n, f in current.model_fields.items()}
        if part in by_name:
            current = _model_in(by_name[part])
    return [f.alias or n for n, f in current.model_fields.items()] if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
