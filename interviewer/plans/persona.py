"""Who speaks and the phrases he uses between questions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from interviewer.plans.schema import RESERVED, VARIABLE_IN_TEXT
from scoring.faults import Faults, Place
from scoring.rubric import Slug

__all__ = ["PHRASE_COUNTS", "Persona", "Phrases", "standing_text_faults"]

PHRASE_COUNTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "greeting": (1, 1),
        "sound-check": (1, 1),
        "written-intro": (2, 20),
        "acknowledge": (6, 20),
        "skip": (2, 20),
        "moment": (2, 20),
        "resume": (2, 20),
        "offer-1": (2, 20),
        "offer-2": (2, 20),
        "offer-3": (2, 20),
        "pause": (2, 20),
        "warn-time": (2, 20),
        "time-up": (2, 20),
        "repeat": (2, 20),
        "rephrase": (2, 20),
        "confirm-end": (2, 20),
        "back-to-skipped": (2, 20),
        "welcome-back": (2, 20),
        "closing": (2, 20),
        "ended-early": (2, 20),
    }
)
"""Every phrase key with the fewest and the most variants it may have."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Persona(_Model):
    """Who speaks. ``voice`` is what the speech engine calls the voice; ``speed`` multiplies its pace."""

    persona: Slug
    version: int = Field(ge=1)
    name: str = Field(min_length=1, max_length=40)
    voice: str = Field(min_length=1)
    speed: float = Field(default=1.0, ge=0.5, le=2.0)
    manner: str = Field(min_length=20, description="how he speaks, for authors of phrases and for generated probes")


class Phrases(_Model):
    """What is said between questions, in one language; each key has variants that are used in turn."""

    language: Literal["en", "vi", "ro"]
    version: int = Field(ge=1)
    phrases: dict[str, tuple[str, ...]]

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults: list[tuple[Place, str]] = [
            (("phrases",), f"the phrase `{key}` is missing") for key in PHRASE_COUNTS if key not in self.phrases
        ]
        for key, variants in self.phrases.items():
            place: Place = ("phrases", key)
            if key not in PHRASE_COUNTS:
                faults.append((place, f"`{key}` is not a phrase that Melvin uses"))
                continue
            least, most = PHRASE_COUNTS[key]
            if not least <= len(variants) <= most:
                wanted = str(least) if least == most else f"{least} to {most}"
                faults.append((place, f"`{key}` has {len(variants)} variants; it takes {wanted}"))
            for i, text in enumerate(variants):
                faults += [((*place, i), reason) for reason in standing_text_faults(text)]
        Faults.check(faults)
        return self


def standing_text_faults(text: str) -> list[str]:
    """What is wrong with a text whose variables come from the plan itself (phrases, notices)."""
    if not text.strip():
        return ["the text is empty"]
    known = ", ".join(f"{{{name}}}" for name in RESERVED)
    faults = [
        f"uses the variable {{{name}}}; only {known} are known here"
        for name in sorted(set(VARIABLE_IN_TEXT.findall(text)) - set(RESERVED))
    ]
    if re.search(r"[{}]", VARIABLE_IN_TEXT.sub("", text)):
        faults.append("has a brace that belongs to no variable; variables are written {name}")
    return faults
