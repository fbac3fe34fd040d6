"""What a candidate may say to Melvin instead of an answer: ways of asking, as data, one file a language.

A way is written as words, with ``(a|b)`` for one of them and ``[a|b]`` for one of them or nothing:

    [can|could] you [please] (repeat|say) (that|the question) [again]

It has to be everything that was said, but for the file's own ``before`` ("sorry"), ``after`` ("please") and
``fillers`` ("um"): a way that stands somewhere in a sentence is an answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoring.faults import Faults, Place

__all__ = ["REQUEST_KEYS", "Requests", "plain_words", "way_pattern"]

REQUEST_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "fillers": "sounds that are passed over wherever they stand",
        "before": "what may come first, any number of them",
        "after": "what may come last, any number of them",
        "repeat": "the question once more",
        "rephrase": "the question in other words",
        "skip": "leave this question",
        "moment": "time to think",
        "done": "the answer is over",
        "stop": "end the interview; Melvin always asks back",
        "confirm": "yes, end it; listened for only after Melvin has asked back",
        "decline": "no, go on; likewise",
    }
)
LONGEST_WAY = 300
_TOKEN = re.compile(r"[\[\]()|]|[^\W_]+(?:'[^\W_]+)*")
_NOT_WORDS = re.compile(r"[^\w']+|_")


def plain_words(text: str) -> str:
    """Lower case, composed, straight apostrophes, no marks; each word with one space behind it."""
    text = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    return "".join(f"{word} " for word in (w.strip("'") for w in _NOT_WORDS.sub(" ", text).split()) if word)


def way_pattern(way: str) -> str:
    """The way as a regular expression over :func:`plain_words`, not anchored. Raises ``ValueError`` with the reason."""
    if re.sub(_TOKEN, "", unicodedata.normalize("NFC", way)).strip():
        raise ValueError("may hold words, apostrophes, ( ) [ ] and | alone")
    out: list[str] = []
    closing: list[str] = []
    for mark in _TOKEN.findall(unicodedata.normalize("NFC", way).lower()):
        if mark in "([":
            closing.append(")" if mark == "(" else "]")
            out.append("(?:")
        elif mark in ")]":
            if not closing or closing.pop() != mark:
                raise ValueError(f"{mark!r} closes nothing")
            out.append(")" if mark == ")" else ")?")
        elif mark == "|":
            if not closing:
                raise ValueError("`|` stands outside of brackets")
            out.append("|")
        else:
            out.append(re.escape(mark) + " ")
    if closing:
        raise ValueError(f"{closing[-1]!r} is missing")
    pattern = "".join(out)
    if re.fullmatch(pattern, ""):
        raise ValueError("would be said by saying nothing")
    return pattern


class Requests(BaseModel):
    """Ways of asking in one language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Literal["en", "vi", "ro"]
    version: int = Field(ge=1)
    requests: dict[str, tuple[str, ...]] = Field(
        description="; ".join(f"{key}: {meaning}" for key, meaning in REQUEST_KEYS.items())
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults: list[tuple[Place, str]] = [
            (("requests",), f"`{key}` is missing ({meaning})")
            for key, meaning in REQUEST_KEYS.items()
            if not self.requests.get(key)
        ]
        for key, ways in self.requests.items():
            if key not in REQUEST_KEYS:
                faults.append((("requests", key), f"`{key}` is nothing that a candidate can ask for"))
            faults += [(("requests", key, i), reason) for i, way in enumerate(ways) for reason in _way_faults(way)]
        Faults.check(faults)
        return self


def _way_faults(way: str) -> list[str]:
    if len(way) > LONGEST_WAY:
        return [f"is longer than {LONGEST_WAY} characters; write two"]
    try:
        way_pattern(way)
    except ValueError as error:
        return [str(error)]
    return []
