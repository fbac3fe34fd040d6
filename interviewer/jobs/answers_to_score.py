"""What a judge is given of each item of a scoring run: its answer's words, the rubric and the question."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from interviewer.plans.bundle import PlanBundle
from interviewer.plans.schema import VARIABLE_IN_TEXT, Question
from interviewer.plans.variables import fill, fill_model
from interviewer.records.plan_versions import plan_version
from interviewer.records.run_items import Waiting
from scoring.remembered import texts_of
from scoring.rubric import Rubric
from scoring.transcript import Answer, StoredTranscript

__all__ = ["Asked", "Questions", "answers_in"]

MOST_KNOWN = 512


@dataclass(frozen=True, slots=True)
class Asked:
    """A rubric and question as a candidate had them, variables filled. ``texts`` are all that the rubric says."""

    rubric: Rubric
    question_text: str
    texts: frozenset[str]


@dataclass(slots=True)
class Questions:
    """Read once from the plans, and filled once for each set of values. ``rubric``: the run's, None for each
    question's own."""

    rubric: Rubric | None
    _plans: dict[str, PlanBundle] = field(default_factory=dict)
    _known: OrderedDict[tuple[object, ...], Asked] = field(default_factory=OrderedDict)
    _names: dict[str, frozenset[str]] = field(default_factory=dict)

    async def read(self, session: AsyncSession, plan_ids: Sequence[str]) -> None:
        """Makes what these plans ask known to :meth:`of`."""
        for plan_id in plan_ids:
            if plan_id not in self._plans:
                row = await plan_version(session, plan_id)
                if row is not None:
                    self._plans[plan_id] = PlanBundle.from_dict(row.body)

    def of(self, item: Waiting) -> Asked | None:
        """None where the plan does not ask this question."""
        bundle = self._plans.get(item.plan_id)
        question = next((q for q in bundle.plan.questions if q.id == item.question_id), None) if bundle else None
        if bundle is None or question is None:
            return None
        rubric = self.rubric or bundle.rubrics[question.rubric]
        used = self._used(rubric, question)
        values = tuple(sorted((name, value) for name, value in item.variables.items() if name in used))
        key = (rubric.hash, question.text, values)
        found = self._known.get(key)
        if found is None:
            own = dict(values)
            filled = fill_model(rubric, own) if own else rubric
            asked_text = fill(question.text, own)
            found = self._known[key] = Asked(filled, asked_text, texts_of(filled, asked_text))
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return found

    def _used(self, rubric: Rubric, question: Question) -> frozenset[str]:
        """Names of the variables that stand in the texts: other values make no other rubric."""
        known = self._names.get(rubric.hash)
        if known is None:
            known = frozenset(VARIABLE_IN_TEXT.findall(json.dumps(rubric.model_dump(mode="json"))))
            self._names[rubric.hash] = known
        return known | frozenset(VARIABLE_IN_TEXT.findall(question.text))


async def answers_in(session: AsyncSession, items: Sequence[Waiting]) -> dict[int, Answer]:
    """The answer of each item by its seq, from the version of the transcript that the run took."""
    wanted = {(i.interview_id, i.transcript_version) for i in items}
    rows = await session.execute(
        text(
            """SELECT t.interview_id, t.version, CAST(t.body AS text)
            FROM unnest(CAST(:ids AS text[]), CAST(:versions AS int[])) AS n (id, version)
            JOIN transcripts t ON t.interview_id = n.id AND t.version = n.version"""
        ),
        {"ids": [w[0] for w in wanted], "versions": [w[1] for w in wanted]},
    )
    # Transcripts are by far the most that a worker reads.
    said = {(interview, version): StoredTranscript.read(body) for interview, version, body in rows}
    return {
        i.seq: said[(i.interview_id, i.transcript_version)].answer(i.question_id)
        for i in items
        if (i.interview_id, i.transcript_version) in said
    }
