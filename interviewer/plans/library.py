"""The prompts folder, read whole: plans with their rubrics, personas, phrases, requests and notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

import interviewer
from interviewer.plans.bundle import PlanBundle
from interviewer.plans.notice import Notice
from interviewer.plans.persona import Persona, Phrases
from interviewer.plans.problems import PlanError, Problem
from interviewer.plans.references import Known, example_references, plan_references
from interviewer.plans.requests import Requests
from interviewer.plans.schema import Plan
from interviewer.plans.source import Source, read_source
from interviewer.plans.validation import validated
from scoring.examples import ExampleSet
from scoring.rubric import Rubric

__all__ = ["Library", "PlanBundle", "PlanError", "Problem", "UnknownPlan", "default_folder"]

Model = TypeVar("Model", bound=BaseModel)


class UnknownPlan(KeyError):
    """No plan of that name, or not in that version."""

    def __init__(self, name: str, version: int | None, names: tuple[str, ...], versions: tuple[int, ...]) -> None:
        if versions:
            held = ", ".join(str(v) for v in versions)
            message = f"The plan {name!r} has no version {version}. There is: {held}."
        else:
            message = f"There is no plan {name!r}. Known plans: {', '.join(names)}."
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


def default_folder() -> Path:
    """The prompts folder that is installed beside the service."""
    return Path(interviewer.__file__).resolve().parent.parent / "prompts"


class Library:
    """All plans of a folder, by name and version."""

    def __init__(self, bundles: Mapping[tuple[str, int], PlanBundle], examples: Mapping[str, ExampleSet]) -> None:
        self._bundles = dict(bundles)
        self._examples = dict(examples)

    @classmethod
    def load(cls, folder: Path) -> Library:
        """Read everything under ``folder``. Raises :class:`PlanError` with every problem of every file."""
        if not folder.is_dir():
            mend = "Give the folder that holds plans/, rubrics/, personas/, phrases/, requests/ and notices/."
            raise PlanError([Problem(str(folder), None, "there is no such folder", mend)])
        return _Reading(folder).library()

    def names(self) -> tuple[str, ...]:
        return tuple(sorted({name for name, _ in self._bundles}))

    def versions(self, name: str) -> tuple[int, ...]:
        """Versions of a plan, oldest first; empty where there is no such plan."""
        return tuple(sorted(version for own, version in self._bundles if own == name))

    def get(self, name: str, version: int | None = None) -> PlanBundle:
        """The plan in that version, or in its latest. Raises :class:`UnknownPlan`."""
        versions = self.versions(name)
        if not versions or (version is not None and version not in versions):
            raise UnknownPlan(name, version, self.names(), versions)
        return self._bundles[name, versions[-1] if version is None else version]

    def rubric(self, slug: str) -> Rubric | None:
        """The rubric of that name, as the newest of the plans that use it has it."""
        held = [bundle.rubrics[slug] for bundle in self._bundles.values() if slug in bundle.rubrics]
        return max(held, key=lambda rubric: rubric.version, default=None)

    def rubrics(self) -> tuple[str, ...]:
        return tuple(sorted({slug for bundle in self._bundles.values() for slug in bundle.rubrics}))

    def examples(self, rubric: str) -> ExampleSet | None:
        """Worked example answers for a rubric, where there are any."""
        return self._examples.get(rubric)


class _Reading:
    """One pass over the folder; collects problems instead of stopping at the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def library(self) -> Library:
        rubrics = self._named("rubrics", Rubric, lambda r: r.rubric)
        personas = self._named("personas", Persona, lambda p: p.persona)
        notices = self._named("notices", Notice, lambda n: n.notice)
        phrases = self._named("phrases", Phrases, lambda p: p.language)
        requests = self._named("requests", Requests, lambda r: r.language)
        stems = (self._stems(f) for f in ("rubrics", "personas", "notices", "phrases", "requests"))
        with_camera = {name: notice.camera is not None for name, notice in notices.items()}
        known = Known(rubrics, *stems, with_camera=with_camera)
        plans = self._plans(known)
        examples: dict[str, ExampleSet] = {}
        for path, source, found in self._read("examples", ExampleSet):
            self.problems += example_references(source, known)
            if found and self._name_fits(source, "rubric", path.stem, found.rubric):
                examples[found.rubric] = found
        if self.problems:
            raise PlanError(self.problems)
        bundles = {
            key: PlanBundle.of(
                plan, rubrics, personas[plan.persona], phrases[plan.language], notices[plan.notice],
                requests[plan.language],
            )
            for key, plan in plans.items()
        }  # fmt: skip
        return Library(bundles, examples)

    def _plans(self, known: Known) -> dict[tuple[str, int], Plan]:
        plans: dict[tuple[str, int], Plan] = {}
        held_by: dict[tuple[str, int], str] = {}
        for path, source, plan in self._read("plans", Plan):
            self.problems += plan_references(source, known)
            if plan is None:
                continue
            name, _, version = path.stem.partition("@")
            self._name_fits(source, "plan", name, plan.plan)
            if version and version != str(plan.version):
                reason = f"version is {plan.version}, but the file's name says {version}"
                self.problems.append(source.problem(("version",), reason, "Make the two agree."))
            key = (plan.plan, plan.version)
            if key in held_by:
                reason = f"{held_by[key]} already holds version {plan.version} of the plan {plan.plan}"
                self.problems.append(source.problem(("version",), reason, "Give the newer one the next number."))
                continue
            plans[key], held_by[key] = plan, source.file
        if not self._stems("plans"):
            mend = "Put at least one plan there, for example plans/my-plan.yaml."
            self.problems.append(Problem("plans", None, "there is no plan in this folder", mend))
        return plans

    def _named(self, kind: str, model: type[Model], name_of: Callable[[Model], str]) -> dict[str, Model]:
        """Files of one kind by the name that they give themselves, which is that of the file."""
        found: dict[str, Model] = {}
        for path, source, value in self._read(kind, model):
            if value is not None and self._name_fits(source, _NAME_FIELD[kind], path.stem, name_of(value)):
                found[name_of(value)] = value
        return found

    def _name_fits(self, source: Source, field: str, stem: str, name: str) -> bool:
        if stem == name:
            return True
        reason = f"`{field}` is {name!r}, but the file is named {stem!r}"
        self.problems.append(source.problem((field,), reason, "Make the two agree."))
        return False

    def _read(self, kind: str, model: type[Model]) -> Iterator[tuple[Path, Source, Model | None]]:
        for path in self._files(kind):
            source, problems = read_source(path, f"{kind}/{path.name}")
            self.problems += problems
            if source is not None:
                value, problems = validated(model, source)
                self.problems += problems
                yield path, source, value

    def _files(self, kind: str) -> list[Path]:
        folder = self.folder / kind
        for path in sorted(folder.glob("*.yml")):
            self.problems.append(Problem(f"{kind}/{path.name}", None, "ends in .yml", "Rename it to end in .yaml."))
        return sorted(folder.glob("*.yaml"))

    def _stems(self, kind: str) -> frozenset[str]:
        return frozenset(path.stem for path in (self.folder / kind).glob("*.yaml"))


_NAME_FIELD = {
    "rubrics": "rubric",
    "personas": "persona",
    "notices": "notice",
    "phrases": "language",
    "requests": "language",
}
