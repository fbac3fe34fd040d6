"""What a candidate is told, and agrees to, before an interview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from interviewer.plans.persona import standing_text_faults
from interviewer.plans.variables import fill_model
from scoring.faults import Faults, Place, repeated
from scoring.rubric import Slug
from scoring.transcript import content_hash

__all__ = ["CameraPart", "Notice", "Section"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Section(_Model):
    id: Slug
    title: str = Field(min_length=1)
    paragraphs: tuple[str, ...] = Field(min_length=1)


class CameraPart(_Model):
    """What is said of the camera, and the two answers, where a plan asks for it: ``record``, and ``without``, which
    stands until the candidate chooses."""

    title: str = Field(min_length=1)
    paragraphs: tuple[str, ...] = Field(min_length=1)
    record: str = Field(min_length=1)
    without: str = Field(min_length=1)


class Notice(_Model):
    """``consent`` is the sentence beside the button. Texts may hold {title}, {minutes}, {count} and {contact}."""

    notice: Slug
    version: int = Field(ge=1)
    language: Literal["en", "vi", "ro"] = "en"
    title: str
    intro: str
    sections: tuple[Section, ...] = Field(min_length=1)
    consent: str = Field(min_length=10)
    # Where there is none it is in no hash either: notices that were agreed to before there was a camera keep theirs.
    camera: CameraPart | None = Field(default=None, exclude_if=lambda part: part is None)

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults: list[tuple[Place, str]] = [
            (("sections", i, "id"), f"section id {name!r} is used twice")
            for i, name in repeated(s.id for s in self.sections)
        ]
        faults += [(place, reason) for place, text in self.texts() for reason in standing_text_faults(text)]
        Faults.check(faults)
        return self

    def texts(self) -> Iterator[tuple[Place, str]]:
        yield from ((("title",), self.title), (("intro",), self.intro), (("consent",), self.consent))
        for i, section in enumerate(self.sections):
            yield ("sections", i, "title"), section.title
            for j, paragraph in enumerate(section.paragraphs):
                yield ("sections", i, "paragraphs", j), paragraph
        if self.camera is not None:
            for name in ("title", "record", "without"):
                yield ("camera", name), getattr(self.camera, name)
            for j, paragraph in enumerate(self.camera.paragraphs):
                yield ("camera", "paragraphs", j), paragraph

    def filled(self, values: Mapping[str, str]) -> Notice:
        """The notice as one candidate sees it; its hash is what a consent stores."""
        return fill_model(self, values)

    def without_camera(self) -> Notice:
        """As it is shown where the camera is not asked for."""
        return self.model_copy(update={"camera": None})

    @property
    def hash(self) -> str:
        return content_hash(self.model_dump(mode="json"))
