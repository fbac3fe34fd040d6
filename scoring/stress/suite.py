"""The perturbations with their directions, and running them against a judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from scoring.judges.base import Judge
from scoring.rubric import Rubric
from scoring.score import score
from scoring.stress import attacks, injection, recognition, speech, swaps
from scoring.stress.change import BENIGN_FALL, INJECTION_RISE, MOVE, Change, Direction, Material, Perturbation
from scoring.stress.measure import Levels, Move, compared, levels
from scoring.transcript import Answer

__all__ = ["QUICK_ANSWERS", "QUICK_CHANGES", "SUITE", "Case", "run", "thinned"]

T = TypeVar("T")

QUICK_ANSWERS = 5
QUICK_CHANGES = 3  # of one perturbation on one answer
SCORED_AT = datetime(2000, 1, 1, tzinfo=UTC)  # the cards are compared and thrown away


def _may_not_rise(name: str, changes: Callable[[Material], Iterable[Change]], bound: float = MOVE) -> Perturbation:
    return Perturbation(name, Direction.NOT_RISE, bound, changes)


def _stays(name: str, changes: Callable[[Material], Iterable[Change]]) -> Perturbation:
    return Perturbation(name, Direction.STAY, MOVE, changes)


def _alone(kind: str) -> Perturbation:
    changes = partial(attacks.alone, kind=kind)
    return Perturbation(f"{kind}-alone", Direction.LOWEST, 0.0, changes, scope="rubric")


SUITE: tuple[Perturbation, ...] = (
    _may_not_rise("irrelevance", attacks.irrelevance),
    _may_not_rise("repetition", attacks.repetition),
    _may_not_rise("flattery", attacks.flattery),
    _may_not_rise("padding", attacks.padding),
    _may_not_rise("keywords", attacks.keywords),
    _may_not_rise("question-copied", attacks.copied_question),
    _may_not_rise("rubric-copied", attacks.copied_rubric),
    _may_not_rise("master-key", attacks.master_keys),
    *(
        _may_not_rise(f"injection-{language}", partial(injection.injections, language=language), INJECTION_RISE)
        for language in ("en", "vi", "ro")
    ),
    _may_not_rise("injection-hidden", injection.hidden, INJECTION_RISE),
    _may_not_rise("fake-completion", injection.fake_completions, INJECTION_RISE),
    *(
        _alone(kind)
        for kind in (
            "irrelevance", "flattery", "padding", "keywords", "question", "rubric", "master-key", "injection",
            "fake-completion",
        )
    ),
    Perturbation("benign", Direction.NOT_FALL, BENIGN_FALL, injection.benign),
    _stays("fillers", speech.fillers),
    _stays("dialect", speech.dialects),
    _stays("grammar", speech.grammars),
    _stays("names", swaps.names),
    _stays("criterion-order", swaps.criterion_orders),
    *(
        _stays(f"recognition-{percent}", partial(recognition.recognition_errors, share=percent / 100))
        for percent in (5, 10, 20)
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One change of one answer, judged. ``answer_id`` is empty where the attack stands alone."""

    perturbation: Perturbation
    answer_id: str
    change: Change
    before: Levels
    after: Levels
    move: Move


def run(
    judge: Judge, materials: Sequence[Material], suite: Iterable[Perturbation] = SUITE, *, quick: bool = False
) -> Iterator[Case]:
    """Cases as they are judged. ``materials`` in any order; with ``quick`` a spread of them and of the changes."""
    chosen = thinned(materials, QUICK_ANSWERS) if quick else list(materials)
    judged: dict[tuple[object, ...], Levels] = {}

    def levels_of(text: str, rubric: Rubric, own: Material, name: str | None) -> Levels:
        # The material's rubric by identity: hashing its text costs as much as judging.
        key = (text, id(own.rubric), tuple(c.id for c in rubric.criteria), own.question, own.language, name)
        if key not in judged:
            answer = Answer("stress", text, own.language)
            names = [name] if name else []
            card = score(answer, rubric, judge, question_text=own.question, now=SCORED_AT, names=names)
            judged[key] = levels(card, rubric)
        return judged[key]

    for perturbation in suite:
        if perturbation.name == "fillers" and any(m.rubric.scores_fluency for m in chosen):
            continue  # such a rubric asks for fluency, so fillers may move it
        seen: set[tuple[str, str]] = set()
        for index, material in enumerate(chosen):
            about = (material.rubric.hash, material.question)
            if perturbation.scope == "rubric" and about in seen:
                continue
            seen.add(about)
            changes = list(perturbation.changes(material))
            if quick and perturbation.scope == "answer":
                changes = thinned(changes, QUICK_CHANGES, index)
            for change in changes:
                before = levels_of(change.before, material.rubric, material, change.name_before)
                after = levels_of(change.after, change.rubric or material.rubric, material, change.name_after)
                move = compared(before, after, perturbation.direction, perturbation.bound)
                answer_id = material.id if perturbation.scope == "answer" else ""
                yield Case(perturbation, answer_id, change, before, after, move)


def thinned(items: Sequence[T], most: int, turn: int = 0) -> list[T]:
    """At most so many, evenly spread; ``turn`` moves on which, so that different answers meet different changes."""
    if len(items) <= most:
        return list(items)
    return [items[(int(i * len(items) / most) + turn) % len(items)] for i in range(most)]
