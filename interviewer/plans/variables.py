"""Variables: values that come with an invitation and stand in texts as ``{name}``."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from interviewer.plans.schema import VARIABLE_IN_TEXT, Plan, Variable

if TYPE_CHECKING:
    from interviewer.plans.bundle import PlanBundle

__all__ = ["VariableError", "VariableProblem", "announced", "check_variables", "fill", "fill_model", "filled"]

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class VariableProblem:
    variable: str
    reason: str
    mend: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.reason}. {self.mend}"


class VariableError(ValueError):
    """Values given with an invitation do not fit the plan; ``problems`` holds one entry a variable."""

    def __init__(self, problems: tuple[VariableProblem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))


def check_variables(plan: Plan, given: Mapping[str, str]) -> dict[str, str]:
    """Values for every variable of the plan: those given, trimmed, and defaults for the rest."""
    problems = [_unknown(plan, name) for name in given if name not in plan.variables]
    values: dict[str, str] = {}
    for name, variable in plan.variables.items():
        raw = given.get(name, variable.default)
        if raw is None:
            problems.append(VariableProblem(name, "is missing", _expected(name, variable)))
            continue
        value = raw.strip()
        if reason := _refused(value, variable):
            problems.append(VariableProblem(name, reason, _expected(name, variable)))
        values[name] = value
    if problems:
        raise VariableError(tuple(problems))
    return values


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values where ``{name}`` stands. One pass: braces inside a value stay as they are. Names without a value
    stay too."""
    return VARIABLE_IN_TEXT.sub(lambda found: values.get(found[1], found[0]), text)


def announced(plan: Plan, accommodation: float = 1.0) -> dict[str, str]:
    """What phrases and notices say of the plan: title, minutes, count, contact."""
    return {
        "title": plan.title,
        "minutes": str(math.ceil(plan.minutes * accommodation)),
        "count": str(len(plan.questions)),
        "contact": plan.contact,
    }


def fill_model(model: Model, values: Mapping[str, str]) -> Model:
    """A copy with every text in it filled; nothing is checked again, because a value may itself hold braces."""
    texts = {name: _fill_deep(getattr(model, name), values) for name in type(model).model_fields}
    return model.model_copy(update=texts)


def filled(bundle: PlanBundle, variables: Mapping[str, str]) -> PlanBundle:
    """The bundle with its questions, probes, vocabulary, summary and rubrics filled. ``hash`` stays that of the plan
    as written; the rubrics' own hashes become those of the texts that a judge reads."""
    rubrics = {slug: fill_model(rubric, variables) for slug, rubric in bundle.rubrics.items()}
    return replace(bundle, plan=fill_model(bundle.plan, variables), rubrics=rubrics)


def _fill_deep(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return fill(value, values)
    if isinstance(value, tuple):
        return tuple(_fill_deep(part, values) for part in value)
    if isinstance(value, BaseModel):
        return fill_model(value, values)
    return value


def _unknown(plan: Plan, name: str) -> VariableProblem:
    known = sorted(plan.variables)
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        mend = f"Did you mean {near[0]}?"
    else:
        mend = f"It takes: {', '.join(known)}." if known else "Leave it out; this plan takes no variables."
    return VariableProblem(name, f"is not a variable of the plan {plan.plan}", mend)


def _refused(value: str, variable: Variable) -> str | None:
    if not value:
        return "is empty"
    if len(value) > variable.max_length:
        return f"has {len(value)} characters; at most {variable.max_length} are allowed"
    if not value.isprintable():
        return "holds a line break or a control character"
    if variable.choices and value not in variable.choices:
        return f"cannot be {value!r}"
    return None


def _expected(name: str, variable: Variable) -> str:
    if variable.choices:
        return f"Choose one of: {', '.join(variable.choices)}."
    example = f", for example {name}={variable.examples[0]}" if variable.examples else ""
    return f"Give {variable.description[0].lower()}{variable.description[1:].rstrip('.')}{example}."
