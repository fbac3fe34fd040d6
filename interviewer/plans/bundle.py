"""A plan with everything it needs, as one value that is stored and handed about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from interviewer.plans.notice import Notice
from interviewer.plans.persona import Persona, Phrases
from interviewer.plans.requests import Requests
from interviewer.plans.schema import Plan
from scoring.rubric import Rubric
from scoring.transcript import content_hash

__all__ = ["PlanBundle"]


@dataclass(frozen=True, slots=True)
class PlanBundle:
    """``rubrics`` holds those that the plan's questions name, by slug; ``phrases`` maps a key to its variants.
    ``requests`` what a candidate may ask for to the ways of saying it. ``hash`` is the content hash of all of these as
    written, before variables."""

    plan: Plan
    rubrics: Mapping[str, Rubric]
    persona: Persona
    phrases: Mapping[str, tuple[str, ...]]
    notice: Notice
    hash: str
    requests: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(
        cls,
        plan: Plan,
        rubrics: Mapping[str, Rubric],
        persona: Persona,
        phrases: Phrases,
        notice: Notice,
        requests: Requests,
    ) -> PlanBundle:
        own = {slug: rubrics[slug] for slug in dict.fromkeys(q.rubric for q in plan.questions)}
        parts = _parts(plan, own, persona, phrases.phrases, notice, requests.requests)
        hash_ = content_hash(parts)
        return cls(plan, own, persona, dict(phrases.phrases), notice, hash_, dict(requests.requests))

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe; the inverse of :meth:`from_dict`."""
        parts = _parts(self.plan, self.rubrics, self.persona, self.phrases, self.notice, self.requests)
        return {**parts, "hash": self.hash}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PlanBundle:
        """Raises ``pydantic.ValidationError`` where the data no longer fits. The stored hash is kept, for it names
        the content as it was when it was written."""
        return cls(
            plan=Plan.model_validate(data["plan"]),
            rubrics={slug: Rubric.model_validate(body) for slug, body in data["rubrics"].items()},
            persona=Persona.model_validate(data["persona"]),
            phrases={key: tuple(variants) for key, variants in data["phrases"].items()},
            notice=Notice.model_validate(data["notice"]),
            hash=str(data["hash"]),
            requests={key: tuple(ways) for key, ways in data.get("requests", {}).items()},
        )


def _parts(
    plan: Plan,
    rubrics: Mapping[str, Rubric],
    persona: Persona,
    phrases: Mapping[str, tuple[str, ...]],
    notice: Notice,
    requests: Mapping[str, tuple[str, ...]],
) -> dict[str, Any]:
    return {
        "plan": plan.model_dump(mode="json"),
        "rubrics": {slug: rubric.model_dump(mode="json", by_alias=True) for slug, rubric in rubrics.items()},
        "persona": persona.model_dump(mode="json"),
        "phrases": {key: list(variants) for key, variants in phrases.items()},
        "notice": notice.model_dump(mode="json"),
        "requests": {key: list(ways) for key, ways in requests.items()},
    }
