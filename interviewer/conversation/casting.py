"""From a plan to a script: variables filled in, phrases of the persona, limits stretched for this candidate."""

from __future__ import annotations

from collections.abc import Mapping

from interviewer.conversation.script import Limits, Script, ScriptProbe, ScriptQuestion
from interviewer.plans.library import PlanBundle
from interviewer.plans.variables import announced, fill, filled

__all__ = ["script_for"]


def script_for(
    bundle: PlanBundle,
    variables: Mapping[str, str],
    accommodation: float = 1.0,
    *,
    limits: Limits | None = None,
) -> Script:
    """``accommodation`` multiplies every time limit and every patience; 1.5 gives half as much again."""
    plan = filled(bundle, variables).plan
    rubrics = bundle.rubrics
    facts = announced(plan, accommodation)
    return Script(
        title=plan.title,
        language=plan.language,
        questions=tuple(
            ScriptQuestion(
                id=q.id,
                kind=q.kind,
                title=q.title,
                text=q.text,
                rephrase=q.rephrase or q.text,
                time_limit_s=q.time_limit_s * accommodation,
                probes=tuple(ScriptProbe(p.id, p.text, p.covers) for p in q.probes),
                max_probes=q.max_probes,
                key_points=tuple(k.id for k in rubrics[q.rubric].key_points),
            )
            for q in plan.questions
        ),
        phrases={key: tuple(fill(text, facts) for text in variants) for key, variants in bundle.phrases.items()},
        accommodation=accommodation,
        limits=limits or Limits(),
        requests=bundle.requests,
    )
