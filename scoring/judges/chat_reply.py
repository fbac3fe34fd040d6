"""A language model's judgement as JSON: the schema it is asked for, and reading what it sent without believing it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from scoring.judges.base import Citation, CriterionJudgement, Probabilities
from scoring.judges.chat_wire import storable
from scoring.judges.quotes import cited
from scoring.rubric import Criterion, Rubric

__all__ = ["Unusable", "read", "schema"]

SUM_WITHIN = 0.05  # the five probabilities may miss 1 by rounding, not by more
USUAL_CONFIDENCE = 0.6  # of a level that came without probabilities and without a confidence
AHEAD = 0.01  # by which the level that was named is likelier than any other, at least
MOST_REASON = 1200  # characters
_THOUGHT, _THOUGHT_END = (re.compile(rf"<{end}think(?:ing)?>", re.IGNORECASE) for end in ("", "/"))
_SPACE = re.compile(r"\s+")


class Unusable(Exception):
    """The reply breaks the rules; the message says how, so that it can be put to the model and to people."""


class _Quote(BaseModel):
    quote: str
    key_point: str | None = None


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")
    return value


_Share = Annotated[float, BeforeValidator(_no_bool), Field(ge=0, le=1, allow_inf_nan=False)]
_Level = Annotated[int, BeforeValidator(_no_bool), Field(ge=1, le=5)]


class _Levels(BaseModel):
    model_config = ConfigDict(extra="forbid")

    level_1: _Share = Field(alias="1")
    level_2: _Share = Field(alias="2")
    level_3: _Share = Field(alias="3")
    level_4: _Share = Field(alias="4")
    level_5: _Share = Field(alias="5")


class _Judged(BaseModel):
    """``level`` with ``confidence`` is for models that cannot give probabilities."""

    evidence: list[_Quote] = Field(default_factory=list, max_length=40)
    missing: list[str] = Field(default_factory=list, max_length=200)
    reason: str = ""
    levels: _Levels | None = None
    level: _Level | None = None
    confidence: _Share | None = None

    @field_validator("evidence", mode="before")
    @classmethod
    def _plain_quotes(cls, value: Any) -> Any:
        if value is None:
            return []
        return [{"quote": v} if isinstance(v, str) else v for v in value] if isinstance(value, list) else value

    @field_validator("missing", "reason", mode="before")
    @classmethod
    def _none(cls, value: Any, info: Any) -> Any:
        return ([] if info.field_name == "missing" else "") if value is None else value


def schema(rubric: Rubric, *, plain: bool = False) -> dict[str, Any]:
    """JSON Schema of a judgement by this rubric: evidence before levels, in the order in which a model writes.

    ``plain`` asks for one level and a confidence, for a model whose probabilities did not add up.
    """
    share = {"type": "number", "minimum": 0, "maximum": 1}
    if plain:
        level = {"anyOf": [{"type": "integer", "enum": [1, 2, 3, 4, 5]}, {"type": "null"}]}
        form = {"level": level, "confidence": share}
    else:
        form = {"levels": {"anyOf": [_object({str(n): share for n in range(1, 6)}), {"type": "null"}]}}
    return _object({"criteria": _object({c.id: _criterion_schema(c, form) for c in rubric.criteria})})


def _criterion_schema(criterion: Criterion, form: Mapping[str, Any]) -> dict[str, Any]:
    point = {"type": "string", "enum": [p.id for p in criterion.key_points]}
    quote = _object({"quote": {"type": "string"}, "key_point": {"anyOf": [point, {"type": "null"}]}})
    return _object(
        {
            "evidence": {"type": "array", "items": quote},
            "missing": {"type": "array", "items": point},
            "reason": {"type": "string"},
            **form,
        }
    )


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def read(raw: str, rubric: Rubric, text: str) -> tuple[dict[str, CriterionJudgement], tuple[str, ...]]:
    """The judgement by criterion id, and the quotes that the answer ``text`` does not hold and that were dropped.

    Raises Unusable where a criterion is missing or is not what it should be, or where no quote of any level holds.
    """
    held = _criteria(raw, rubric)
    judged: dict[str, CriterionJudgement] = {}
    invented: list[str] = []
    for criterion in rubric.criteria:
        if criterion.id not in held:
            raise Unusable(f"criterion {criterion.id!r} is missing.")
        try:
            own = _Judged.model_validate(held[criterion.id])
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part).removeprefix("level_") for part in (criterion.id, *first["loc"]))
            raise Unusable(f"{where}: {first['msg']}.") from None
        judged[criterion.id], dropped = _judgement(criterion, own, text)
        invented += dropped
    with_level = [j for j in judged.values() if j.probabilities is not None]
    if invented and with_level and not any(j.citations for j in with_level):
        raise Unusable("none of its quotes stands in the answer.")
    return judged, tuple(invented)


def _judgement(criterion: Criterion, own: _Judged, text: str) -> tuple[CriterionJudgement, list[str]]:
    if not own.model_fields_set & {"levels", "level"}:
        raise Unusable(f"{criterion.id}: levels are missing.")
    points = {p.id for p in criterion.key_points}
    citations: list[Citation] = []
    invented: list[str] = []
    for quote in own.evidence:
        found = cited(text, quote.quote, quote.key_point if quote.key_point in points else None)
        if found is not None:
            citations.append(found)
        elif quote.quote.strip():
            invented.append(quote.quote[:200])
    judgement = CriterionJudgement(
        _probabilities(criterion.id, own),
        _SPACE.sub(" ", storable(own.reason)).strip()[:MOST_REASON],
        tuple(citations),
        tuple(p for p in own.missing if p in points),
    )
    return judgement, invented


def _probabilities(criterion_id: str, own: _Judged) -> Probabilities | None:
    if own.levels is not None:
        given = [own.levels.level_1, own.levels.level_2, own.levels.level_3, own.levels.level_4, own.levels.level_5]
        total = math.fsum(given)
        if abs(total - 1) > SUM_WITHIN:
            raise Unusable(f"{criterion_id}: the five probabilities sum to {total:.3g}, not to 1.")
        return _five(given)
    if own.level is None:
        return None
    # The level has its confidence; what is left goes to the others, halved with each step away. However unsure the
    # model is, none of them gets more than the level that it named.
    away = [0.0 if n == own.level else 0.5 ** abs(n - own.level) for n in range(1, 6)]
    least = max(away) / (sum(away) + max(away)) + AHEAD
    sure = USUAL_CONFIDENCE if own.confidence is None else max(own.confidence, least)
    return _five([sure if n == own.level else (1 - sure) * a / sum(away) for n, a in enumerate(away, start=1)])


def _five(given: list[float]) -> Probabilities:
    total = math.fsum(given)
    a, b, c, d, e = (round(g / total, 6) for g in given)
    return a, b, c, d, e


def _criteria(raw: str, rubric: Rubric) -> Mapping[str, Any]:
    """By criterion id, whatever stands around the object and however the criteria are listed."""
    held = _judged_object(raw)
    found = held.get("criteria", held)
    if isinstance(found, list):
        found = {
            str(item.get("id") or item.get("criterion")): item for item in found if isinstance(item, dict)
        }  # fmt: skip
    if not isinstance(found, dict):
        raise Unusable(f'"criteria" must be an object with {", ".join(c.id for c in rubric.criteria)}.')
    return found


def _judged_object(raw: str) -> Mapping[str, Any]:
    """The first object that is no part of the model's thoughts. These stand between <think> and </think>; before a
    lone </think>, where the endpoint put the other into its prompt; and after a <think> that never ends, where the
    reply was cut off. Within an object they are somebody's words."""
    decoder = json.JSONDecoder(parse_constant=_refused)
    at = 0
    while True:
        brace = raw.find("{", at)
        thought = _THOUGHT.search(raw, at)
        if thought and not 0 <= brace < thought.start():
            end = _THOUGHT_END.search(raw, thought.end())
            if end is None:
                raise Unusable("it ends within its thoughts and holds no judgement.")
            at = end.end()
            continue
        if brace < 0:
            raise Unusable("it holds no JSON object." if raw[at:].strip() else "it is empty.")
        stop, held, wrong = brace, None, ""
        try:
            held, stop = decoder.raw_decode(raw, brace)
        except (ValueError, RecursionError) as error:
            wrong = str(error)
        end = _THOUGHT_END.search(raw, stop)
        if end is not None and not _THOUGHT.search(raw, stop, end.start()):
            at = end.end()  # it was a draft
        elif wrong:
            raise Unusable(f"it is not valid JSON ({wrong}).")
        elif isinstance(held, dict):
            return held
        else:
            raise Unusable("it is not a JSON object.")


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no number")
