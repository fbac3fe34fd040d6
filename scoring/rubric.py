"""Rubrics: criteria with five written anchors each, and the key points an answer may cover."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoring.faults import Faults, Place, repeated
from scoring.transcript import content_hash

__all__ = ["Anchors", "Criterion", "KeyPoint", "Rubric", "Slug"]

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeyPoint(_Model):
    """One thing a good answer contains. ``examples`` are sentences that mean it, in words a candidate might use;
    coverage is judged by meaning against ``text`` and ``examples``."""

    id: Slug
    text: str = Field(min_length=3)
    examples: tuple[str, ...] = ()


class Anchors(_Model):
    """What an answer at each level looks like (behaviourally anchored, 1 is lowest)."""

    level_1: str = Field(alias="1", min_length=10)
    level_2: str = Field(alias="2", min_length=10)
    level_3: str = Field(alias="3", min_length=10)
    level_4: str = Field(alias="4", min_length=10)
    level_5: str = Field(alias="5", min_length=10)

    def __getitem__(self, level: int) -> str:
        return (self.level_1, self.level_2, self.level_3, self.level_4, self.level_5)[level - 1]


Measure = Literal[
    "coverage",  # share of the criterion's key points that the answer covers, by meaning
    "plain-words",  # words a six-year-old knows, by frequency and length; short sentences
    "concrete-comparison",  # "like a ...", "imagine ...", "as big as ...": comparisons with everyday things
    "warmth",  # speaks to the listener: "you", questions, invitations to imagine, kindness
    "length-fit",  # not too short and not too long for the listener; bounds in `words`
    "specificity",  # names, numbers, first-person past actions, concrete nouns
    "structure",  # connected reasoning: because, so, first, for example
    "on-topic",  # close in meaning to the question and key points at all
    "anchors",  # which level's anchor it speaks for; for levels described in words and not by key points
]


class Criterion(_Model):
    """One thing that is judged. ``measures`` name the text features that the embedded judge may use for it."""

    id: Slug
    title: str
    description: str
    anchors: Anchors
    key_points: tuple[KeyPoint, ...] = Field(min_length=1)
    measures: tuple[Measure, ...] = ("coverage",)
    words: tuple[int, int] | None = Field(default=None, description="fitting length in words, for length-fit")
    weight: float = Field(default=1.0, gt=0, le=10)

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults: list[tuple[Place, str]] = []
        if "length-fit" in self.measures and self.words is None:
            faults.append((("measures",), f"criterion {self.id!r} uses length-fit, so it needs words: [least, most]"))
        if self.words is not None and not 0 < self.words[0] < self.words[1]:
            faults.append((("words",), "words must be [least, most], with 0 < least < most"))
        Faults.check(faults)
        return self


class Rubric(_Model):
    """A versioned rubric. ``job_analysis`` says why these criteria matter for the work."""

    rubric: Slug
    version: int = Field(ge=1)
    title: str
    job_analysis: str = Field(min_length=20)
    scores_fluency: bool = Field(default=False, description="only then may filler words and pauses be judged")
    speaks_of_scoring: bool = Field(
        default=False,
        description="answers are about grading (they write a rubric, say), so full marks are their subject",
    )
    criteria: tuple[Criterion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults: list[tuple[Place, str]] = [
            (("criteria", i, "id"), f"criterion id {name!r} is used twice")
            for i, name in repeated(c.id for c in self.criteria)
        ]
        places = [(i, j) for i, c in enumerate(self.criteria) for j in range(len(c.key_points))]
        for index, name in repeated(p.id for p in self.key_points):
            i, j = places[index]
            place = ("criteria", i, "key_points", j, "id")
            faults.append((place, f"key point id {name!r} is used twice in this rubric (probes name them)"))
        Faults.check(faults)
        return self

    @cached_property
    def key_points(self) -> tuple[KeyPoint, ...]:
        return tuple(p for c in self.criteria for p in c.key_points)

    @cached_property
    def hash(self) -> str:
        """Content hash: the same rubric text has the same hash on every machine."""
        body = self.model_dump(mode="json", by_alias=True)
        if not self.speaks_of_scoring:  # rubrics from before there was this field keep their hash
            del body["speaks_of_scoring"]
        return content_hash(body)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        copied = super().model_copy(update=update, deep=deep)
        for worked_out in ("hash", "key_points"):  # a changed copy has its own
            copied.__dict__.pop(worked_out, None)
        return copied
