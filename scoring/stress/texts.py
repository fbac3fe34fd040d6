"""The suite's own texts (texts.yaml beside this file): attacks in three languages, and honest sentences like them."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Texts", "texts"]

Lines = tuple[str, ...]


class Texts(BaseModel):
    """``injections`` by language. ``irrelevant`` are passages on everyday themes; which of them are off the topic of a
    rubric is for the perturbation to find out. ``benign`` speak about prompts, grades or instructions as a candidate
    honestly may."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    injections: dict[str, Lines] = Field(min_length=3)
    fake_completions: Lines
    master_keys: Lines
    flattery: Lines
    padding: Lines
    irrelevant: Lines
    benign: Lines
    names: Lines
    self_introductions: Lines
    mentions: Lines


@cache
def texts() -> Texts:
    raw = resources.files("scoring.stress").joinpath("texts.yaml").read_text("utf-8")
    return Texts.model_validate(yaml.safe_load(raw))
