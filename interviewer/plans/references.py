"""Names in one file that must exist in another: checked on the files' data, so that every line is known and a file
with other faults is checked all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from interviewer.plans.problems import Problem
from interviewer.plans.schema import VARIABLE_IN_TEXT
from interviewer.plans.source import Source
from interviewer.plans.validation import closest
from scoring.faults import Place
from scoring.rubric import Rubric

__all__ = ["Known", "example_references", "plan_references"]


@dataclass(slots=True)
class Known:
    """What the folder holds. The name sets count files with faults too: they exist, and their own faults are told."""

    rubrics: Mapping[str, Rubric] = field(default_factory=dict)
    rubric_names: frozenset[str] = frozenset()
    personas: frozenset[str] = frozenset()
    notices: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    requests: frozenset[str] = frozenset()
    with_camera: Mapping[str, bool] = field(default_factory=dict, kw_only=True)
    """Whether a notice speaks of the camera; notices with faults are not in it."""


def plan_references(source: Source, known: Known) -> Iterator[Problem]:
    """Persona, notice, language and rubrics exist; probes cover key points of their rubric; rubrics use variables
    that the plan declares."""
    for key, default, names, folder in (
        ("persona", "melvin", known.personas, "personas"),
        ("notice", "standard", known.notices, "notices"),
        ("language", "en", known.languages, "phrases"),
        ("language", "en", known.requests, "requests"),
    ):
        name = source.data.get(key, default)
        if isinstance(name, str) and name not in names:
            yield source.problem((key,), f"there is no {folder}/{name}.yaml", closest(name, names))
    yield from _camera(source, known)
    declared = source.data.get("variables") or {}
    for i, question in enumerate(_list(source.data.get("questions"))):
        slug = question.get("rubric")
        if not isinstance(slug, str):
            continue
        place: Place = ("questions", i)
        if slug not in known.rubric_names:
            mend = closest(slug, known.rubric_names)
            yield source.problem((*place, "rubric"), f"there is no rubrics/{slug}.yaml", mend)
        elif rubric := known.rubrics.get(slug):
            yield from _covered(source, place, question, rubric)
            for name in sorted(_variables(rubric) - set(declared)):
                yield source.problem(
                    (*place, "rubric"),
                    f"the rubric {slug} uses the variable {{{name}}}, which this plan does not declare",
                    f"Add `{name}:` under `variables:`, or use a rubric without it.",
                )


def _camera(source: Source, known: Known) -> Iterator[Problem]:
    """Nobody is asked for the camera without being told what becomes of it, and nobody is told of it without being
    asked."""
    notice = source.data.get("notice", "standard")
    spoken_of = known.with_camera.get(notice) if isinstance(notice, str) else None
    if spoken_of is None:
        return
    asked = source.data.get("camera") == "ask"
    if asked and not spoken_of:
        fit = sorted(name for name, has in known.with_camera.items() if has)
        mend = f"Name a notice that has one: `notice: {fit[0]}`." if fit else "Add a `camera:` part to the notice."
        yield source.problem(("camera",), f"notices/{notice}.yaml has no `camera` part to tell of it", mend)
    elif spoken_of and not asked:
        reason = f"notices/{notice}.yaml asks for the camera, and this plan does not"
        yield source.problem(("notice",), reason, "Add `camera: ask`, or name another notice.")


def example_references(source: Source, known: Known) -> Iterator[Problem]:
    slug = source.data.get("rubric")
    if not isinstance(slug, str):
        return
    if slug not in known.rubric_names:
        yield source.problem(("rubric",), f"there is no rubrics/{slug}.yaml", closest(slug, known.rubric_names))
        return
    rubric = known.rubrics.get(slug)
    if rubric is None:
        return
    ids = {p.id for p in rubric.key_points}
    for i, example in enumerate(_list(source.data.get("examples"))):
        yield from _unknown_points(source, ("examples", i, "covers"), example.get("covers"), ids, slug)


def _covered(source: Source, place: Place, question: Mapping[str, Any], rubric: Rubric) -> Iterator[Problem]:
    ids = {p.id for p in rubric.key_points}
    for i, probe in enumerate(_list(question.get("probes"))):
        yield from _unknown_points(source, (*place, "probes", i, "covers"), probe.get("covers"), ids, rubric.rubric)


def _unknown_points(source: Source, place: Place, covers: Any, ids: set[str], slug: str) -> Iterator[Problem]:
    for i, point in enumerate(covers if isinstance(covers, list) else ()):
        if isinstance(point, str) and point not in ids:
            yield source.problem((*place, i), f"{point!r} is not a key point of the rubric {slug}", closest(point, ids))


def _variables(rubric: Rubric) -> set[str]:
    return set(VARIABLE_IN_TEXT.findall(rubric.model_dump_json()))


def _list(value: Any) -> list[dict[str, Any]]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []
