"""Worked example answers: our own, with the level and the key points that a person gave them."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoring.faults import Faults, Place, repeated
from scoring.rubric import Slug

__all__ = ["Example", "ExampleSet"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Model):
    """``level`` is the overall level, 1 to 5; ``covers`` names every key point that the answer truly contains."""

    id: Slug
    level: int = Field(ge=1, le=5)
    covers: tuple[Slug, ...]
    text: str = Field(min_length=1)
    note: str = Field(min_length=5, description="why this level")


class ExampleSet(_Model):
    rubric: Slug
    question: str = Field(description="what was asked; variables already filled")
    variables: dict[str, str] = Field(default_factory=dict, description="values put into the rubric's texts")
    examples: tuple[Example, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults: list[tuple[Place, str]] = [
            (("examples", i, "id"), f"example id {name!r} is used twice")
            for i, name in repeated(e.id for e in self.examples)
        ]
        Faults.check(faults)
        return self
