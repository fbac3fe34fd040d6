"""The shape of a plan file: an interview as written."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoring.rubric import Slug

__all__ = ["Plan", "Probe", "Question", "Variable"]

VARIABLE_IN_TEXT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
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
        if self.kind == "spoken" and not self.probes:
            raise ValueError(f"spoken question {self.id!r} needs at least one probe")
        ids = [p.id for p in self.probes]
        if len(set(ids)) != len(ids):
            raise ValueError(f"question {self.id!r} names a probe twice")
        if self.kind == "spoken" and not any(not p.covers for p in self.probes):
            raise ValueError(
                f"question {self.id!r} needs one probe with `covers: []`, asked where no key point is missing"
            )
        return self


class Plan(_Model):
    plan: Slug
    version: int = Field(ge=1)
    title: str
    summary: str = Field(description="one or two sentences for the candidate: what the interview is about")
    language: Literal["en", "vi", "ro"] = "en"
    persona: Slug = "melvin"
    minutes: int = Field(ge=1, le=180, description="how long it takes, as told to the candidate")
    notice: Slug = "standard"
    contact: str = Field(default="the recruiter who invited you", description="whom a candidate may ask")
    variables: dict[VariableName, Variable] = Field(default_factory=dict)
    vocabulary: tuple[str, ...] = Field(default=(), description="names and terms that recognition should expect")
    questions: tuple[Question, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        ids = [q.id for q in self.questions]
        if len(set(ids)) != len(ids):
            raise ValueError("a question id is used twice")
        for q in self.questions:
            texts = [q.text, q.rephrase or "", *(p.text for p in q.probes)]
            unknown = {n for t in texts for n in VARIABLE_IN_TEXT.findall(t)} - set(self.variables)
            if unknown:
                names = ", ".join(sorted(unknown))
                raise ValueError(f"question {q.id!r} uses variables that the plan does not declare: {names}")
        return self
