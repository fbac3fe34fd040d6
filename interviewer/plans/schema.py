"""The shape of a plan file: an interview as written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoring.faults import Faults, Place, repeated
from scoring.rubric import Slug

__all__ = ["RESERVED", "VARIABLE_IN_TEXT", "Plan", "Probe", "Question", "Variable"]

VARIABLE_IN_TEXT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
RESERVED = ("title", "minutes", "count", "contact")
"""Names that phrases and notices fill from the plan itself; a plan may not declare them as variables."""

VariableName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Variable(_Model):
    """A value given with each invitation and put into texts as ``{name}``."""

    description: str
    examples: tuple[str, ...] = ()
    choices: tuple[str, ...] = Field(default=(), description="if given, nothing else is accepted")
    default: str | None = None
    max_length: int = Field(default=80, ge=1, le=200)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for field, values in (("choices", self.choices), ("default", (self.default,) if self.default else ())):
            for value in values:
                if len(value) > self.max_length:
                    raise Faults([((field,), f"{value!r} is longer than max_length, {self.max_length} characters")])
        if self.default is not None and self.choices and self.default not in self.choices:
            raise Faults([(("default",), f"the default {self.default!r} is not one of the choices")])
        return self


class Probe(_Model):
    """An authored follow-up question. ``covers`` names the key points it asks for; an empty list means that it
    deepens any answer and is the choice where nothing is missing."""

    id: Slug
    text: str = Field(min_length=5)
    covers: tuple[Slug, ...] = ()


class Question(_Model):
    id: Slug
    kind: Literal["spoken", "written"] = "spoken"
    title: str = Field(description="a few words, for lists and headings")
    text: str = Field(min_length=5, description="what Melvin says and the page shows")
    rephrase: str | None = Field(default=None, description="said instead of the text from the second repeat on")
    rubric: Slug
    time_limit_s: int = Field(default=240, ge=30, le=3600)
    probes: tuple[Probe, ...] = ()
    max_probes: int = Field(default=2, ge=0, le=5)

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults: list[tuple[Place, str]] = [
            (("probes", i, "id"), f"question {self.id!r} has two probes called {name!r}")
            for i, name in repeated(p.id for p in self.probes)
        ]
        if self.kind == "spoken" and not any(not p.covers for p in self.probes):
            faults.append(
                (
                    ("probes",),
                    f"spoken question {self.id!r} needs one probe with `covers: []`, asked where no key point is "
                    "missing",
                )
            )
        Faults.check(faults)
        return self

    def texts(self) -> Iterator[tuple[Place, str]]:
        """Every text that may hold variables, with its place in the question."""
        yield ("title",), self.title
        yield ("text",), self.text
        if self.rephrase is not None:
            yield ("rephrase",), self.rephrase
        for i, probe in enumerate(self.probes):
            yield ("probes", i, "text"), probe.text


class Plan(_Model):
    plan: Slug
    version: int = Field(ge=1)
    title: str
    summary: str = Field(description="one or two sentences for the candidate: what the interview is about")
    language: Literal["en", "vi", "ro"] = "en"
    persona: Slug = "melvin"
    minutes: int = Field(ge=1, le=180, description="how long it takes, as told to the candidate")
    notice: Slug = "standard"
    camera: Literal["ask"] | None = Field(
        default=None,
        exclude_if=lambda asked: asked is None,  # plans without it keep the hash that they had before there was one
        description="ask: candidates may let their camera be recorded. Never scored, always declinable; the notice "
        "must have a `camera` part",
    )
    contact: str = Field(default="the recruiter who invited you", description="whom a candidate may ask")
    variables: dict[VariableName, Variable] = Field(default_factory=dict)
    vocabulary: tuple[str, ...] = Field(default=(), description="names and terms that recognition should expect")
    questions: tuple[Question, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults: list[tuple[Place, str]] = [
            (("questions", i, "id"), f"question id {name!r} is used twice")
            for i, name in repeated(q.id for q in self.questions)
        ]
        faults += [
            (("variables", name), f"{name!r} cannot be a variable: phrases and notices take it from the plan")
            for name in self.variables
            if name in RESERVED
        ]
        if re.search(r"[{}]", self.title):
            faults.append((("title",), "a title is shown before variables are known, so it may hold none"))
        for place, text in self.texts():
            for name in sorted(set(VARIABLE_IN_TEXT.findall(text)) - set(self.variables)):
                faults.append((place, f"uses the variable {{{name}}}, which the plan does not declare"))
            if re.search(r"[{}]", VARIABLE_IN_TEXT.sub("", text)):
                faults.append((place, "has a brace that belongs to no variable; variables are written {name}"))
        Faults.check(faults)
        return self

    def texts(self) -> Iterator[tuple[Place, str]]:
        """Every text that may hold variables, with its place in the plan."""
        yield ("summary",), self.summary
        for i, term in enumerate(self.vocabulary):
            yield ("vocabulary", i), term
        for i, question in enumerate(self.questions):
            for place, text in question.texts():
                yield ("questions", i, *place), text
